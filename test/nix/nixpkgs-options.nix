# The options of nixpkgs that ebb's module reads or sets, with upstream's names, types, defaults and derived values, by
# area. Descriptions are left out. Upstream: nixos/modules of NixOS/nixpkgs.
{
  imports = [
    ./nixpkgs/boot.nix
    ./nixpkgs/environment.nix
    ./nixpkgs/file-systems.nix
    ./nixpkgs/initrd.nix
    ./nixpkgs/services.nix
    ./nixpkgs/systemd.nix
    ./nixpkgs/users.nix
  ];
}
