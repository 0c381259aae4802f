# What the servers run alike, and keep alike: the minimal template for servers, which is a set by that name.
{
  imports = [ ./shared.nix ];

  ebb.sets = [ "server-minimal" ];

  networking.networkmanager.enable = true;
  services.tailscale.enable = true;

  security.acme = {
    acceptTerms = true;
    defaults.email = "josh@example.org";
  };
}
