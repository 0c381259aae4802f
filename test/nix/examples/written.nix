# What a machine gets of ebb's, as files by name, and what this configuration keeps. `host`: as evaluate.nix gives it.
{ lib }:
host:

let
  inherit (host) config;
  isOurs = name: _: lib.hasPrefix "ebb-" name;
  # The text of each unit, and as links what wants it.
  unitsIn =
    directory: units:
    let
      ours = lib.filterAttrs (name: unit: isOurs name unit && unit.enable) units;
      linksOf =
        name: unit:
        map (other: "${other}.wants/${name}") unit.wantedBy
        ++ map (other: "${other}.requires/${name}") unit.requiredBy;
      links = lib.concatMap (name: linksOf name ours.${name}) (builtins.attrNames ours);
    in
    lib.mapAttrs' (name: unit: {
      name = "${directory}/${name}";
      value = unit.text;
    }) ours
    // lib.optionalAttrs (ours != { }) {
      "${directory}/links" = lib.concatMapStrings (link: "${link}\n") links;
    };
  initrd = config.boot.initrd.systemd;
in
{
  inherit (host) assertions warnings;
  inherit (config.ebb) persisted;
  hostName = config.networking.hostName;
  stateVersion = config.system.stateVersion;
  files = {
    fstab = host.fstab;
    initrd-fstab = host.initrdFstab;
    "config.toml" = config.environment.etc."ebb/config.toml".text;
  }
  // lib.optionalAttrs (initrd.contents ? "/etc/ebb/reset.env") {
    "reset.env" = initrd.contents."/etc/ebb/reset.env".text;
  }
  // unitsIn "units" config.systemd.units
  // unitsIn "initrd-units" initrd.units;
}
