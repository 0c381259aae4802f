# What runs beside the system: the records of each boot, the check, the deletion of old roots, and what is asked for.
{
  config,
  lib,
  pkgs,
  ...
}:

let
  cfg = config.ebb;
  ebb = import ./lib.nix { inherit lib; };
  inherit (cfg.root) filesystem;
  keepsOldRoots = filesystem != null;

  units = ../boot/units;
  service = file: extra: lib.mkMerge [
    (ebb.units.service {
      inherit (cfg) package storage;
      inherit (pkgs) coreutils;
    } (units + "/${file}.service"))
    {
      path = [
        cfg.package
        pkgs.util-linux
      ]
      ++ lib.optional (filesystem == "btrfs") pkgs.btrfs-progs;
    }
    extra
  ];
  timer = file: ebb.units.timer (units + "/${file}.timer");

  # They have something to do when they stop, and that is the end of a boot: not a change of the configuration.
  untilShutdown = {
    restartIfChanged = false;
    stopIfChanged = false;
  };
  everyNowAndThen = interval: { timerConfig.OnCalendar = lib.mkForce interval; };
in
{
  config = lib.mkIf cfg.enable {
    systemd.services = lib.mkMerge [
      (lib.mkIf (keepsOldRoots && filesystem != "tmpfs") {
        ebb-boot = service "system/ebb-boot" untilShutdown;
      })
      (lib.mkIf cfg.check.enable { ebb-check = service "system/ebb-check" { }; })
      (lib.mkIf (cfg.check.atShutdown == "warn") {
        ebb-check-shutdown = service "system/ebb-check-shutdown" untilShutdown;
      })
      (lib.mkIf (cfg.check.atShutdown == "block") {
        ebb-hold-shutdown = service "system/ebb-hold-shutdown" { };
      })
      (lib.mkIf cfg.gc.enable { ebb-gc = service "system/ebb-gc" { }; })
      (lib.mkIf cfg.watch.enable { ebb-watch = service "system/ebb-watch" { }; })
      (lib.mkIf (filesystem == "tmpfs") {
        ebb-capture = service "ebb-capture" { };
        ebb-capture-at-shutdown = service "ebb-capture-at-shutdown" untilShutdown;
      })
    ];

    systemd.timers = lib.mkMerge [
      (lib.mkIf cfg.check.enable {
        ebb-check = lib.mkMerge [
          (timer "system/ebb-check")
          (everyNowAndThen cfg.check.interval)
        ];
      })
      (lib.mkIf cfg.gc.enable {
        ebb-gc = lib.mkMerge [
          (timer "system/ebb-gc")
          (everyNowAndThen cfg.gc.interval)
        ];
      })
      (lib.mkIf (filesystem == "tmpfs" && cfg.capture.interval != null) {
        ebb-capture = lib.mkMerge [
          (timer "ebb-capture")
          { timerConfig.OnUnitInactiveSec = lib.mkForce cfg.capture.interval; }
        ];
      })
    ];
  };
}
