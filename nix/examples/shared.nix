# The shared module of all hosts whose root is thrown away at each boot. A host adds its disks (`ebb.root`), and what
# it keeps: sets by name (`ebb.sets`), or paths in `environment.persistence`.
{ config, lib, ... }:

let
  inherit (config.ebb) storage;
in
{
  imports = [ ./base.nix ];

  ebb = {
    enable = true;

    # How many roots of earlier boots are kept. These are the defaults.
    retention = {
      recent = 5;
      weekly = 4;
      monthly = "all";
    };

    # Who is logged in is told what a reboot would lose, before it happens.
    check.atShutdown = lib.mkDefault "warn";
  };

  environment.persistence.${storage}.hideMounts = true;

  # The reset is one of its services.
  boot.initrd.systemd.enable = true;

  # /etc/shadow is thrown away with the root: passwords are read from storage at each boot. To set one:
  #
  #   mkdir -m 700 -p /persist/passwords && mkpasswd > /persist/passwords/josh
  users = {
    mutableUsers = false;
    users.josh.hashedPasswordFile = "${storage}/passwords/josh";
    users.root.hashedPasswordFile = "${storage}/passwords/root";
  };
}
