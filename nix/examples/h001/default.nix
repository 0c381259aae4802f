# h001, services: some on the host, some in containers of NixOS, most in containers of podman. A root on btrfs.
#
# Of containers is kept what they keep: volumes, and the roots of NixOS containers. Not kept are the layers of images
# (/var/lib/containers/storage/overlay*): podman pulls an image again when it is missing. So after each boot the
# network is needed once. A machine that has to start without it keeps these directories, too, or has its images in
# the store (`imageFile`).
{ lib, ... }:

let
  # The fleet's own mirror of images.
  registry = "registry.example.org";

  # A service from an image, whose data is a directory of the host.
  fromImage =
    {
      image,
      data,
      at,
      port,
      environment ? { },
    }:
    {
      inherit image environment;
      volumes = [ "${data}:${at}" ];
      ports = [ "127.0.0.1:${port}" ];
    };
in
{
  imports = [ ../server.nix ];

  networking.hostName = "h001";
  nixpkgs.hostPlatform = "x86_64-linux";
  system.stateVersion = "25.11";

  boot = {
    loader.systemd-boot.enable = true;
    loader.efi.canTouchEfiVariables = true;
    initrd.availableKernelModules = [
      "nvme"
      "xhci_pci"
    ];
    kernelModules = [ "kvm-intel" ];
  };
  hardware.cpu.intel.updateMicrocode = true;

  ebb.root = {
    filesystem = "btrfs";
    device = "/dev/disk/by-label/nixos";
    options = [
      "compress=zstd"
      "noatime"
    ];
  };

  fileSystems."/boot" = {
    device = "/dev/disk/by-label/ESP";
    fsType = "vfat";
    options = [ "umask=0077" ];
  };

  ebb.sets = [
    "forgejo"
    "opengist"
    "trilium"
    "zitadel"
  ];

  environment.persistence."/persist".directories = [
    "/var/lib/openbao"
    # What unseals openbao. It is no state of any service, and nobody would find it missing before the next restart.
    {
      directory = "/bao-keys";
      mode = "0700";
    }
    # Their sets are of the services of NixOS, which have dynamic users and keep this in /var/lib/private.
    "/var/lib/n8n"
    "/var/lib/open-webui"
    # `nixarr.stateDir`, of the flake of that name.
    "/var/lib/nixarr/state"
    "/var/lib/containers/storage/volumes"
    {
      directory = "/var/lib/nixos-containers";
      mode = "0700";
    }
  ];

  # Who wrote a path that nobody declared is hard to tell among many services.
  ebb.watch.enable = true;
  ebb.metrics.enable = true;

  services.forgejo = {
    enable = true;
    settings.server = {
      DOMAIN = "git.example.org";
      ROOT_URL = "https://git.example.org/";
      HTTP_ADDR = "127.0.0.1";
      HTTP_PORT = 3001;
    };
  };

  # Its database is in the container, and in a directory of the host, where a backup finds it.
  containers.zitadel = {
    autoStart = true;
    bindMounts."/var/lib/postgresql" = {
      hostPath = "/var/lib/zitadel/postgresql";
      isReadOnly = false;
    };
    bindMounts."/var/lib/zitadel" = {
      hostPath = "/var/lib/zitadel/data";
      isReadOnly = false;
    };
    config = {
      services.zitadel = {
        enable = true;
        masterKeyFile = "/var/lib/zitadel/masterkey";
        settings = {
          ExternalDomain = "sso.example.org";
          Port = 8090;
          Database.postgres =
            let
              user = {
                Username = "zitadel";
                SSL.Mode = "disable";
              };
            in
            {
              Host = "/run/postgresql";
              Port = 5432;
              Database = "zitadel";
              User = user;
              Admin = user;
            };
        };
      };
      services.postgresql = {
        enable = true;
        ensureDatabases = [ "zitadel" ];
        ensureUsers = [
          {
            name = "zitadel";
            ensureDBOwnership = true;
          }
        ];
      };
      system.stateVersion = "25.11";
    };
  };
  # A container is not started where a directory is missing that it binds.
  systemd.tmpfiles.settings.zitadel =
    lib.genAttrs [ "/var/lib/zitadel/postgresql" "/var/lib/zitadel/data" ]
      (_: {
        d.mode = "0755";
      });

  virtualisation.oci-containers = {
    backend = "podman";
    containers = {
      opengist = fromImage {
        image = "${registry}/thomiceli/opengist:1";
        data = "/var/lib/opengist";
        at = "/opengist";
        port = "6157:6157";
      };
      open-webui = fromImage {
        image = "${registry}/open-webui/open-webui:main";
        data = "/var/lib/open-webui";
        at = "/app/backend/data";
        port = "8080:8080";
      };
      trilium = fromImage {
        image = "${registry}/triliumnext/trilium:latest";
        data = "/var/lib/trilium";
        at = "/home/node/trilium-data";
        port = "8083:8080";
      };
      n8n = fromImage {
        image = "${registry}/n8nio/n8n:latest";
        data = "/var/lib/n8n";
        at = "/home/node/.n8n";
        port = "5678:5678";
      };
      openbao =
        fromImage {
          image = "${registry}/openbao/openbao:2";
          data = "/var/lib/openbao";
          at = "/openbao/file";
          port = "8200:8200";
          environment.BAO_LOCAL_CONFIG = builtins.toJSON {
            storage.file.path = "/openbao/file";
            listener = [
              {
                tcp = {
                  address = "0.0.0.0:8200";
                  tls_disable = true;
                };
              }
            ];
          };
        }
        // {
          cmd = [ "server" ];
        };
    };
  };
}
