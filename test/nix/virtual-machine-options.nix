# Options of nixpkgs' virtual machines, as far as nix/tests sets them, and what of ebb's concern such a machine is given
# (nixpkgs: nixos/modules/virtualisation/qemu-vm.nix, nixos/modules/testing/test-instrumentation.nix).
{ lib, ... }:

let
  inherit (lib) mkOption types;
  option = type: default: mkOption { inherit type default; };
in
{
  options.virtualisation = {
    memorySize = option types.ints.positive 1024;
    diskImage = option (types.nullOr types.str) "./machine.qcow2";
    emptyDiskImages = option (types.listOf types.ints.positive) [ ];
    useDefaultFilesystems = option types.bool true;
    fileSystems = option (types.attrsOf types.anything) { };
  };
  config = {
    # Also where the machine boots without it.
    boot.loader.grub.device = lib.mkOverride 10 "/dev/disk/by-id/virtio-root";
    boot.initrd.luks.devices = lib.mkDefault { };
    swapDevices = lib.mkDefault [ ];
    users.users.root.hashedPasswordFile = lib.mkOverride 150 "/nix/store/eeeeeeeeeeeeeeeeeeeeeeeeeeeeeeee-hashed-password.root";
  };
}
