# The reset of the root, before it is mounted: in systemd's initrd a service, in the scripted one a command.
{
  config,
  options,
  lib,
  pkgs,
  utils,
  ...
}:

let
  cfg = config.ebb;
  ebb = import ./lib.nix { inherit lib; };
  inherit (cfg.root) filesystem;
  devices = ebb.deviceList cfg.root.device;
  isHalting = cfg.root.onFailure == "halt";

  settings = ebb.environmentFile {
    FILESYSTEM = filesystem;
    DEVICE = lib.concatMapStringsSep ":" ebb.devicePath devices;
    OPTIONS = lib.concatStringsSep "," cfg.root.options;
    TYPE = if filesystem == "directory" then cfg.root.type else null;
    ROOT = cfg.root.subvolume;
    OLD_ROOTS = cfg.root.oldRoots;
    BLANK = if cfg.root.blank == null then "" else cfg.root.blank;
    STORAGE = cfg.root.persist;
    NIX = cfg.root.nix;
    ON_FAILURE = cfg.root.onFailure;
  };

  escape = utils.escapeSystemdPath;
  deviceUnits = map (device: "${escape (ebb.devicePath device)}.device") (
    lib.filter (device: lib.hasPrefix "/dev/" (ebb.devicePath device)) devices
  );
  # The name of a mapping is the instance, with its dashes escaped. What is opened with something that lies on the root
  # comes after the root is mounted (systemd-cryptsetup-generator: RequiresMountsFor=), and so after the reset: to wait
  # for it would be a cycle, of which systemd leaves out a unit.
  isOpenedLater =
    device:
    lib.any (path: path != null && lib.hasPrefix "/sysroot/" path) [
      device.keyFile
      device.header
    ];
  luksUnits = map (name: "systemd-cryptsetup@${escape name}.service") (
    lib.attrNames (lib.filterAttrs (_: device: !isOpenedLater device) config.boot.initrd.luks.devices)
  );

  # Not the package's: their first lines name the shell of the nixpkgs that it was built with, and the initrd has only
  # that of the configuration's.
  scripts = lib.genAttrs [ "reset-root" "is-hibernated" ] (
    name: pkgs.writeScript name (builtins.readFile (../boot + "/${name}"))
  );

  unit = ebb.units.service {
    inherit (cfg) package storage;
    inherit (pkgs) coreutils;
    scripts = "/etc/ebb";
  } ../boot/units/initrd/ebb-reset.service;
in
{
  config = lib.mkIf (cfg.enable && filesystem != null && filesystem != "tmpfs") (
    lib.mkMerge [
      (lib.mkIf config.boot.initrd.systemd.enable {
        boot.initrd.systemd = {
          services.ebb-reset = lib.mkMerge [
            unit
            {
              # A degraded filesystem boots without one of them: they are waited for, and not required.
              wants = deviceUnits;
              after =
                deviceUnits
                ++ luksUnits
                ++ lib.optional (filesystem == "bcachefs") "unlock-bcachefs-${escape "/"}.service"
                ++ cfg.root.unlockedBy;
              # Of impermanence until April 2025, which mounts the root for it.
              before = [ "create-needed-for-boot-dirs.service" ];
              wantedBy = lib.mkIf (!isHalting) [ "sysroot.mount" ];
              requiredBy = lib.mkIf isHalting [ "sysroot.mount" ];
            }
          ];
          contents = {
            "/etc/ebb/reset.env".text = settings;
          }
          // lib.mapAttrs' (name: source: lib.nameValuePair "/etc/ebb/${name}" { inherit source; }) scripts;
          # What the scripts run, beside coreutils, mount(8), umount(8) and systemctl(1), which are there. Who has
          # brought another one has his.
          extraBin = {
            findfs = lib.mkDefault "${pkgs.util-linux}/bin/findfs";
          }
          // lib.optionalAttrs (filesystem == "btrfs") {
            btrfs = lib.mkDefault "${pkgs.btrfs-progs}/bin/btrfs";
          };
        };
      })
      # Deprecated since 26.05: some nixpkgs will have no such options.
      (lib.optionalAttrs (options.boot.initrd ? postResumeCommands) (
        lib.mkIf (!config.boot.initrd.systemd.enable) {
          boot.initrd = {
            # busybox has all else that they run, and nixpkgs brings btrfs(8) where the root is one.
            extraUtilsCommands = ''
              cp ${scripts.reset-root} $out/bin/reset-root
              cp ${scripts.is-hibernated} $out/bin/is-hibernated
            '';
            # After the system may have resumed, before anything of the device is mounted. `fail` asks on the console
            # what to do, and goes on at any key: where a reset that fails is to halt the boot, it is tried again then.
            postResumeCommands = lib.mkAfter ''
              ${lib.concatMapStringsSep "\n" (
                device: "waitDevice ${ebb.shellWord (ebb.devicePath device)}"
              ) devices}
              reset_root() (
                set -a
                ${settings}EBB_ENV=/dev/null
                exec reset-root
              )
              reset_root
              ${lib.optionalString isHalting ''
                while case $? in 0 | 1 | 4) false ;; esac; do
                  fail
                  sleep 1
                  reset_root
                done
              ''}
            '';
          };
        }
      ))
    ]
  );
}
