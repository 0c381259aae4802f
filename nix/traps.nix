# What goes wrong on roots that are new at each boot, on other machines once in their life or never.
#
# Looked at, and left to upstream, which sees to it:
# - systemd-random-seed.service and systemd-journal-flush.service have RequiresMountsFor= on what they read, and both
#   modules make units of their mounts: a directory that is bound late is waited for. So is it when they stop.
# - /tmp, /root and /etc/NIXOS are made, with their modes, by stage 2 and the activation of NixOS at every boot.
# - What a first boot does (ConditionFirstBoot=) follows from /etc/machine-id, for which there is an assertion.
{
  config,
  options,
  lib,
  ...
}:

let
  cfg = config.ebb;
  ebb = import ./lib.nix { inherit lib; };
  inherit (ebb) covers shellWord;
  inherit (ebb.availability) step;

  resets = cfg.root.filesystem != null;
  there = ebb.availability.ofPersisted cfg.persisted (
    ebb.availability.ofFileSystems {
      inherit (config) fileSystems;
      inherit (cfg.root) ephemeralMounts;
    }
  );

  byModule = builtins.partition (entry: entry.from == "preservation") cfg.persisted;
  ofPreservation = byModule.right;
  # Those whose directories are made by a script of impermanence's.
  ofImpermanence = lib.filter (entry: entry.from == "environment.persistence") byModule.wrong;

  # systemd refuses to start a service with a dynamic user where others may look into these.
  # nix-community/impermanence#254: parents of what is persisted are made 0755, in storage and on the root.
  privateDirectories = [
    "/var/cache/private"
    "/var/lib/private"
    "/var/log/private"
  ];
  privateIn =
    entries:
    lib.unique (
      lib.concatMap (
        entry:
        map (directory: {
          inherit (entry) storage;
          inherit directory;
        }) (lib.filter (directory: covers directory entry.path) privateDirectories)
      ) entries
    );
  inStorage = { storage, directory }: ebb.joinPath storage directory;
  private = {
    mode = "0700";
    user = "root";
    group = "root";
  };

  isImage = config.system.etc.overlay.enable && !config.system.etc.overlay.mutable;
  isIdMounted = lib.any (
    entry: entry.path == "/etc/machine-id" && entry.method == "bind"
  ) ofPreservation;
