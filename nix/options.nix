# What a configuration can say. module.nix and the files beside it do it.
{
  config,
  lib,
  pkgs,
  ...
}:

let
  inherit (lib) mkOption types;
  cfg = config.ebb;
  allowable = import ./assertions/names.nix;
  resets = cfg.root.filesystem != null;
  bool =
    default: description:
    mkOption {
      type = types.bool;
      example = !default;
      inherit default description;
    };
  name =
    default: example: description:
    mkOption {
      type = types.str;
      inherit default example description;
    };
  calendar =
    default: description:
    name default "Mon 04:00" "${description}, as {manpage}`systemd.time(7)` writes it.";
in
{
  options.ebb = {
    enable = mkOption {
      type = types.bool;
      default = false;
      example = true;
      description = "Whether to have ebb on this machine: the command, its configuration, and what is asked for below.";
    };

    package = mkOption {
      type = types.package;
      default = pkgs.ebb or (pkgs.callPackage ./package.nix { });
      defaultText = lib.literalExpression "pkgs.ebb";
      example = lib.literalExpression "inputs.ebb.packages.\${system}.ebb";
      description = "The ebb that is used.";
    };

    storage = mkOption {
      type = types.str;
      default = "/persist";
      example = "/nix/persist";
      description = ''
        Where persistent storage is mounted. Sets and declarations go there, and with {option}`ebb.root.fileSystems` it is
        mounted there early in the boot.
      '';
    };

    root = {
      filesystem = mkOption {
        type = types.nullOr (
          types.enum [
            "btrfs"
            "bcachefs"
            "directory"
            "tmpfs"
          ]
        );
        default = null;
        example = "btrfs";
        description = ''
          What keeps the root, which is thrown away at each boot: a subvolume of btrfs or bcachefs, a plain directory of any
          other filesystem ({option}`ebb.root.type`), or memory. `null`: the root stays as it is, and ebb only looks at it.
        '';
      };

      device = mkOption {
        type = types.nullOr (types.either types.str (types.nonEmptyListOf types.str));
        default = null;
        example = "/dev/disk/by-label/nixos";
        description = ''
          The filesystem that has root, store and storage; a list of devices for a bcachefs that spans several. A path in
          `/dev`, or a tag such as `UUID=…`. Of a root in memory: what has {file}`/nix` and the storage, if that is one
          filesystem.
        '';
      };

      uuid = mkOption {
        type = types.nullOr (types.strMatching "[0-9A-Fa-f-]+");
        default = null;
        example = "5e2c9a5e-7c0a-4d54-9a4f-0c6f5f0b8e11";
        description = ''
          The UUID of a bcachefs that spans the devices of {option}`ebb.root.device`: what it is mounted by, since
          {manpage}`systemd.mount(5)` knows no list of devices. `null`: the first of them stands for all, and without it the
          machine does not boot. {command}`bcachefs show-super` calls it the external UUID.
        '';
      };

      type = mkOption {
        type = types.str;
        default = "ext4";
        example = "xfs";
        description = "What {manpage}`mount(8)` calls the filesystem of a root that is a plain directory, or of the storage beside a root in memory.";
      };

      subvolume = name "@root" "root" "The name of the root at the top level of the device.";

      oldRoots = mkOption {
        type = types.str;
        default =
          if cfg.root.filesystem == "tmpfs" then "${cfg.storage}/old_roots" else "@snapshots/old_roots";
        defaultText = lib.literalExpression ''if config.ebb.root.filesystem == "tmpfs" then "''${config.ebb.storage}/old_roots" else "@snapshots/old_roots"'';
        example = "old_roots";
        description = "Where old roots are kept: a path from the top level of the device; of a root in memory an absolute path in persistent storage.";
      };

      blank = mkOption {
        type = types.nullOr types.str;
        default = null;
        example = "@blank";
        description = "What a fresh root is a copy of, by its name at the top level. `null`: it is empty, and NixOS fills it.";
      };

      size = mkOption {
        type = types.str;
        default = "2G";
        example = "25%";
        description = "How large a root in memory may become.";
      };

      options = mkOption {
        type = types.listOf types.str;
        default = [ ];
        example = [
          "compress=zstd"
          "noatime"
        ];
        description = ''
          Further options of {manpage}`mount(8)` for all that is mounted of the device. With `degraded` a bcachefs boots
          without those of its devices that are missing.
        '';
      };

      onFailure = mkOption {
        type = types.enum [
          "boot"
          "halt"
        ];
        default = "boot";
        example = "halt";
        description = ''
          What a boot does whose reset failed: go on with the root that is there, and say so to who logs in and in
          {command}`ebb check`; or stop.
        '';
      };

      fileSystems = bool true ''
        Whether to mount the root, {file}`/nix`, the storage and {file}`/.snapshots` of the device. `false` where the
        configuration mounts them itself, as disko does.
      '';

      nix = name "@nix" "nix" "The name of what is mounted at {file}`/nix`, at the top level.";
      persist = name "@persist" "persistent" "The name of persistent storage at the top level.";
      snapshots =
        name "@snapshots" "snapshots"
          "The name of what is mounted at {file}`/.snapshots`, at the top level. It is where old roots are in it.";

      unlockedBy = mkOption {
        type = types.listOf types.str;
        default = [ ];
        example = [ "my-unlock.service" ];
        description = ''
          Units of the initrd that have to end before the device can be mounted, beside those of
          {option}`boot.initrd.luks.devices` and of an encrypted bcachefs, which are known.
        '';
      };

      ephemeralMounts = mkOption {
        type = types.listOf types.str;
        default = [ ];
        example = [ "/scratch" ];
        description = "Other mount points whose filesystems are thrown away like the root.";
      };
    };

    retention = {
      recent = mkOption {
        type = types.ints.unsigned;
        default = 5;
        example = 10;
        description = "How many of the newest old roots are kept.";
      };
      weekly = mkOption {
        type = types.ints.unsigned;
        default = 4;
        example = 8;
        description = "Of how many of the last weeks that have old roots the newest one is kept.";
      };
      monthly = mkOption {
        type = types.either types.ints.unsigned (types.enum [ "all" ]);
        default = "all";
        example = 12;
        description = "Of how many of the last months that have old roots the newest one is kept.";
      };
    };

    ignore = mkOption {
      type = types.listOf types.str;
      default = [ ];
      example = [
        "/etc/.pwd.lock"
        "/var/lib/misc/*"
      ];
      description = "Patterns of paths that nobody misses: {command}`ebb diff` hides them, {command}`ebb check` lets them pass.";
    };

    declarations = mkOption {
      type = types.nullOr types.path;
      default = null;
      example = lib.literalExpression "./persistence.json";
      description = ''
        A file of declarations that ebb writes: `{ "schema": "ebb.declarations/1", "persistence": { "/persist": { … } },
        "ignore": [ … ] }`, where `persistence` has the form of {option}`environment.persistence`. What it declares is added
        to what the configuration does.
      '';
    };

    sets = mkOption {
      type = types.coercedTo (types.listOf types.str) (names: { inherit names; }) (
        types.submodule {
          options = {
            names = mkOption {
              type = types.listOf types.str;
              default = [ ];
              example = [
                "server-minimal"
                "tailscale"
              ];
              description = "Persistence sets, by name.";
            };
            auto = bool false ''
              Whether to add the sets of the services that this configuration enables, with the directories that it
              configures for them.
            '';
            exclude = mkOption {
              type = types.listOf types.str;
              default = [ ];
              example = [
                "fail2ban"
                "/var/lib/nixos-containers"
              ];
              description = "Sets, or paths with all that is below them, that are left out.";
            };
            users = mkOption {
              type = types.listOf types.str;
              default = [ ];
              example = [ "josh" ];
              description = "In whose homes what sets have of homes is persisted.";
            };
          };
        }
      );
      default = { };
      example = lib.literalExpression ''[ "server-minimal" "tailscale" "forgejo" ]'';
      description = ''
        What to persist, by the names of services: see the table of sets. A list of names, or a set with `names`, `auto`,
        `exclude` and `users`.
      '';
    };

    check = {
      enable = mkOption {
        type = types.bool;
        default = resets;
        defaultText = lib.literalExpression "config.ebb.root.filesystem != null";
        example = true;
        description = "Whether to look now and then for what the next reboot would lose.";
      };
      interval = calendar "daily" "How often";
      atShutdown = mkOption {
        type = types.enum [
          "nothing"
          "warn"
          "block"
        ];
        default = if resets then "warn" else "nothing";
        defaultText = lib.literalExpression ''if config.ebb.root.filesystem != null then "warn" else "nothing"'';
        example = "block";
        description = ''
          What a reboot or shutdown that would lose something does: nothing, tell all who are logged in, or be held back
          until it is seen to.
        '';
      };
      loginMessage = bool true "Whether who logs in is told of what the next reboot would lose.";
    };

    watch.enable = mkOption {
      type = types.bool;
      default = false;
      example = true;
      description = "Whether to note who writes where on the root, for {command}`ebb diff` and {command}`ebb why`.";
    };

    gc = {
      enable = mkOption {
        type = types.bool;
        default = resets;
        defaultText = lib.literalExpression "config.ebb.root.filesystem != null";
        example = false;
        description = "Whether to delete the old roots that {option}`ebb.retention` does not keep.";
      };
      interval = calendar "daily" "How often, beside some minutes after each boot";
    };

    capture.interval = mkOption {
      type = types.nullOr types.str;
      default = "15min";
      example = "1h";
      description = ''
        How long after a capture of a root in memory the next one is made, beside the one at shutdown. `null`: only at
        shutdown.
      '';
    };

    metrics = {
      enable = mkOption {
        type = types.bool;
        default = false;
        example = true;
        description = "Whether each check writes its findings for the textfile collector of Prometheus' node exporter.";
      };
      directory = mkOption {
        type = types.strMatching "/[A-Za-z0-9_@:+./-]+";
        default = "/var/lib/prometheus-node-exporter-text-files";
        example = "/run/prometheus-textfiles";
        description = ''
          The directory that the collector reads: give it to the exporter with `--collector.textfile.directory=…`. It is
          made, and does not have to be kept.
        '';
      };
    };

    allow = mkOption {
      type = types.listOf (types.enum (lib.attrNames allowable));
      default = [ ];
      example = [ "machine-id" ];
      description = ''
        What ebb would refuse to build, or warn of, and what is meant so. Each message ends with the name for it:
        ${lib.concatStrings (lib.mapAttrsToList (name: meaning: "\n- `${name}`: ${meaning}") allowable)}
      '';
    };

    persisted = mkOption {
      type = types.listOf types.unspecified;
      internal = true;
      readOnly = true;
      description = "All that this configuration persists, by whichever module: nix/persisted.nix tells the form.";
    };
  };
}
