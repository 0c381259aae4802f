# Machines that boot, for `nix flake check`: name → a test as `testers.runNixOSTest` takes it. `ebb` is the module.
# They need KVM and a binary cache; docs/reference/nixos-checks.md says where they have run.
{ ebb }:

let
  test = file: import file { inherit ebb; };
in
{
  bcachefs = test ./bcachefs.nix;
  btrfs = test ./btrfs.nix;
  directory = test ./directory.nix;
  luks = test ./luks.nix;
  power-cut = test ./power-cut.nix;
  tmpfs = test ./tmpfs.nix;
}
