# Proposed by ebb survey on h001. Read it before use.
environment.persistence."/persist" = {
  hideMounts = true;
  directories = [
    "/etc/nixos-containers"  # NixOS containers and systemd-nspawn
    "/home/josh"
    "/var/lib/containers"  # Podman
    "/var/lib/docker"  # Docker
    "/var/lib/forgejo"  # Forgejo
    "/var/lib/homegrown"
    "/var/lib/nixos-containers"  # NixOS containers and systemd-nspawn
    "/var/lib/postgresql"  # PostgreSQL
    "/var/lib/tailscale"
    "/var/lib/vaultwarden"  # Vaultwarden
    # to decide:
    # "/bao-keys"  # unknown, 2 entries, 4.1 kB
    # "/srv/photos"  # unknown, 3 entries, 32.8 kB
  ];
  files = [
    "/boot/keyfile_nvme0n1p1"
    "/etc/crypttab"
    "/etc/machine-id"
    "/etc/ssh/ssh_host_ed25519_key"
    "/etc/ssh/ssh_host_ed25519_key.pub"
    "/root/.bash_history"
    # to decide:
    # "/srv/notes.txt"  # unknown, 4.1 kB
  ];
};
