# `systemd.tmpfiles.settings`: file, path, and by the type of the line.
lib:
let
  inherit (import ./declare.nix lib) option types;
in
types.attrsOf (
  types.attrsOf (
    types.attrsOf (
      types.submodule (
        { name, ... }:
        {
          options = {
            type = option types.str name;
            mode = option types.str "-";
            user = option types.str "-";
            group = option types.str "-";
            age = option types.str "-";
            argument = option types.str "";
          };
        }
      )
    )
  )
)
