# The part of nixpkgs' `lib` that ebb's module needs, for machines that have no nixpkgs: the same names and the same
# results (minimal-lib.test.ts compares the two), an implementation of its own.
let
  areas = {
    trivial = import ./trivial.nix lib;
    lists = import ./lists.nix lib;
    attrsets = import ./attrsets.nix lib;
    strings = import ./strings.nix lib;
    options = import ./options.nix lib // import ./option-reference.nix lib;
    modules = import ./properties.nix lib // import ./modules.nix lib;
    types =
      import ./scalar-types.nix lib
      // import ./composed-types.nix lib
      // import ./submodule-types.nix lib;
  };
  everything = builtins.foldl' (known: area: known // area) (import ./values.nix lib) [
    areas.trivial
    areas.lists
    areas.attrsets
    areas.strings
    areas.options
    areas.modules
  ];
  # What the parts of this implementation see.
  lib = everything // import ./internal.nix lib // areas // { inherit public; };
  # What modules see. Upstream has the others below `lib.strings`, `lib.options` and `lib.modules` alone.
  public =
    builtins.removeAttrs everything [
      "charToInt"
      "defaultOrderPriority"
      "defaultOverridePriority"
      "escapeC"
      "escapeNixIdentifier"
      "escapeNixString"
      "filterOverrides'"
      "importApply"
      "showDefs"
    ]
    // {
      inherit (lib) mkOptionType;
    }
    // areas;
in
public
