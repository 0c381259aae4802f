# The disk is prepared from an installer, once:
#
#   parted --script /dev/vda mklabel gpt mkpart ESP fat32 1MiB 1GiB set 1 esp on mkpart nixos 1GiB 100%
#   mkfs.fat -F 32 -n BOOT /dev/vda1
#   mkfs.btrfs -L nixos /dev/vda2
#   mount /dev/vda2 /mnt
#   for name in @root @nix @persist @snapshots; do btrfs subvolume create /mnt/$name; done
#   umount /mnt
#   mount -o subvol=@root /dev/vda2 /mnt
#   mkdir /mnt/boot /mnt/nix /mnt/persist
#   mount /dev/vda1 /mnt/boot
#   mount -o subvol=@nix /dev/vda2 /mnt/nix
#   mount -o subvol=@persist /dev/vda2 /mnt/persist
{
  ebb.root = {
    filesystem = "btrfs";
    device = "/dev/disk/by-label/nixos";
    options = [ "compress=zstd" ];
  };
}
