# What nix-community/disko makes of `disko.devices` for the system that boots: `fileSystems`, by lib/types/*.nix of
# 2026-03. Of a partition with a table of its own, a filesystem, btrfs or LUKS; of bcachefs; of what has no device.
{ config, lib, ... }:

let
  inherit (config.disko) devices;

  mount = device: fsType: options: {
    inherit device fsType options;
  };

  ofContent =
    device: content:
    if content.type == "filesystem" then
      lib.optionalAttrs (content ? mountpoint) {
        ${content.mountpoint} = mount device content.format (content.mountOptions or [ "defaults" ]);
      }
    else if content.type == "btrfs" then
      lib.mapAttrs' (
        name: subvolume:
        lib.nameValuePair subvolume.mountpoint (
          mount device "btrfs" ((subvolume.mountOptions or [ "defaults" ]) ++ [ "subvol=${name}" ])
        )
      ) (lib.filterAttrs (_: subvolume: subvolume ? mountpoint) content.subvolumes)
    else if content.type == "luks" then
      ofContent "/dev/mapper/${content.name}" content.content
    else if content.type == "bcachefs" then
      { }
    else
      throw "stub-disko.nix: ${content.type}";

  ofDisk =
    disk:
    { content, ... }:
    lib.concatMapAttrs (
      partition: { content, ... }: ofContent "/dev/disk/by-partlabel/disk-${disk}-${partition}" content
    ) content.partitions;

  ofBcachefs =
    name: filesystem:
    lib.mapAttrs' (
      subvolume:
      {
        mountpoint,
        mountOptions ? [ ],
        ...
      }:
      lib.nameValuePair mountpoint (
        mount "/dev/disk/by-uuid/${name}" "bcachefs" (
          [
            "X-mount.mkdir"
            "X-mount.subdir=${subvolume}"
          ]
          ++ mountOptions
        )
        // {
          neededForBoot = true;
        }
      )
    ) filesystem.subvolumes;

  ofNodev =
    nodev:
    mount (nodev.device or (if nodev.fsType == "tmpfs" then "tmpfs" else "none")) nodev.fsType (
      nodev.mountOptions or [ "defaults" ]
    );
in
{
  options.disko.devices = lib.mkOption {
    type = lib.types.anything;
    default = { };
  };

  config.fileSystems =
    lib.concatMapAttrs ofDisk (devices.disk or { })
    // lib.concatMapAttrs ofBcachefs (devices.bcachefs_filesystems or { })
    // lib.mapAttrs (_: ofNodev) (devices.nodev or { });
}
