# Options of nixpkgs that only the hosts of nix/examples set, as they are upstream: a name that is not there is an
# error. And the accounts that services make.
{ config, lib, ... }:

let
  inherit (import ../nixpkgs/declare.nix lib)
    flag
    option
    required
    strings
    submodules
    types
    ;
  anything = option (types.attrsOf types.anything) { };
  ports = option (types.listOf types.port) [ ];

  # By the names of services: the user and group of each that runs as one of its own.
  accounts = lib.filterAttrs (service: _: config.services.${service}.enable) {
    dnsmasq = "dnsmasq";
    forgejo = "forgejo";
    headscale = "headscale";
    postgresql = "postgres";
    vaultwarden = "vaultwarden";
  };
  named = lib.genAttrs (lib.attrValues accounts);
in
{
  options = {
    boot.loader.grub.enableCryptodisk = flag;

    hardware = {
      enableRedistributableFirmware = flag;
      cpu.amd.updateMicrocode = flag;
      cpu.intel.updateMicrocode = flag;
    };

    networking = {
      networkmanager.unmanaged = strings;
      interfaces = submodules {
        options.ipv4.addresses = option (types.listOf (
          types.submodule {
            options = {
              address = required types.str;
              prefixLength = required (types.ints.between 0 32);
            };
          }
        )) [ ];
      };
      nat = {
        enable = flag;
        externalInterface = option (types.nullOr types.str) null;
        internalInterfaces = strings;
      };
      firewall = {
        allowedUDPPorts = ports;
        interfaces = submodules {
          options = {
            allowedTCPPorts = ports;
            allowedUDPPorts = ports;
          };
        };
      };
    };

    security.acme = {
      acceptTerms = flag;
      defaults.email = option (types.nullOr types.str) null;
    };

    services = {
      adguardhome = {
        enable = flag;
        mutableSettings = option types.bool true;
        host = option types.str "0.0.0.0";
        port = option types.port 3000;
        settings = option (types.nullOr (types.attrsOf types.anything)) null;
      };
      dnsmasq = {
        enable = flag;
        resolveLocalQueries = option types.bool true;
        settings = anything;
      };
      fail2ban.enable = flag;
      flatpak.enable = flag;
      headscale = {
        enable = flag;
        user = option types.str "headscale";
        group = option types.str "headscale";
        address = option types.str "127.0.0.1";
        port = option types.port 8080;
        settings = option (types.submodule {
          freeformType = types.attrsOf types.anything;
          options.database.sqlite.path = option (types.nullOr types.str) "/var/lib/headscale/db.sqlite";
        }) { };
      };
      nfs.server = {
        enable = flag;
        exports = option types.lines "";
      };
      nginx = {
        enable = flag;
        virtualHosts = submodules {
          options = {
            enableACME = flag;
            forceSSL = flag;
            locations = submodules {
              options = {
                proxyPass = option (types.nullOr types.str) null;
                proxyWebsockets = flag;
              };
            };
          };
        };
      };
      smartd.enable = flag;
    };
  };

  config.users = {
    users = named (group: {
      isSystemUser = true;
      inherit group;
    });
    groups = named (_: { });
  };
}
