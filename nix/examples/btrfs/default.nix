# A root on btrfs in LUKS, with hibernation; persisted paths by preservation instead of impermanence. This file stands
# alone.
#
# Made once, in the opened volume:
#
#   mkfs.btrfs -L nixos /dev/mapper/root && mount /dev/mapper/root /mnt
#   for name in @root @nix @persist @snapshots; do btrfs subvolume create /mnt/$name; done
#   umount /mnt
{
  networking.hostName = "btrfs";
  nixpkgs.hostPlatform = "x86_64-linux";
  system.stateVersion = "25.11";

  boot = {
    loader.systemd-boot.enable = true;
    loader.efi.canTouchEfiVariables = true;
    # preservation works with this one only.
    initrd.systemd.enable = true;
    initrd.availableKernelModules = [
      "nvme"
      "xhci_pci"
    ];
    initrd.luks.devices = {
      root.device = "/dev/disk/by-partlabel/root";
      swap.device = "/dev/disk/by-partlabel/swap";
    };
    # A machine that was put to disk resumes before the reset, and the reset leaves its root alone.
    resumeDevice = "/dev/mapper/swap";
  };
  swapDevices = [ { device = "/dev/mapper/swap"; } ];

  ebb = {
    enable = true;
    root = {
      filesystem = "btrfs";
      device = "/dev/mapper/root";
      options = [
        "compress=zstd"
        "noatime"
      ];
    };
    # Goes to `preservation.preserveAt."/persist"`, early in the boot where it has to be.
    sets = [ "server-minimal" ];
  };

  fileSystems."/boot" = {
    device = "/dev/disk/by-partlabel/ESP";
    fsType = "vfat";
    options = [ "umask=0077" ];
  };

  preservation = {
    enable = true;
    preserveAt."/persist".users.josh = {
      commonMountOptions = [ "x-gvfs-hide" ];
      directories = [
        {
          directory = ".ssh";
          mode = "0700";
        }
        "projects"
      ];
    };
  };

  users.mutableUsers = false;
  users.users.josh = {
    isNormalUser = true;
    extraGroups = [ "wheel" ];
    hashedPasswordFile = "/persist/passwords/josh";
  };
  services.openssh.enable = true;
}