in
{
  config = lib.mkIf (cfg.enable && resets) (
    lib.mkMerge [
      # On an empty root whoever asks first for a directory in /var/run makes one of /var/run. tmpfiles.d has a link
      # for it, and leaves a directory as it is: nscd and all that look for sockets there fail (NixOS/nixpkgs#432251).
      # The same rules refuse to go on below a root of another owner or mode.
      (lib.mkIf config.boot.initrd.systemd.enable {
        boot.initrd.systemd.tmpfiles.settings.ebb = {
          "/sysroot".z = {
            mode = "0755";
            user = "root";
            group = "root";
          };
          "/sysroot/var".d = {
            mode = "0755";
            user = "root";
            group = "root";
          };
          "/sysroot/var/run".L.argument = "../run";
        };
      })
      (lib.mkIf (!config.boot.initrd.systemd.enable) {
        system.activationScripts.ebb-fresh-root.text = ''
          mkdir -p -m 0755 /var
          if [ ! -e /var/run ] && [ ! -L /var/run ]; then ln -s ../run /var/run; fi
        '';
      })

      (lib.mkIf (ofImpermanence != [ ]) {
        system.activationScripts = {
          # Before it makes those that are missing: it gives the root what it finds in storage.
          ebb-private-directories = {
            deps = [ "specialfs" ] ++ lib.optional (!config.boot.initrd.systemd.enable) "ebb-fresh-root";
            text = lib.concatMapStrings (
              place: "install -d -m 0700 -o root -g root -- ${shellWord (inStorage place)}\n"
            ) (privateIn ofImpermanence);
          };
          createPersistentStorageDirs.deps = [ "ebb-private-directories" ];
          # It gives the parents of files the owner and mode that they have in storage. Of a file in / that is / itself,
          # and with a storage of 0700 nobody but root gets anywhere (see also nix-community/impermanence#295).
          ebb-root-mode = {
            deps = [ "createPersistentStorageDirs" ];
            text = ''
              chown root:root /
              chmod 0755 /
            '';
          };
        };
      })

      (lib.mkIf (ofPreservation != [ ]) {
        systemd.tmpfiles.settings = lib.mkMerge [
          # Parents that nobody names are made 0755.
          {
            ebb = lib.listToAttrs (
              map (place: lib.nameValuePair (inStorage place) { d = private; }) (
                lib.filter (place: !lib.any (entry: entry.path == place.directory) ofPreservation) (
                  privateIn ofPreservation
                )
              )
            );
          }
          # Of one that is persisted itself, 0755 is what preservation takes where nobody says a mode.
          {
            preservation = lib.mkMerge (
              map
                (
                  entry:
                  lib.genAttrs [ entry.path (ebb.joinPath entry.storage entry.path) ] (_: {
                    d.mode = lib.mkForce private.mode;
                  })
                )
                (
                  lib.filter (
                    entry: lib.elem entry.path privateDirectories && entry.method == "bind" && !entry.inInitrd
                  ) ofPreservation
                )
            );
          }
        ];
      })

      # Accounts get their homes before /home is mounted, and the mount hides these: who is new has none. Userborn and
      # sysusers make them later.
      (lib.mkIf (!config.services.userborn.enable && !config.systemd.sysusers.enable) {
        systemd.tmpfiles.settings.ebb = lib.listToAttrs (
          map
            (
              user:
              lib.nameValuePair user.home {
                d = {
                  mode = user.homeMode;
                  user = user.name;
                  inherit (user) group;
                };
              }
            )
            (
              lib.filter (
                user:
                (user.enable or true)
                && user.createHome
                && there user.home == step.mounts
                && lib.any (entry: covers entry.path user.home) cfg.persisted
                && !lib.any (entry: entry.path == user.home) ofPreservation
              ) (lib.attrValues config.users.users)
            )
        );
      })

      # It takes whatever is mounted at /etc/machine-id for an id that is still to be written to disk, and fails at each
      # boot; impermanence has the same for itself (nix-community/impermanence#229).
      (lib.mkIf (!isImage && isIdMounted) {
        systemd.services.systemd-machine-id-commit.unitConfig.ConditionFirstBoot = lib.mkDefault true;
      })

      # Where the file system of a host key is not mounted, its path is an empty place, and sshd-keygen.service makes
      # another key there. It is ordered after other mounts only if these are not `nofail`.
      (lib.mkIf (config.services.openssh.enable && config.services.openssh.hostKeys != [ ]) {
        systemd.services =
          let
            waits.unitConfig.RequiresMountsFor = map (key: key.path) config.services.openssh.hostKeys;
          in
          {
            ${if config.services.openssh.startWhenNeeded then "sshd@" else "sshd"} = waits;
            sshd-keygen = lib.mkIf (config.services.openssh.generateHostKeys or true) waits;
          };
      })

      # It notes the numbers that it gives in the files of accounts, and /etc is new at each boot.
      (lib.optionalAttrs (options ? services.userborn.passwordFilesLocation) (
        lib.mkIf (config.services.userborn.enable && there "/var/lib/nixos" <= step.activation) {
          services.userborn.passwordFilesLocation = lib.mkDefault "/var/lib/nixos";
        }
      ))

      # Nothing can be made in an /etc that is an image: what is to be mounted there needs a place in it, and what is to
      # be a link is one from the beginning (nix-community/impermanence#210).
      (lib.mkIf isImage {
        environment.etc = lib.mkMerge (
          map
            (
              entry:
              let
                name = lib.removePrefix "/etc/" entry.path;
                isLink = entry.method == "link" || (entry.kind == "file" && entry.from != "preservation");
                place = {
                  text = "";
                  mode = if entry.kind == "file" && entry.mode != null then entry.mode else "0444";
                };
                link = {
                  source = ebb.joinPath entry.storage entry.path;
                  mode = "direct-symlink";
                };
              in
              {
                ${if isLink || entry.kind == "file" then name else "${name}/.ebb"} = lib.mkOverride 1100 (
                  if isLink then link else place
                );
              }
            )
            (
              lib.filter (
                entry: lib.hasPrefix "/etc/" entry.path && entry.path != "/etc/machine-id"
              ) cfg.persisted
            )
        );
      })
      # nixpkgs has a place for the machine's id only since #529950. What 26.05 began with has a link in its stead, over
      # which systemd mounts nothing.
      (lib.mkIf (isImage && isIdMounted) {
        environment.etc.machine-id = {
          text = lib.mkOverride 900 "";
          mode = lib.mkOverride 900 "0444";
        };
      })

      # That somebody was lectured is forgotten with /var/db. First, so that what the owner says counts.
      (lib.mkIf (config.security.sudo.enable && there "/var/db/sudo" == step.never) {
        security.sudo.extraConfig = lib.mkBefore "Defaults lecture = never\n";
      })
    ]
  );
}
