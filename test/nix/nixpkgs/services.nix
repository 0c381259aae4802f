# `services.*`: those that ebb looks at as they are upstream; of the others `enable`, where they keep their data, and
# whatever else a test says of them.
{
  config,
  lib,
  ...
}:

let
  inherit (import ./declare.nix lib)
    flag
    flagOn
    option
    strings
    text
    types
    ;

  # Any service: what is declared, and any other setting.
  service =
    declared:
    option (types.submodule {
      freeformType = types.lazyAttrsOf types.anything;
      options = {
        enable = flag;
      }
      // declared;
    }) { };
in
{
  options.services =
    lib.mapAttrs (_: paths: service (lib.mapAttrs (_: option types.str) paths)) (
      import ./services-with-state.nix
    )
    // {
      userborn.enable = flag;
      userborn.passwordFilesLocation = option types.str (
        if config.system.etc.overlay.enable && !config.system.etc.overlay.mutable then
          "/var/lib/nixos"
        else
          "/etc"
      );

      openssh = {
        enable = flag;
        startWhenNeeded = flag;
        generateHostKeys = option types.bool config.services.openssh.enable;
        hostKeys = option (types.listOf types.attrs) [
          {
            type = "rsa";
            bits = 4096;
            path = "/etc/ssh/ssh_host_rsa_key";
          }
          {
            type = "ed25519";
            path = "/etc/ssh/ssh_host_ed25519_key";
          }
        ];
        authorizedKeysFiles = strings;
        ports = option (types.listOf types.port) [ 22 ];
        openFirewall = flagOn;
        settings = option (types.submodule { freeformType = types.attrsOf types.anything; }) { };
        extraConfig = text;
      };

      journald = {
        storage = option (types.enum [
          "persistent"
          "volatile"
          "auto"
          "none"
        ]) "persistent";
        extraConfig = text;
      };

      prometheus = {
        enable = flag;
        stateDir = option types.str "prometheus2";
        scrapeConfigs = option (types.listOf types.anything) [ ];
        exporters.node = {
          enable = flag;
          enabledCollectors = strings;
          disabledCollectors = strings;
          extraFlags = strings;
          port = option types.port 9100;
        };
      };

      getty.autologinUser = option (types.nullOr types.str) null;
      logind = option (types.attrsOf types.anything) { };
      btrfs = option (types.attrsOf types.anything) { };
      fstrim.enable = flag;
      xserver = option (types.attrsOf types.anything) { };
      displayManager = option (types.attrsOf types.anything) { };
      desktopManager = option (types.attrsOf types.anything) { };
    };
}
