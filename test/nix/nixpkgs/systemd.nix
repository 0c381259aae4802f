# `systemd.*`.
{
  config,
  lib,
  pkgs,
  utils,
  ...
}:

let
  inherit (import ./declare.nix lib)
    flag
    option
    packages
    strings
    text
    types
    ;
  cfg = config.systemd;
  units = import ./unit-options.nix {
    inherit lib pkgs utils;
    systemdPackage = cfg.package;
  };
  texts = import ./unit-texts.nix {
    inherit lib;
    inherit (cfg) globalEnvironment;
  };
in
{
  options.systemd = units.options 2 // {
    package = option types.package pkgs.systemd;
    packages = packages;
    globalEnvironment = option (types.attrsOf (
      types.nullOr (
        types.oneOf [
          types.str
          types.path
          types.package
        ]
      )
    )) { };
    suppressedSystemUnits = strings;
    additionalUpstreamSystemUnits = strings;
    enableStrictShellChecks = flag;
    generators = option (types.attrsOf types.path) { };
    shutdown = option (types.attrsOf types.path) { };
    sleep.extraConfig = text;
    sysusers.enable = flag;
    tmpfiles = {
      rules = strings;
      settings = option (import ./tmpfiles-type.nix lib) { };
      packages = packages;
    };
    user.services = option (types.attrsOf types.anything) { };
    user.timers = option (types.attrsOf types.anything) { };
  };

  config.systemd = {
    units = texts.unitsOf cfg;
    timers = lib.mapAttrs (_: service: {
      wantedBy = [ "timers.target" ];
      timerConfig.OnCalendar = service.startAt;
    }) (lib.filterAttrs (_: service: service.enable && service.startAt != [ ]) cfg.services);
  };
}
