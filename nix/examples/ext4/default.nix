# A root that is a directory on ext4, or any other filesystem: it needs no subvolumes. What is the user's own is
# declared by home-manager. This file stands alone.
#
# Made once:
#
#   mkfs.ext4 -L nixos /dev/disk/by-partlabel/nixos && mount /dev/disk/by-label/nixos /mnt
#   mkdir /mnt/@root /mnt/@nix /mnt/@persist /mnt/@snapshots
#   umount /mnt
#
# and each is mounted for the installation: `mount -o X-mount.subdir=@root /dev/disk/by-label/nixos /mnt`.
{
  networking.hostName = "ext4";
  nixpkgs.hostPlatform = "x86_64-linux";
  system.stateVersion = "25.11";

  boot = {
    loader.systemd-boot.enable = true;
    loader.efi.canTouchEfiVariables = true;
    initrd.systemd.enable = true;
    initrd.availableKernelModules = [
      "ahci"
      "sd_mod"
      "xhci_pci"
    ];
  };

  ebb = {
    enable = true;
    root = {
      filesystem = "directory";
      device = "/dev/disk/by-label/nixos";
      # xfs, f2fs: whatever mount(8) calls it.
      type = "ext4";
    };
  };

  fileSystems."/boot" = {
    device = "/dev/disk/by-partlabel/ESP";
    fsType = "vfat";
    options = [ "umask=0077" ];
  };

  environment.persistence."/persist" = {
    hideMounts = true;
    directories = [
      "/var/log"
      "/var/lib/bluetooth"
      "/var/lib/nixos"
      "/var/lib/systemd"
      "/etc/NetworkManager/system-connections"
    ];
    files = [ "/etc/machine-id" ];
  };
  # Host keys need no declaration where sshd is told that they are in storage.
  services.openssh = {
    enable = true;
    hostKeys = [
      {
        type = "ed25519";
        path = "/persist/etc/ssh/ssh_host_ed25519_key";
      }
    ];
  };

  home-manager.users.josh = {
    home.stateVersion = "25.11";
    home.persistence."/persist" = {
      directories = [
        {
          directory = ".ssh";
          mode = "0700";
        }
        "projects"
        ".mozilla"
        ".local/share/keyrings"
      ];
      files = [ ".bash_history" ];
    };
  };

  users.mutableUsers = false;
  users.users.josh = {
    isNormalUser = true;
    extraGroups = [
      "networkmanager"
      "wheel"
    ];
    hashedPasswordFile = "/persist/passwords/josh";
  };
  networking.networkmanager.enable = true;
  hardware.bluetooth.enable = true;
}
