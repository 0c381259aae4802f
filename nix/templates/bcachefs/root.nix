# The disks are prepared from an installer, once; this is a filesystem of two devices that keeps everything twice:
#
#   parted --script /dev/vda mklabel gpt mkpart ESP fat32 1MiB 1GiB set 1 esp on mkpart pool1 1GiB 100%
#   parted --script /dev/vdb mklabel gpt mkpart pool2 1MiB 100%
#   mkfs.fat -F 32 -n BOOT /dev/vda1
#   bcachefs format --replicas=2 --uuid=UUID /dev/vda2 /dev/vdb1     with one of your own, from uuidgen
#   mount -t bcachefs /dev/vda2:/dev/vdb1 /mnt
#   for name in @root @nix @persist @snapshots; do bcachefs subvolume create /mnt/$name; done
#   umount /mnt
#   mount -t bcachefs -o X-mount.subdir=@root /dev/vda2:/dev/vdb1 /mnt
#   mkdir /mnt/boot /mnt/nix /mnt/persist
#   mount /dev/vda1 /mnt/boot
#   mount -t bcachefs -o X-mount.subdir=@nix /dev/vda2:/dev/vdb1 /mnt/nix
#   mount -t bcachefs -o X-mount.subdir=@persist /dev/vda2:/dev/vdb1 /mnt/persist
{
  ebb.root = {
    filesystem = "bcachefs";
    device = [
      "/dev/disk/by-partlabel/pool1"
      "/dev/disk/by-partlabel/pool2"
    ];
    uuid = "5e2c9a5e-7c0a-4d54-9a4f-0c6f5f0b8e11";
  };
}
