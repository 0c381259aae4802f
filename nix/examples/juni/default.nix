# juni, a desktop: bcachefs over five devices, two copies of everything.
#
# Made once, from the installer, with the UUID that is told below:
#
#   cd /dev/disk/by-id
#   bcachefs format --replicas=2 --uuid=5e2c9a5e-7c0a-4d54-9a4f-0c6f5f0b8e11 \
#     --label=ssd.1 nvme-Samsung_SSD_990_PRO_2TB_S7KHNX0W100001-part2 \
#     --label=ssd.2 nvme-Samsung_SSD_990_PRO_2TB_S7KHNX0W100002 \
#     --label=hdd.1 ata-ST8000VN004-3CP101_WRQ00001 \
#     --label=hdd.2 ata-ST8000VN004-3CP101_WRQ00002 \
#     --label=hdd.3 ata-ST8000VN004-3CP101_WRQ00003 \
#     --foreground_target=ssd --promote_target=ssd --background_target=hdd
#   mount -t bcachefs UUID=5e2c9a5e-7c0a-4d54-9a4f-0c6f5f0b8e11 /mnt
#   for name in @root @nix @persist @snapshots; do bcachefs subvolume create /mnt/$name; done
#   umount /mnt
#
# Each part is mounted for the installation as it will be later, @root at /mnt first:
#
#   mount -t bcachefs -o X-mount.mkdir,X-mount.subdir=@nix UUID=5e2c9a5e-7c0a-4d54-9a4f-0c6f5f0b8e11 /mnt/nix
{
  imports = [ ../shared.nix ];

  networking.hostName = "juni";
  nixpkgs.hostPlatform = "x86_64-linux";
  system.stateVersion = "25.11";

  boot = {
    loader.systemd-boot.enable = true;
    loader.efi.canTouchEfiVariables = true;
    initrd.availableKernelModules = [
      "ahci"
      "nvme"
      "sd_mod"
      "usbhid"
      "xhci_pci"
    ];
    kernelModules = [ "kvm-amd" ];
  };
  hardware.enableRedistributableFirmware = true;
  hardware.cpu.amd.updateMicrocode = true;

  ebb.root = {
    filesystem = "bcachefs";
    # All are waited for before the reset.
    device = [
      "/dev/disk/by-id/nvme-Samsung_SSD_990_PRO_2TB_S7KHNX0W100001-part2"
      "/dev/disk/by-id/nvme-Samsung_SSD_990_PRO_2TB_S7KHNX0W100002"
      "/dev/disk/by-id/ata-ST8000VN004-3CP101_WRQ00001"
      "/dev/disk/by-id/ata-ST8000VN004-3CP101_WRQ00002"
      "/dev/disk/by-id/ata-ST8000VN004-3CP101_WRQ00003"
    ];
    # What they are mounted by: one of them may be missing.
    uuid = "5e2c9a5e-7c0a-4d54-9a4f-0c6f5f0b8e11";
    # With two copies the machine boots without one of the devices, a minute and a half later.
    options = [ "degraded" ];
  };

  fileSystems."/boot" = {
    device = "/dev/disk/by-id/nvme-Samsung_SSD_990_PRO_2TB_S7KHNX0W100001-part1";
    fsType = "vfat";
    options = [ "umask=0077" ];
  };

  environment.persistence."/persist" = {
    directories = [
      "/var/log"
      "/var/lib/nixos"
      "/var/lib/systemd"
      "/var/lib/tailscale"
      "/var/lib/flatpak"
      "/etc/NetworkManager/system-connections"
    ];
    files = [
      "/etc/machine-id"
      "/etc/ssh/ssh_host_ed25519_key"
      "/etc/ssh/ssh_host_ed25519_key.pub"
      "/etc/ssh/ssh_host_rsa_key"
      "/etc/ssh/ssh_host_rsa_key.pub"
    ];
    users.josh.directories = [
      {
        directory = ".ssh";
        mode = "0700";
      }
      {
        directory = ".gnupg";
        mode = "0700";
      }
      "projects"
      ".config"
      ".local/share"
    ];
  };

  # Who writes what is noted, for `ebb why`: on a desktop that is hard to tell afterwards.
  ebb.watch.enable = true;

  users.users.josh.extraGroups = [ "networkmanager" ];
  networking.networkmanager.enable = true;
  services.tailscale.enable = true;
  services.flatpak.enable = true;
  services.displayManager.sddm.enable = true;
  services.displayManager.sddm.wayland.enable = true;
  services.desktopManager.plasma6.enable = true;
}
