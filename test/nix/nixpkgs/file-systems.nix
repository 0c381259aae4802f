# `fileSystems`, `swapDevices` and what comes of them in fstab(5), of the system and of the initrd.
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
    option
    required
    types
    ;
  inherit (lib) mkDefault mkIf;

  checked =
    what: condition:
    types.addCheck types.str condition // { description = "string (with check: ${what})"; };
  isNonEmpty = text: builtins.match "[ \t\n]*" text == null;
  nonEmpty = checked "non-empty" isNonEmpty;
  place = checked "non-empty without trailing slash" (
    text: isNonEmpty text && builtins.match ".+/" text == null
  );
  escape = builtins.replaceStrings [ " " "\t" ] [ "\\040" "\\011" ];

  encrypted = {
    enable = flag;
    blkDev = option (types.nullOr types.str) null;
    label = option (types.nullOr types.str) null;
    keyFile = option (types.nullOr types.str) null;
  };

  core =
    { name, config, ... }:
    {
      options = {
        enable = flagOn;
        mountPoint = option place name;
        stratis.poolUuid = option (types.nullOr types.str) null;
        device = option (types.nullOr nonEmpty) null;
        # Until 26.05 "auto" where nobody says it.
        fsType = required nonEmpty;
        options = option (types.nonEmptyListOf nonEmpty) [ "defaults" ];
        depends = option (types.listOf place) [ ];
      };
      config.device = mkIf (lib.elem config.fsType [
        "proc"
        "sysfs"
        "tmpfs"
        "ramfs"
        "devtmpfs"
        "devpts"
      ]) (mkDefault config.fsType);
    };
  outer = config;
  more =
    { config, ... }:
    {
      options = {
        label = option (types.nullOr nonEmpty) null;
        autoFormat = flag;
        autoResize = flag;
        noCheck = flag;
        inherit encrypted;
        overlay = {
          lowerdir = option (types.nullOr (types.nonEmptyListOf types.str)) null;
          upperdir = option (types.nullOr types.str) null;
          workdir = option (types.nullOr types.str) null;
        };
      };
      config = {
        device = mkIf (config.label != null) (mkDefault "/dev/disk/by-label/${escape config.label}");
        options =
          let
            early = utils.fsNeededForBoot config;
          in
          lib.mkMerge [
            (mkIf config.autoResize [ "x-systemd.growfs" ])
            (mkIf config.autoFormat [ "x-systemd.makefs" ])
            (mkIf early [ "x-initrd.mount" ])
            (mkIf (config.depends != [ ] && (early -> outer.boot.initrd.systemd.enable)) (
              map (
                path: "x-systemd.requires-mounts-for=${lib.optionalString early "/sysroot"}${path}"
              ) config.depends
            ))
          ];
      };
    };

  swap =
    { config, options, ... }:
    {
      options = {
        device = required types.str;
        label = required types.str;
        size = option (types.nullOr types.int) null;
        priority = option (types.nullOr types.int) null;
        randomEncryption = option (types.coercedTo types.bool (enable: { inherit enable; }) (
          types.submodule {
            options = {
              enable = flag;
              cipher = option types.str "aes-xts-plain64";
              source = option types.str "/dev/urandom";
              allowDiscards = flag;
            };
          }
        )) false;
        discardPolicy = option (types.nullOr (
          types.enum [
            "once"
            "pages"
            "both"
          ]
        )) null;
        options = option (types.listOf types.nonEmptyStr) [ "defaults" ];
        deviceName = required types.str;
        realDevice = required types.path;
        inherit encrypted;
      };
      config = {
        device = mkIf options.label.isDefined "/dev/disk/by-label/${config.label}";
        deviceName = builtins.replaceStrings [ "\\" ] [ "" ] (utils.escapeSystemdPath config.device);
        realDevice =
          if config.randomEncryption.enable then "/dev/mapper/${config.deviceName}" else config.device;
      };
    };

  sorted =
    let
      all = builtins.attrValues config.fileSystems;
    in
    (lib.toposort utils.fsBefore all).result or all;

  neverChecked = [
    "none"
    "auto"
    "overlay"
    "iso9660"
    "bindfs"
    "udf"
    "btrfs"
    "zfs"
    "tmpfs"
    "bcachefs"
    "nfs"
    "nfs4"
    "nilfs2"
    "vboxsf"
    "squashfs"
    "glusterfs"
    "apfs"
    "9p"
    "cifs"
    "prl_fs"
    "vmhgfs"
  ]
  ++ lib.optionals (!config.boot.initrd.checkJournalingFS) [
    "ext3"
    "ext4"
    "reiserfs"
    "xfs"
    "jfs"
    "f2fs"
  ];
  entry =
    fs:
    let
      unchecked =
        fs.noCheck || fs.device == "none" || lib.elem fs.fsType neverChecked || lib.elem "bind" fs.options;
      device =
        if fs.device == null then
          throw "No device specified for mount point ‘${fs.mountPoint}’."
        else
          escape fs.device;
      pass =
        if unchecked then
          "0"
        else if fs.mountPoint == "/" then
          "1"
        else
          "2";
      options = escape (lib.concatStringsSep "," fs.options);
    in
    "${device} ${escape fs.mountPoint} ${fs.fsType} ${options} 0 ${pass}\n";
  entries = lib.concatMapStrings entry;
  initrdFstab = pkgs.writeText "initrd-fstab" (entries (lib.filter utils.fsNeededForBoot sorted));

  swapEntry =
    sw:
    let
      discard = lib.optionalString (sw.discardPolicy != "both") "=${toString sw.discardPolicy}";
      options =
        sw.options
        ++ lib.optional (sw.priority != null) "pri=${toString sw.priority}"
        ++ lib.optional (sw.discardPolicy != null) "discard${discard}";
    in
    "${sw.realDevice} none swap ${lib.concatStringsSep "," options}\n";
in
{
  options = {
    fileSystems = lib.mkOption {
      type = types.attrsOf (
        types.submodule [
          core
          more
        ]
      );
      default = { };
      apply = lib.filterAttrs (_: fs: fs.enable);
    };
    swapDevices = option (types.listOf (types.submodule swap)) [ ];
  };

  config = {
    system.build.fileSystems = sorted;
    # The comments of upstream's file are left out.
    environment.etc.fstab.text = entries sorted + lib.concatMapStrings swapEntry config.swapDevices;
    boot.initrd.systemd = {
      storePaths = [ initrdFstab ];
      managerEnvironment.SYSTEMD_SYSROOT_FSTAB = initrdFstab;
    };
    assertions = [
      {
        assertion = config.boot.isContainer || config.fileSystems ? "/";
        message = "The ‘fileSystems’ option does not specify your root file system.";
      }
    ];
  };
}
