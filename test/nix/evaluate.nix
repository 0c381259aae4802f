# Evaluates modules as those of a NixOS configuration, with the options of nixpkgs-options.nix.
{
  # nixpkgs' `lib`, or the minimal one.
  lib ? import ./minimal-lib,
  modules,
  # Names below `services` that may be set beside those that are known.
  services ? [ ],
}:

let
  pkgs = import ./packages.nix { inherit lib; };
  utils = import ./module-utils.nix { inherit lib; };

  evaluated = lib.evalModules {
    specialArgs = { inherit utils; };
    modules = [
      ./nixpkgs-options.nix
      {
        _file = "evaluate.nix";
        config._module.args = { inherit pkgs; };
        options.services = lib.genAttrs services (
          _:
          lib.mkOption {
            type = lib.types.submodule {
              freeformType = lib.types.lazyAttrsOf lib.types.anything;
              options.enable = lib.mkOption {
                type = lib.types.bool;
                default = false;
              };
            };
            default = { };
          }
        );
      }
    ]
    ++ modules;
  };
  inherit (evaluated) config;
in
{
  inherit (evaluated) options;
  inherit config lib pkgs;
  inherit (config) warnings;
  # The messages of those that do not hold.
  assertions = map (one: one.message) (lib.filter (one: !one.assertion) config.assertions);

  # Texts by their names: what is written to the disk.
  units = lib.mapAttrs (_: unit: unit.text) (
    lib.filterAttrs (_: unit: unit.enable) config.systemd.units
  );
  initrdUnits = lib.mapAttrs (_: unit: unit.text) (
    lib.filterAttrs (_: unit: unit.enable) config.boot.initrd.systemd.units
  );
  fstab = config.environment.etc.fstab.text;
  initrdFstab = config.boot.initrd.systemd.managerEnvironment.SYSTEMD_SYSROOT_FSTAB.text;
}
