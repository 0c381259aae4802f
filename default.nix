# Without flakes: ebb as a package. The module is nix/module.nix.
{
  pkgs ? import <nixpkgs> { },
}:
pkgs.callPackage ./nix/package.nix { }
