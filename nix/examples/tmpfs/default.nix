# A root in memory, for a virtual server with a small disk and memory to spare. The store and what is kept are two
# directories of one ext4. This file stands alone.
#
# Made once: `mkfs.ext4 -L nixos /dev/vda2`, and `mkdir @nix @persist` in it.
#
# Memory keeps no old roots. What a reboot would lose is captured into storage each quarter of an hour and at
# shutdown: `ebb ls`, `ebb diff --against` and `ebb restore` work on these captures.
{
  networking.hostName = "tmpfs";
  nixpkgs.hostPlatform = "x86_64-linux";
  system.stateVersion = "25.11";

  boot = {
    loader.grub.device = "/dev/disk/by-path/pci-0000:00:04.0";
    initrd.systemd.enable = true;
    initrd.availableKernelModules = [
      "virtio_blk"
      "virtio_pci"
    ];
  };

  ebb = {
    enable = true;
    root = {
      filesystem = "tmpfs";
      size = "2G";
      # Of `/nix` and `/persist`.
      device = "/dev/disk/by-label/nixos";
      type = "ext4";
    };
    capture.interval = "15min";
    sets = [ "server-minimal" ];
  };
  environment.persistence."/persist".hideMounts = true;

  fileSystems."/boot" = {
    device = "/dev/disk/by-label/boot";
    fsType = "ext4";
  };

  users.mutableUsers = false;
  users.users.josh = {
    isNormalUser = true;
    extraGroups = [ "wheel" ];
    hashedPasswordFile = "/persist/passwords/josh";
  };
  services.openssh.enable = true;
  services.tailscale.enable = true;
  networking.networkmanager.enable = true;
}
