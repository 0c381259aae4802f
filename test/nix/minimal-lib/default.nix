# The part of nixpkgs' `lib` that ebb's module needs, for machines that have no nixpkgs: the same names and the same
# results (test/nix/minimal-lib.test.ts compares the two), an implementation of its own.
let
  parts = [
    (import ./trivial.nix)
    (import ./lists.nix)
    (import ./attrsets.nix)
    (import ./strings.nix)
    (import ./properties.nix)
    (import ./options.nix)
    (import ./option-reference.nix)
    (import ./modules.nix)
  ];
  lib = builtins.foldl' (known: part: known // part lib) { } parts // {
    types =
      import ./scalar-types.nix lib // import ./composed-types.nix lib // import ./submodule-types.nix lib;
    # Where upstream keeps them too: `lib.strings.…` and the like are written in modules.
    trivial = lib;
    lists = lib;
    attrsets = lib;
    strings = lib;
    options = lib;
    modules = lib;
    isMinimal = true;
  };
in
lib
