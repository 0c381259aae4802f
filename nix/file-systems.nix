# The root and what outlives it, of one device. Everything is mounted early: the store, and what is kept, before the system
# is set up.
{ config, lib, ... }:

let
  cfg = config.ebb;
  ebb = import ./lib.nix { inherit lib; };
  inherit (cfg.root) filesystem;
  devices = ebb.deviceList cfg.root.device;
  fsType = if filesystem == "btrfs" || filesystem == "bcachefs" then filesystem else cfg.root.type;

  # A part of the device, by its name at the top level. Only one mount of a device may have it checked.
  part = name: {
    device = lib.concatStringsSep ":" devices;
    inherit fsType;
    options = [
      (if fsType == "btrfs" then "subvol=${name}" else "X-mount.subdir=${name}")
    ]
    ++ cfg.root.options;
  };
  early = {
    neededForBoot = true;
    noCheck = true;
  };
in
{
  config = lib.mkIf (cfg.enable && cfg.root.fileSystems && filesystem != null) {
    fileSystems = lib.mkMerge [
      (lib.mkIf (filesystem != "tmpfs") {
        "/" = part cfg.root.subvolume;
        # There is none before the first reset.
        "/.snapshots" = lib.mkMerge [
          (part cfg.root.snapshots)
          {
            options = [ "nofail" ];
            noCheck = true;
          }
        ];
      })
      (lib.mkIf (filesystem == "tmpfs") {
        "/" = {
          device = "none";
          fsType = "tmpfs";
          options = [
            "size=${cfg.root.size}"
            "mode=755"
          ];
        };
      })
      (lib.mkIf (devices != [ ]) {
        "/nix" = part cfg.root.nix // early;
        ${cfg.storage} = part cfg.root.persist // early;
      })
    ];
  };
}
