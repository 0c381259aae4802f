# The disk is prepared from an installer, once:
#
#   parted --script /dev/vda mklabel gpt mkpart ESP fat32 1MiB 1GiB set 1 esp on mkpart nixos 1GiB 100%
#   mkfs.fat -F 32 -n BOOT /dev/vda1
#   mkfs.ext4 -L nixos /dev/vda2
#   mount /dev/vda2 /mnt
#   mkdir /mnt/@root /mnt/@nix /mnt/@persist /mnt/@snapshots
#   umount /mnt
#   mount -o X-mount.subdir=@root /dev/vda2 /mnt
#   mkdir /mnt/boot /mnt/nix /mnt/persist
#   mount /dev/vda1 /mnt/boot
#   mount -o X-mount.subdir=@nix /dev/vda2 /mnt/nix
#   mount -o X-mount.subdir=@persist /dev/vda2 /mnt/persist
{
  ebb.root = {
    filesystem = "directory";
    type = "ext4";
    device = "/dev/disk/by-label/nixos";
  };
}
