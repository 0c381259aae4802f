# `boot.*` that is not the initrd's.
{ config, lib, ... }:

let
  inherit (import ./declare.nix lib)
    flag
    flagOn
    namesOrTruths
    option
    strings
    text
    types
    ;
in
{
  options.boot = {
    isContainer = flag;
    resumeDevice = option types.str "";
    kernelParams = option (types.listOf (types.strMatching ''([^"[:space:]]|"[^"]*")+'')) [ ];
    kernelModules = strings;
    supportedFilesystems = option namesOrTruths { };
    postBootCommands = text;
    tmp = {
      cleanOnBoot = flag;
      useTmpfs = flag;
      useZram = flag;
      tmpfsSize = option (types.oneOf [
        types.str
        types.ints.positive
      ]) "50%";
    };
    loader = {
      systemd-boot.enable = flag;
      grub.enable = flagOn;
      grub.device = option types.str "";
      efi.canTouchEfiVariables = flag;
      efi.efiSysMountPoint = option types.str "/boot";
    };
  };

  config.boot.supportedFilesystems = map (
    fileSystem: fileSystem.fsType
  ) config.system.build.fileSystems;
}
