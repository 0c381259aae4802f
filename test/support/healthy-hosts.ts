/** Configurations that have nothing to complain of, in Nix: what tests of assertions change one thing of. */

/**
 * `hostOf { filesystem; persistence; persisted; hasBoot; } [ modules ]`: what `evaluate` gives of it. Where `evaluate` and
 * the modules of others are known.
 */
export const healthyHosts = `
  inEach = what: {
    impermanence.environment.persistence."/persist" = what;
    preservation.preservation = {
      enable = true;
      preserveAt."/persist" = {
        files = map (file:
          if file == "/etc/machine-id" then { inherit file; inInitrd = true; }
          else { inherit file; how = "symlink"; configureParent = true; }
        ) (what.files or [ ]);
        directories = map (directory:
          if directory == "/var/lib/nixos" then { inherit directory; inInitrd = true; } else directory
        ) (what.directories or [ ]);
      };
    };
  };
  healthy = {
    ebb.enable = true;
    boot.initrd.systemd.enable = lib.mkDefault true;
    boot.loader.grub.device = lib.mkDefault "/dev/sda";
    services.openssh.enable = true;
    users.users.josh = { isNormalUser = true; hashedPassword = "$y$j9T$"; };
  };
  persists = {
    directories = [ "/var/log" "/var/lib/nixos" ];
    files = [
      "/etc/machine-id"
      "/etc/ssh/ssh_host_ed25519_key"
      "/etc/ssh/ssh_host_rsa_key"
    ];
  };
  hostOf = { filesystem ? "btrfs", persistence ? "impermanence", persisted ? persists, hasBoot ? true }: modules: evaluate {
    modules = [
      module
      { inherit impermanence preservation; }.\${persistence}
      (inEach persisted).\${persistence}
      healthy
      { ebb.root = { inherit filesystem; device = "/dev/disk/by-label/nixos"; }; }
      (lib.mkIf hasBoot { fileSystems."/boot" = { device = "/dev/sda1"; fsType = "ext4"; }; })
    ] ++ modules;
  };
`;
