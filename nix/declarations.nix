# What ebb adds to what is persisted: sets by name, and the declarations of a file. It goes to the module that the
# configuration imports.
{
  config,
  options,
  lib,
  ...
}:

let
  cfg = config.ebb;
  ebb = import ./lib.nix { inherit lib; };
  sets = import ./sets.nix { inherit lib; };

  hasImpermanence = options ? environment.persistence;
  hasPreservation = options ? preservation.preserveAt;

  homeOf = user: config.users.users.${user}.home or "/home/${user}";
  declared =
    definitions: ownFile:
    sets.declaredPaths {
      inherit definitions ownFile homeOf;
    };

  # What the configuration itself says of a path comes before the file and before sets: no module takes a path twice.
  byConfiguration = declared (
    if hasImpermanence then
      options.environment.persistence.definitionsWithLocations or [ ]
    else
      options.preservation.preserveAt.definitionsWithLocations or [ ]
  ) (toString ./declarations.nix);

  document =
    if cfg.declarations == null then { } else ebb.persisted.readDeclarations cfg.declarations;
  ofFile = sets.withoutPaths {
    taken = byConfiguration;
    inherit homeOf;
  } (document.persistence or { });

  ofSets = sets.configured {
    inherit config options;
    inherit (cfg) storage;
    inherit (cfg.sets)
      names
      auto
      exclude
      users
      ;
    inherit (cfg.root) ephemeralMounts;
    except =
      byConfiguration
      ++ declared [
        {
          file = null;
          value = ofFile;
        }
      ] "";
  };
  asksForSets = cfg.sets.names != [ ] || cfg.sets.auto;
in
{
  config = lib.mkIf cfg.enable (
    lib.mkMerge [
      { ebb.ignore = document.ignore or [ ]; }
      (lib.optionalAttrs hasImpermanence {
        environment.persistence = lib.mkMerge [
          ofFile
          (lib.mkIf asksForSets { ${cfg.storage} = sets.shapes.impermanence ofSets; })
        ];
      })
      (lib.optionalAttrs (hasPreservation && !hasImpermanence) {
        preservation = {
          enable = lib.mkDefault true;
          preserveAt = lib.mkMerge [
            (lib.mapAttrs (_: ebb.persisted.forPreservation) ofFile)
            (lib.mkIf asksForSets { ${cfg.storage} = sets.shapes.preservation ofSets; })
          ];
        };
      })
    ]
  );
}
