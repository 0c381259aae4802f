# o001, the gateway: vaultwarden with its database, and fail2ban. A root on btrfs.
{ config, ... }:

{
  imports = [ ../server.nix ];

  networking.hostName = "o001";
  nixpkgs.hostPlatform = "aarch64-linux";
  # From 24.11 on vaultwarden keeps its data in /var/lib/vaultwarden. A machine that was installed before has it in
  # /var/lib/bitwarden_rs: whoever raises this number without moving the directory has an empty vault.
  system.stateVersion = "25.11";

  boot.loader.systemd-boot.enable = true;
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
    # Passwords of others are here: rather no boot than one with a root that may be anything.
    onFailure = "halt";
  };

  fileSystems."/boot" = {
    device = "/dev/disk/by-label/ESP";
    fsType = "vfat";
    options = [ "umask=0077" ];
  };

  ebb.sets = {
    names = [
      "vaultwarden"
      "postgresql"
      "fail2ban"
    ];
    # Where older machines have the vault, and where dumps of databases are that this one does not make.
    exclude = [
      "/var/lib/bitwarden_rs"
      "/var/backup/postgresql"
    ];
  };
  # A reboot that would lose something waits until it is seen to.
  ebb.check.atShutdown = "block";

  services.vaultwarden = {
    enable = true;
    dbBackend = "postgresql";
    config = {
      DOMAIN = "https://vault.example.org";
      SIGNUPS_ALLOWED = false;
      ROCKET_ADDRESS = "127.0.0.1";
      ROCKET_PORT = 8222;
      DATABASE_URL = "postgresql:///vaultwarden?host=/run/postgresql";
    };
    # ADMIN_TOKEN=… and the like: it lies in storage itself, and needs no declaration.
    environmentFile = "/persist/secrets/vaultwarden.env";
  };
  services.postgresql = {
    enable = true;
    ensureDatabases = [ "vaultwarden" ];
    ensureUsers = [
      {
        name = "vaultwarden";
        ensureDBOwnership = true;
      }
    ];
  };
  services.fail2ban.enable = true;
  services.nginx = {
    enable = true;
    virtualHosts."vault.example.org" = {
      enableACME = true;
      forceSSL = true;
      locations."/" = {
        proxyPass = "http://127.0.0.1:${toString config.services.vaultwarden.config.ROCKET_PORT}";
        proxyWebsockets = true;
      };
    };
  };
  networking.firewall.allowedTCPPorts = [
    80
    443
  ];
}
