# All cases with a lib, by file, group and name: { value = …; } or "fails".
{ lib }:
let
  decided =
    value:
    let
      result = builtins.tryEval (builtins.deepSeq value value);
    in
    if result.success then { inherit (result) value; } else "fails";
  cases = builtins.mapAttrs (_: decided);
  group = value: if builtins.isAttrs value then cases value else decided value;

  of = file: import (./. + "/${file}.nix") lib;
  each =
    judge: files:
    builtins.listToAttrs (
      map (name: {
        inherit name;
        value = builtins.mapAttrs (_: judge) (of name);
      }) files
    );
in
each decided [
  "attrsets"
  "lists"
  "strings"
  "trivial"
]
// each group [
  "declarations"
  "definitions"
  "reference"
  "types"
]
