# What a server without services of its own keeps: the system's own state, its name in networks, its certificates.
{
  title = "The least that a server keeps";
  directories = [
    "/var/lib/nixos"
    "/var/lib/systemd/coredump"
    "/var/log"

    "/var/lib/tailscale"
    "/etc/NetworkManager/system-connections"

    "/var/lib/acme"
  ];
  files = [
    "/etc/machine-id"
    "/etc/ssh/ssh_host_ed25519_key"
    "/etc/ssh/ssh_host_ed25519_key.pub"
    "/etc/ssh/ssh_host_rsa_key"
    "/etc/ssh/ssh_host_rsa_key.pub"
  ];
}
