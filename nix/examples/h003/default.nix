# h003, the router: AdGuard Home answers names, dnsmasq gives addresses. All of the disk is one LUKS volume, /boot
# included.
#
# The key file. GRUB asks for the passphrase, to read kernel and initrd from /boot; so that the initrd does not ask
# again, it has a key of its own, /boot/keyfile_nvme0n1p1. Whoever has that file opens the disk, and without it each
# boot asks twice:
#
#   - At rest LUKS protects it. The file lies in storage (@persist), its copy within each initrd in /boot (@boot):
#     both are in the volume that it opens, and nothing outside of it has a key. With a /boot that is not encrypted,
#     leave the key file out: an initrd that anybody can read would have it.
#   - On the running machine its mode does: `chmod 400 /persist/boot/keyfile_nvme0n1p1`. It is not in the store, which
#     everybody may read.
#   - No reset takes it: storage and /boot are parts of the disk beside @root. It is declared all the same, so that it
#     lies with all else that must not be lost, where backups take it from.
#   - A key file that lies in /boot itself is moved to /persist/boot first: nothing is mounted over a file that has
#     something in it.
#   - No disk keeps it for ever: a copy belongs into the vault of another machine, as does the passphrase.
#
# Made once: `cryptsetup luksFormat --pbkdf pbkdf2` (GRUB knows no Argon2), `cryptsetup luksAddKey` with the key file,
# and in the volume a btrfs with the subvolumes @root, @nix, @persist, @snapshots and @boot.
{ config, ... }:

let
  keyFile = "/boot/keyfile_nvme0n1p1";
  wan = "enp1s0";
  lan = "enp2s0";
  address = "10.12.14.1";
in
{
  imports = [ ../server.nix ];

  networking.hostName = "h003";
  nixpkgs.hostPlatform = "x86_64-linux";
  system.stateVersion = "25.11";

  boot = {
    loader.grub = {
      device = "/dev/disk/by-id/nvme-WDC_PC_SN530_SDBPNPZ-256G_21312W400003";
      enableCryptodisk = true;
    };
    initrd = {
      availableKernelModules = [
        "nvme"
        "xhci_pci"
      ];
      luks.devices.cryptroot = {
        device = "/dev/disk/by-id/nvme-WDC_PC_SN530_SDBPNPZ-256G_21312W400003-part1";
        inherit keyFile;
        allowDiscards = true;
      };
      # Where the boot loader takes it from when it is installed: storage, which is mounted whatever became of the
      # root.
      secrets.${keyFile} = config.ebb.storage + keyFile;
    };
  };

  # The reset waits for the unlocking, which is known from the device's name.
  ebb.root = {
    filesystem = "btrfs";
    device = "/dev/mapper/cryptroot";
    options = [
      "compress=zstd"
      "noatime"
    ];
  };

  fileSystems."/boot" = {
    device = "/dev/mapper/cryptroot";
    fsType = "btrfs";
    options = [ "subvol=@boot" ];
    # The key file is put in place when the system is set up. A /boot that is mounted after that would hide it.
    neededForBoot = true;
  };

  ebb.sets = [
    "adguardhome"
    "dnsmasq"
  ];
  environment.persistence."/persist".files = [ keyFile ];
  ebb.check.atShutdown = "block";

  networking = {
    networkmanager.unmanaged = [ "interface-name:${lan}" ];
    interfaces.${lan}.ipv4.addresses = [
      {
        inherit address;
        prefixLength = 24;
      }
    ];
    nat = {
      enable = true;
      externalInterface = wan;
      internalInterfaces = [ lan ];
    };
    firewall.interfaces.${lan} = {
      allowedTCPPorts = [
        53
        3000
      ];
      allowedUDPPorts = [
        53
        67
      ];
    };
  };

  services.adguardhome = {
    enable = true;
    mutableSettings = true;
    settings.dns = {
      bind_hosts = [
        "127.0.0.1"
        address
      ];
      bootstrap_dns = [ "9.9.9.9" ];
    };
  };
  services.dnsmasq = {
    enable = true;
    resolveLocalQueries = false;
    settings = {
      # Addresses only: names are AdGuard Home's.
      port = 0;
      interface = lan;
      dhcp-range = [ "10.12.14.100,10.12.14.250,24h" ];
      dhcp-option = [
        "option:router,${address}"
        "option:dns-server,${address}"
      ];
    };
  };
}
