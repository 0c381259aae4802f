# Short forms of declarations, for files that consist of them.
lib:
let
  inherit (lib) mkOption types;
in
{
  inherit types;
  # An option with a default, and one that has none.
  option = type: default: mkOption { inherit type default; };
  required = type: mkOption { inherit type; };
  computed = mkOption { type = types.unspecified; };
  flag = mkOption {
    type = types.bool;
    default = false;
  };
  flagOn = mkOption {
    type = types.bool;
    default = true;
  };
  text = mkOption {
    type = types.lines;
    default = "";
  };
  strings = mkOption {
    type = types.listOf types.str;
    default = [ ];
  };
  packages = mkOption {
    type = types.listOf types.package;
    default = [ ];
  };
  submodules =
    modules:
    mkOption {
      type = types.attrsOf (types.submodule modules);
      default = { };
    };

  # A set of truths, or a list of the names that are true.
  namesOrTruths = types.coercedTo (types.listOf types.str) (names: lib.genAttrs names (_: true)) (
    types.attrsOf types.bool
  );
}
