# What `npm test` takes, and formats what is Nix. Node and biome of npm's packages are linked for other distributions:
# scripts/with-node.sh takes this Node, and biome starts the one that BIOME_BINARY names.
{ pkgs }:

pkgs.mkShell {
  packages = [
    pkgs.nodejs_24
    pkgs.nix
    pkgs.nixfmt-tree
    pkgs.shellcheck
    pkgs.btrfs-progs
    pkgs.e2fsprogs
    pkgs.xfsprogs
  ];
  BIOME_BINARY = pkgs.lib.getExe pkgs.biome;
}
