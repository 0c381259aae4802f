# `boot.*` that is not the initrd's.
{ config, lib, ... }:

let
  inherit (import ./declare.nix lib)
    flag
    flagOn
    namesOrTruths
    option
    required
    strings
    text
    types
    ;
  inherit (config.boot.loader) grub;
  directory = types.submodule {
    options = {
      path = required types.str;
      devices = strings;
      efiSysMountPoint = option (types.nullOr types.str) null;
    };
  };
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
      limine.enable = flag;
      generic-extlinux-compatible.enable = flag;
      generic-extlinux-compatible.mirroredBoots = option (types.listOf directory) [ { path = "/boot"; } ];
      grub.enable = flagOn;
      grub.efiSupport = flag;
      grub.device = option types.str "";
      grub.devices = strings;
      grub.mirroredBoots = option (types.listOf directory) [ ];
      efi.canTouchEfiVariables = flag;
      efi.efiSysMountPoint = option types.str "/boot";
    };
  };

  config.boot = {
    supportedFilesystems = map (fileSystem: fileSystem.fsType) config.system.build.fileSystems;
    loader.grub = lib.mkIf grub.enable {
      devices = lib.mkIf (grub.device != "") [ grub.device ];
      mirroredBoots = lib.mkIf (grub.devices != [ ]) [
        {
          path = "/boot";
          inherit (grub) devices;
          inherit (config.boot.loader.efi) efiSysMountPoint;
        }
      ];
    };
  };
}
