# ebb on NixOS. Persisted paths are put in place by nix-community/impermanence or preservation, whichever the
# configuration imports: ebb reads what they are told, adds sets and declarations to it, and imports neither.
{
  config,
  options,
  lib,
  pkgs,
  ...
}:

let
  cfg = config.ebb;
  ebb = import ./lib.nix { inherit lib; };
in
{
  imports = [
    ./options.nix
    ./file-systems.nix
    ./initrd.nix
    ./services.nix
    ./declarations.nix
    ./assertions.nix
    ./traps.nix
  ];

  config = lib.mkIf cfg.enable {
    ebb.persisted = ebb.persisted.fromConfiguration { inherit config options; };

    environment.systemPackages = [ cfg.package ];

    environment.etc."ebb/config.toml".text =
      "# Written by the options `ebb.*` of NixOS.\n"
      + ebb.toTOML {
        root =
          if cfg.root.filesystem == null then
            null
          else
            {
              inherit (cfg.root) filesystem;
              device =
                let
                  devices = map ebb.devicePath (ebb.deviceList cfg.root.device);
                in
                # The kernel knows a bcachefs by all of its devices. It is the one that `/` is of.
                if devices == [ ] || cfg.root.filesystem == "tmpfs" || cfg.root.filesystem == "bcachefs" then
                  null
                else
                  builtins.head devices;
              subvolume = if cfg.root.filesystem == "tmpfs" then null else cfg.root.subvolume;
              old_roots = cfg.root.oldRoots;
              inherit (cfg.root) blank;
              on_failure = cfg.root.onFailure;
              ephemeral_mounts = cfg.root.ephemeralMounts;
            };
        retention = { inherit (cfg.retention) recent weekly monthly; };
        check.at_shutdown = cfg.check.atShutdown;
        # Where ebb is to propose to put things, also while nothing is there.
        persistence =
          lib.optionalAttrs (cfg.root.filesystem != null) {
            ${cfg.storage}.declared_by =
              if options ? environment.persistence then
                "environment.persistence"
              else if options ? preservation.preserveAt then
                "preservation"
              else
                null;
          }
          // ebb.persisted.toConfiguration cfg.persisted;
        ignore.paths = cfg.ignore;
      };
  };
}
