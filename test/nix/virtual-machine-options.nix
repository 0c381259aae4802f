# Options of nixpkgs' virtual machines, as far as nix/tests sets them (nixpkgs:
# nixos/modules/virtualisation/qemu-vm.nix).
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
}
