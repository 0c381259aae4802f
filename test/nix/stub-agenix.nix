# The options of ryantm/agenix that say which keys decrypt, and when.
{ config, lib, ... }:

let
  inherit (lib) types;
  inherit (import ./nixpkgs/declare.nix lib) option required submodules;
  inherit (config.services) openssh;
in
{
  options.age = {
    identityPaths = option (types.listOf types.path) (
      lib.optionals openssh.enable (
        map (key: key.path) (lib.filter (key: key.type == "rsa" || key.type == "ed25519") openssh.hostKeys)
      )
    );
    secretsDir = option types.path "/run/agenix";
    secretsMountPoint = option types.str "/run/agenix.d";
    secrets = submodules (
      { name, config, ... }:
      {
        options = {
          name = option types.str name;
          file = required types.path;
          path = option types.str "/run/agenix/${config.name}";
          mode = option types.str "0400";
          owner = option types.str "0";
          group = option types.str "0";
          symlink = option types.bool true;
        };
      }
    );
  };
}
