# The disk is prepared from an installer, once. The installation itself needs a root, too, which is in memory from then
# on:
#
#   parted --script /dev/vda mklabel gpt mkpart ESP fat32 1MiB 1GiB set 1 esp on mkpart nixos 1GiB 100%
#   mkfs.fat -F 32 -n BOOT /dev/vda1
#   mkfs.ext4 -L nixos /dev/vda2
#   mount -t tmpfs -o mode=755 none /mnt
#   mkdir /mnt/boot /mnt/nix /mnt/persist /tmp/top-level
#   mount /dev/vda2 /tmp/top-level
#   mkdir /tmp/top-level/@nix /tmp/top-level/@persist
#   umount /tmp/top-level
#   mount /dev/vda1 /mnt/boot
#   mount -o X-mount.subdir=@nix /dev/vda2 /mnt/nix
#   mount -o X-mount.subdir=@persist /dev/vda2 /mnt/persist
{
  ebb.root = {
    filesystem = "tmpfs";
    size = "2G";
    # What has the store and persistent storage. What the root would lose is captured there, as old roots.
    type = "ext4";
    device = "/dev/disk/by-label/nixos";
  };
}
