# `users.*`.
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
    types
    ;
  inherit (lib) mkDefault mkIf;
  cfg = config.users;
  entry = types.passwdEntry types.str;
  nullOr = type: option (types.nullOr type) null;

  user =
    { name, config, ... }:
    {
      options = {
        enable = flagOn;
        name = required entry;
        description = option entry "";
        uid = nullOr types.int;
        isSystemUser = flag;
        isNormalUser = flag;
        group = option types.str "";
        extraGroups = strings;
        home = option (types.passwdEntry types.path) "/var/empty";
        homeMode = option (types.strMatching "[0-7]{1,5}") "700";
        shell = option (types.nullOr (types.either types.package (types.passwdEntry types.path))) pkgs.shadow;
        createHome = flag;
        useDefaultShell = flag;
        autoSubUidGidRange = flag;
        subUidRanges = option (types.listOf types.attrs) [ ];
        subGidRanges = option (types.listOf types.attrs) [ ];
        hashedPassword = nullOr entry;
        password = nullOr types.str;
        hashedPasswordFile = option (types.nullOr types.str) config.passwordFile;
        passwordFile = nullOr types.str;
        initialHashedPassword = nullOr entry;
        initialPassword = nullOr types.str;
        linger = nullOr types.bool;
        inherit packages;
        openssh.authorizedKeys.keys = option (types.listOf types.singleLineStr) [ ];
        openssh.authorizedKeys.keyFiles = option (types.listOf types.path) [ ];
      };
      config = lib.mkMerge [
        {
          name = mkDefault name;
          shell = mkIf config.useDefaultShell (mkDefault cfg.defaultUserShell);
        }
        (mkIf config.isNormalUser {
          group = mkDefault "users";
          createHome = mkDefault true;
          home = mkDefault "${cfg.defaultUserHome}/${config.name}";
          homeMode = mkDefault "700";
          useDefaultShell = mkDefault true;
          isSystemUser = mkDefault false;
        })
        (mkIf (!cfg.mutableUsers && config.initialPassword != null) {
          password = mkDefault config.initialPassword;
        })
        (mkIf (!cfg.mutableUsers && config.initialHashedPassword != null) {
          hashedPassword = mkDefault config.initialHashedPassword;
        })
      ];
    };
  group =
    { name, config, ... }:
    {
      options = {
        name = required entry;
        gid = nullOr types.int;
        members = option (types.listOf entry) [ ];
      };
      config = {
        name = mkDefault name;
        members = lib.mapAttrsToList (_: member: member.name) (
          lib.filterAttrs (_: member: member.enable && lib.elem config.name member.extraGroups) cfg.users
        );
      };
    };
in
{
  options.users = {
    mutableUsers = flagOn;
    allowNoPasswordLogin = flag;
    defaultUserHome = option types.str "/home";
    defaultUserShell = option (types.either types.path types.package) pkgs.bashInteractive;
    users = submodules user;
    groups = submodules group;
  };

  # nixos/modules/misc/ids.nix has the numbers.
  config.users = {
    users = {
      root = {
        uid = 0;
        description = "System administrator";
        home = "/root";
        shell = mkDefault cfg.defaultUserShell;
        group = "root";
      };
      nobody = {
        uid = 65534;
        isSystemUser = true;
        description = "Unprivileged account (don't use!)";
        group = "nogroup";
      };
    };
    groups = lib.mapAttrs (_: gid: { inherit gid; }) {
      root = 0;
      wheel = 1;
      kmem = 2;
      tty = 3;
      disk = 6;
      audio = 17;
      floppy = 18;
      uucp = 19;
      lp = 20;
      cdrom = 24;
      tape = 25;
      video = 26;
      dialout = 27;
      utmp = 29;
      adm = 55;
      users = 100;
      input = 174;
      sgx = 304;
      render = 303;
      kvm = 302;
      shadow = 318;
      clock = 325;
      nixbld = 30000;
      nogroup = 65534;
    };
  };
}
