# l001, a virtual server: headscale. A root on btrfs.
#
# Made once: a partition for /boot, and the rest as btrfs.
#
#   mkfs.ext4 -L boot /dev/sda1 && mkfs.btrfs -L nixos /dev/sda2
#   mount /dev/disk/by-label/nixos /mnt
#   for name in @root @nix @persist @snapshots; do btrfs subvolume create /mnt/$name; done
#   umount /mnt
{ config, ... }:

{
  imports = [ ../server.nix ];

  networking.hostName = "l001";
  nixpkgs.hostPlatform = "x86_64-linux";
  system.stateVersion = "25.11";

  boot.loader.grub.device = "/dev/disk/by-id/scsi-0QEMU_QEMU_HARDDISK_drive-scsi-disk-0";
  boot.initrd.availableKernelModules = [
    "sd_mod"
    "virtio_pci"
    "virtio_scsi"
  ];

  ebb.root = {
    filesystem = "btrfs";
    device = "/dev/disk/by-label/nixos";
    options = [
      "compress=zstd"
      "noatime"
    ];
  };

  # Kernels and GRUB's menu: a filesystem of its own, that no reset touches.
  fileSystems."/boot" = {
    device = "/dev/disk/by-label/boot";
    fsType = "ext4";
  };

  ebb.sets = [ "headscale" ];

  services.headscale = {
    enable = true;
    settings = {
      server_url = "https://headscale.example.org";
      dns.base_domain = "tailnet.example.org";
      dns.nameservers.global = [ "9.9.9.9" ];
    };
  };
  services.nginx = {
    enable = true;
    virtualHosts."headscale.example.org" = {
      enableACME = true;
      forceSSL = true;
      locations."/" = {
        proxyPass = "http://127.0.0.1:${toString config.services.headscale.port}";
        proxyWebsockets = true;
      };
    };
  };
  networking.firewall.allowedTCPPorts = [
    80
    443
  ];
}
