# The options of Mic92/sops-nix that say which keys decrypt, and when.
{ config, lib, ... }:

let
  inherit (lib) types;
  inherit (import ./nixpkgs/declare.nix lib) flag option submodules;
  inherit (config.services) openssh;
  keysOf =
    type:
    lib.optionals openssh.enable (
      map (key: key.path) (lib.filter (key: key.type == type) openssh.hostKeys)
    );
in
{
  options.sops = {
    age = {
      keyFile = option (types.nullOr types.path) null;
      generateKey = flag;
      sshKeyPaths = option (types.listOf types.path) (keysOf "ed25519");
    };
    gnupg.home = option (types.nullOr types.str) null;
    gnupg.sshKeyPaths = option (types.listOf types.path) (keysOf "rsa");
    defaultSopsFile = option types.path "/nix/store/eeeeeeeeeeeeeeeeeeeeeeeeeeeeeeee-secrets.yaml";
    useSystemdActivation = flag;
    secrets = submodules (
      { name, ... }:
      {
        options = {
          name = option types.str name;
          neededForUsers = flag;
          owner = option (types.nullOr types.str) "root";
          group = option (types.nullOr types.str) null;
          mode = option types.str "0400";
          path = option types.str "/run/secrets/${name}";
          sopsFile = option types.path config.sops.defaultSopsFile;
        };
      }
    );
  };
}
