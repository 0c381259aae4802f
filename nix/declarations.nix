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

  document = if cfg.declarations == null then { } else ebb.persisted.readDeclarations cfg.declarations;

  # { STORAGE = { directories; files; users; }; } in the form of environment.persistence, one for each source.
  added = [ (document.persistence or { }) ];

  hasImpermanence = options ? environment.persistence;
  hasPreservation = options ? preservation.preserveAt;
in
{
  config = lib.mkIf cfg.enable (
    lib.mkMerge [
      { ebb.ignore = document.ignore or [ ]; }
      (lib.optionalAttrs hasImpermanence { environment.persistence = lib.mkMerge added; })
      (lib.optionalAttrs (hasPreservation && !hasImpermanence) {
        preservation = {
          enable = lib.mkDefault true;
          preserveAt = lib.mkMerge (map (lib.mapAttrs (_: ebb.persisted.forPreservation)) added);
        };
      })
    ]
  );
}
