# What every NixOS needs, by the manual's chapter "Necessary system state".
{
  title = "What every NixOS keeps";
  directories = [
    "/var/lib/nixos"
    "/var/lib/systemd"
    "/var/log/journal"
  ];
  files = [ "/etc/machine-id" ];
}
