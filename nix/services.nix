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

  units = ../boot/units;
  service =
    file: extra:
    lib.mkMerge [
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
  # Read by the unit, which splits it into words.
  checkOptions =
    lib.optionals cfg.check.loginMessage [
      "--message"
      "/run/motd.d/ebb-check"
    ]
    ++ lib.optionals cfg.metrics.enable [
      "--metrics"
      "${cfg.metrics.directory}/ebb.prom"
    ];
  tellsAtLogin = cfg.check.enable && cfg.check.loginMessage;
  tellsInShell = ''
    case $- in *i*)
      for message in /run/motd.d/ebb /run/motd.d/ebb-check; do
        if [ -r "$message" ]; then cat "$message"; fi
      done
      unset message
    esac
  '';
  everyNowAndThen = interval: { timerConfig.OnCalendar = lib.mkForce interval; };
in
{
  config = lib.mkIf cfg.enable {
    systemd.services = lib.mkMerge [
      (lib.mkIf (filesystem != null) { ebb-boot = service "system/ebb-boot" untilShutdown; })
      (lib.mkIf cfg.check.enable {
        ebb-check = service "system/ebb-check" {
          serviceConfig.Environment = lib.mkForce "\"EBB_CHECK_OPTIONS=${lib.concatStringsSep " " checkOptions}\"";
        };
      })
      # Whoever is not held back is told.
      (lib.mkIf (cfg.check.atShutdown != "nothing") {
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

    # A drop-in of all sessions, for which there is no option.
    systemd.packages = lib.mkIf (cfg.check.atShutdown != "nothing") [
      (pkgs.writeTextDir "lib/systemd/system/session-.scope.d/ebb-check-shutdown.conf" (
        builtins.readFile (units + "/system/session-.scope.d/ebb-check-shutdown.conf")
      ))
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

    # One that is there keeps its owner and mode: others may write to it, too.
    systemd.tmpfiles.rules = lib.mkIf (cfg.check.enable && cfg.metrics.enable) [
      "d ${cfg.metrics.directory} :0755 :root :root -"
    ];

    # pam_motd(8) of NixOS shows one file alone, and that is the owner's. In each shell's own language: what NixOS
    # translates for fish may not branch.
    programs = lib.mkIf tellsAtLogin {
      bash.loginShellInit = tellsInShell;
      zsh.loginShellInit = tellsInShell;
      fish.loginShellInit = ''
        if status is-interactive
          for message in /run/motd.d/ebb /run/motd.d/ebb-check
            test -r $message; and cat $message
          end
        end
      '';
    };
  };
}
