# `environment.*`, `system.*` and single options of other areas.
{
  config,
  lib,
  pkgs,
  ...
}:

let
  inherit (import ./declare.nix lib)
    flag
    flagOn
    option
    packages
    required
    strings
    submodules
    text
    types
    ;

  etc =
    {
      name,
      config,
      options,
      ...
    }:
    {
      options = {
        enable = flagOn;
        target = required types.str;
        text = option (types.nullOr types.lines) null;
        source = required types.path;
        mode = option types.str "symlink";
        uid = option types.int 0;
        gid = option types.int 0;
        user = option types.str "+${toString config.uid}";
        group = option types.str "+${toString config.gid}";
      };
      config = {
        target = lib.mkDefault name;
        source = lib.mkIf (config.text != null) (
          lib.mkDerivedConfig options.text (
            pkgs.writeText "etc-${builtins.replaceStrings [ "/" ] [ "-" ] name}"
          )
        );
      };
    };
  script = types.coercedTo types.str (body: { text = body; }) (
    types.submodule {
      options = {
        deps = strings;
        inherit text;
        supportsDryActivation = flag;
      };
    }
  );
in
{
  options = {
    assertions = option (types.listOf types.unspecified) [ ];
    warnings = strings;

    environment = {
      etc = submodules etc;
      systemPackages = packages;
      loginShellInit = text;
      interactiveShellInit = text;
      shellInit = text;
      extraInit = text;
      variables = option (types.attrsOf types.anything) { };
      sessionVariables = option (types.attrsOf types.anything) { };
      machineInfo = option (types.attrsOf types.str) { };
    };

    system = {
      stateVersion = option types.str "26.05";
      activationScripts = option (types.attrsOf script) { };
      build = option (types.lazyAttrsOf types.unspecified) { };
      nixos-init.enable = flag;
      etc.overlay.enable = flag;
      etc.overlay.mutable = flagOn;
    };

    networking = {
      hostName = option types.str "nixos";
      hostId = option (types.nullOr types.str) null;
      networkmanager.enable = flag;
      wireless.enable = flag;
      wireless.iwd.enable = flag;
      useDHCP = flagOn;
      useNetworkd = flag;
      firewall.enable = flagOn;
      firewall.allowedTCPPorts = option (types.listOf types.port) [ ];
    };

    security.sudo.enable = flagOn;
    security.sudo.wheelNeedsPassword = flagOn;
    security.sudo.extraConfig = text;
    security.lockKernelModules = flag;

    hardware.bluetooth.enable = flag;
    programs =
      lib.genAttrs [ "bash" "zsh" "fish" ] (_: {
        loginShellInit = text;
      })
      // {
        fuse.userAllowOther = flag;
      };
    time.timeZone = option (types.nullOr types.str) null;
    nix.settings = option (types.attrsOf types.anything) { };
    nixpkgs.hostPlatform = option types.anything "x86_64-linux";

    virtualisation = {
      docker.enable = flag;
      docker.rootless.enable = flag;
      podman.enable = flag;
      libvirtd.enable = flag;
      oci-containers.backend = option (types.enum [
        "podman"
        "docker"
      ]) "podman";
      oci-containers.containers = option (types.attrsOf types.anything) { };
    };
    containers = option (types.attrsOf types.anything) { };
  };

  config.virtualisation.podman.enable = lib.mkIf (
    config.virtualisation.oci-containers.containers != { }
    && config.virtualisation.oci-containers.backend == "podman"
  ) true;
}
