# home-manager as a module of NixOS, without what it makes: users with a home, and the modules that they all have.
{
  config,
  lib,
  pkgs,
  ...
}:

let
  outer = config;
  user =
    { name, ... }:
    {
      options.home = {
        username = lib.mkOption { type = lib.types.str; };
        homeDirectory = lib.mkOption { type = lib.types.path; };
        packages = lib.mkOption {
          type = lib.types.listOf lib.types.package;
          default = [ ];
        };
        file = lib.mkOption {
          type = lib.types.attrsOf lib.types.anything;
          default = { };
        };
        stateVersion = lib.mkOption {
          type = lib.types.str;
          default = "26.05";
        };
      };
      options.assertions = lib.mkOption {
        type = lib.types.listOf lib.types.unspecified;
        default = [ ];
      };
      config = {
        _module.args.pkgs = pkgs;
        home = {
          username = outer.users.users.${name}.name;
          homeDirectory = outer.users.users.${name}.home;
        };
      };
    };
in
{
  options.home-manager = {
    sharedModules = lib.mkOption {
      type = lib.types.listOf lib.types.raw;
      default = [ ];
    };
    users = lib.mkOption {
      type = lib.types.attrsOf (
        lib.types.submoduleWith {
          modules = [ user ] ++ config.home-manager.sharedModules;
        }
      );
      default = { };
    };
  };
}
