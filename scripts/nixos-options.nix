# The options of nix/options.nix as data, for docs/reference/nixos-options.md. lib: nixpkgs', or test/nix/minimal-lib.
{ lib }:

let
  evaluated = lib.evalModules {
    modules = [
      ../nix/options.nix
      # No default that is shown is computed from it.
      { _module.args.pkgs = throw "pkgs"; }
    ];
  };
  isPublic = option: option.visible && !option.internal;
in
map (option: {
  inherit (option) name type readOnly;
  description = option.description or null;
  default = option.default.text or null;
  example = option.example.text or null;
}) (builtins.filter isPublic (lib.optionAttrSetToDocList evaluated.options.ebb))
