# `boot.initrd.*`: systemd's and the scripted one.
{
  config,
  lib,
  pkgs,
  utils,
  ...
}:

let
  inherit (import ./declare.nix lib)
    flag
    flagOn
    namesOrTruths
    option
    packages
    required
    strings
    submodules
    text
    types
    ;
  cfg = config.boot.initrd;
  units = import ./unit-options.nix {
    inherit lib pkgs utils;
    systemdPackage = cfg.systemd.package;
  };
  texts = import ./unit-texts.nix { inherit lib; };

  # A path, or { source, target, … }.
  storePath =
    types.coercedTo
      (types.oneOf [
        types.singleLineStr
        types.package
      ])
      (source: { inherit source; })
      (
        types.submodule {
          options = {
            enable = flagOn;
            source = required (
              types.oneOf [
                types.singleLineStr
                types.package
              ]
            );
            target = option (types.nullOr types.path) null;
            dlopen = option (types.attrsOf types.unspecified) { };
          };
        }
      );
  content =
    {
      name,
      options,
      config,
      ...
    }:
    {
      options = {
        enable = flagOn;
        target = option types.path name;
        text = option (types.nullOr types.lines) null;
        source = required types.path;
        dlopen = option (types.attrsOf types.unspecified) { };
      };
      config.source = lib.mkIf (config.text != null) (
        lib.mkDerivedConfig options.text (pkgs.writeText "initrd-${baseNameOf name}")
      );
    };
  nullOrText = option (types.nullOr types.str) null;
  nullOrInt = option (types.nullOr types.int) null;
  luksDevice =
    { name, ... }:
    {
      options = {
        name = option types.str name;
        device = required types.str;
        header = nullOrText;
        keyFile = nullOrText;
        tryEmptyPassphrase = flag;
        keyFileTimeout = nullOrInt;
        keyFileSize = nullOrInt;
        keyFileOffset = nullOrInt;
        preLVM = flagOn;
        allowDiscards = flag;
        bypassWorkqueues = flag;
        fallbackToPassword = flag;
        fido2.credential = nullOrText;
        fido2.credentials = strings;
        yubikey = option (types.nullOr types.unspecified) null;
        gpgCard = option (types.nullOr types.unspecified) null;
        preOpenCommands = text;
        postOpenCommands = text;
        crypttabExtraOpts = option (types.listOf types.singleLineStr) [ ];
      };
    };

  # Texts that only the scripted initrd runs.
  scripted = [
    "preFailCommands"
    "preDeviceCommands"
    "preLVMCommands"
    "postDeviceCommands"
    "postResumeCommands"
    "postMountCommands"
    "extraUdevRulesCommands"
    "extraUtilsCommands"
    "extraUtilsCommandsTest"
  ];
in
{
  # Declared here upstream too: where an option is declared has a say in the order of lists.
  options.fileSystems = lib.mkOption {
    type = types.attrsOf (types.submodule { options.neededForBoot = flag; });
  };

  options.boot.initrd = lib.genAttrs scripted (_: text) // {
    enable = flagOn;
    checkJournalingFS = flagOn;
    secrets = option (types.attrsOf (types.nullOr types.path)) { };
    supportedFilesystems = option namesOrTruths { };
    availableKernelModules = strings;
    kernelModules = strings;
    network.enable = flag;
    luks.devices = submodules luksDevice;
    luks.forceLuksSupportInInitrd = flag;
    services.lvm.enable = flag;

    systemd = units.options 1 // {
      # Since 26.05; before that, a configuration that said nothing had the scripted one.
      enable = flagOn;
      shell.enable = flagOn;
      package = option types.package pkgs.systemd;
      contents = submodules content;
      storePaths = option (types.listOf storePath) [ ];
      extraBin = option (types.attrsOf types.path) { };
      initrdBin = packages;
      packages = packages;
      emergencyAccess = option (types.oneOf [
        types.bool
        (types.nullOr (types.passwdEntry types.str))
      ]) false;
      suppressedStorePaths = option (types.listOf types.singleLineStr) [ ];
      suppressedUnits = strings;
      additionalUpstreamUnits = strings;
      managerEnvironment = option (types.attrsOf (
        types.nullOr (
          types.oneOf [
            types.str
            types.path
            types.package
          ]
        )
      )) { };
      root = option (types.enum [
        "fstab"
        "gpt-auto"
      ]) "fstab";
      tmpfiles.settings = option (import ./tmpfiles-type.nix lib) { };
      users = option (types.attrsOf types.anything) { };
      groups = option (types.attrsOf types.anything) { };
    };
  };

  config = {
    boot.initrd = {
      supportedFilesystems = map (fileSystem: fileSystem.fsType) (
        lib.filter utils.fsNeededForBoot config.system.build.fileSystems
      );
      systemd.units = texts.unitsOf cfg.systemd;
    };
    assertions = lib.mkIf (cfg.enable && cfg.systemd.enable) (
      map (name: {
        assertion = cfg.${name} == "";
        message = "systemd stage 1 does not support 'boot.initrd.${name}'.";
      }) scripted
    );
  };
}
