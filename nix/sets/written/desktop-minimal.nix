# What a desktop keeps, with the directories of a home that most programs write to.
{
  title = "The least that a desktop keeps";
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
  users.directories = [
    ".ssh"
    ".gnupg"
    "projects"
    ".config"
    ".local/share"
  ];
}
