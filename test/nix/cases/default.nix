# All cases with a lib: { AREA.GROUP.NAME = { value = …; } or "fails"; }.
{ lib }:
let
  decided =
    value:
    let
      result = builtins.tryEval (builtins.deepSeq value value);
    in
    if result.success then { inherit (result) value; } else "fails";
  area = file: builtins.mapAttrs (_: group) (import file lib);
  group =
    cases:
    if builtins.isAttrs cases && !(cases ? success) then
      builtins.mapAttrs (_: decided) cases
    else
      decided cases;
in
{
  definitions = area ./definitions.nix;
  functions = area ./functions.nix;
  reference = area ./reference.nix;
  types = area ./types.nix;
}
