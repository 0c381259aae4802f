# The machine, whatever its root lies on. Before the installation, which is
# `nixos-install --flake .#machine --no-root-password`, see root.nix.
{
  nixpkgs.hostPlatform = "x86_64-linux";
  networking.hostName = "machine";
  system.stateVersion = "25.11";

  boot = {
    loader.systemd-boot.enable = true;
    loader.efi.canTouchEfiVariables = true;
    initrd.systemd.enable = true;
    # What this machine's disks need: nixos-generate-config knows.
    initrd.availableKernelModules = [
      "ahci"
      "nvme"
      "virtio_pci"
      "virtio_blk"
      "xhci_pci"
    ];
  };

  fileSystems."/boot" = {
    device = "/dev/disk/by-label/BOOT";
    fsType = "vfat";
    options = [ "umask=0077" ];
  };

  ebb = {
    enable = true;
    # What most servers need to keep. There is one for most services, by its name.
    sets = [ "server-minimal" ];
  };

  services.openssh.enable = true;

  # A password that passwd(1) sets would be gone with the next boot. Before the installation:
  #   install -d -m 700 /mnt/persist/passwords; mkpasswd >/mnt/persist/passwords/alice
  users.mutableUsers = false;
  users.users.alice = {
    isNormalUser = true;
    extraGroups = [ "wheel" ];
    hashedPasswordFile = "/persist/passwords/alice";
  };

  # Beside the sets, as without ebb.
  environment.persistence."/persist" = {
    hideMounts = true;
    users.alice.directories = [
      {
        directory = ".ssh";
        mode = "0700";
      }
      "projects"
    ];
  };
}
