# The root and what outlives it, of one device. Everything is mounted early: the store, and what is kept, before the
# system is set up.
{ config, lib, ... }:

let
  cfg = config.ebb;
  ebb = import ./lib.nix { inherit lib; };
  inherit (cfg.root) filesystem;
  devices = ebb.deviceList cfg.root.device;
  fsType = if filesystem == "btrfs" || filesystem == "bcachefs" then filesystem else cfg.root.type;

  # systemd would wait for one device whose name is the list. Whichever is named, mount.bcachefs finds the others. By a
  # path, which systemd makes of a tag anyway: unlock-bcachefs-*.service of some nixpkgs requires a device by the name
  # that stands here (nixpkgs#317901). Without any an assertion is told, which needs mounts that evaluate.
  device =
    if cfg.root.uuid != null then
      "/dev/disk/by-uuid/${cfg.root.uuid}"
    else if devices == [ ] then
      null
    else if fsType == "bcachefs" then
      ebb.devicePath (builtins.head devices)
    else
      builtins.head devices;

  mount = options: {
    inherit device fsType;
    options = options ++ cfg.root.options;
  };
  subdirectory = name: "X-mount.subdir=${name}";
  # A part of the device, by its name at the top level.
  part = name: mount [ (if fsType == "btrfs" then "subvol=${name}" else subdirectory name) ];
  # Where nobody has made it, the first reset makes it, as a directory, which is none for `subvol=`.
  snapshots =
    mount (
      lib.optional (fsType == "btrfs") "subvolid=5"
      ++ [
        (subdirectory cfg.root.snapshots)
        "nofail"
      ]
    )
    // {
      noCheck = true;
    };
  keepsOldRoots = lib.hasPrefix "${cfg.root.snapshots}/" cfg.root.oldRoots;
  # The check is the root's, which is mounted first: another one would be of a filesystem that is mounted. Without a
  # root on the device the others wait for one check of it.
  early = {
    neededForBoot = true;
    noCheck = filesystem != "tmpfs";
  };
in
{
  config = lib.mkIf (cfg.enable && cfg.root.fileSystems && filesystem != null) {
    fileSystems = lib.mkMerge [
      (lib.mkIf (filesystem != "tmpfs") {
        "/" = part cfg.root.subvolume;
        "/.snapshots" = lib.mkIf keepsOldRoots snapshots;
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
      })
      # Where it cannot be is told by an assertion.
      (lib.mkIf (devices != [ ] && ebb.isPlainPath cfg.storage) {
        ${cfg.storage} = part cfg.root.persist // early;
      })
    ];
  };
}
