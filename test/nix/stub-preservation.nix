# The options of nix-community/preservation with what it derives from them, without what it does with them.
{ config, lib, ... }:

let
  inherit (lib) mkOption types;
  inherit (import ./nixpkgs/declare.nix lib) flag option required;
  inherit (config.users) users;

  parts = path: lib.filter (part: part != "") (lib.splitString "/" path);
  join = above: below: "${lib.removeSuffix "/" above}/${lib.removePrefix "/" below}";

  mountOptions = types.listOf (
    types.coercedTo types.str (name: { inherit name; }) (
      types.submodule {
        options = {
          name = required types.str;
          value = option (types.nullOr types.str) null;
        };
      }
    )
  );

  # What is kept: a directory or a file, of an owner, with the options of all mounts of its place.
  entry =
    {
      key,
      mode,
      always,
      ways,
    }:
    owner: shared:
    types.coercedTo types.str (path: { ${key} = path; }) (
      types.submodule [
        { mountOptions = shared; }
        (
          { config, ... }:
          {
            options = {
              ${key} = required types.str;
              how = option (types.enum ways) "bindmount";
              user = option types.str owner;
              group = option types.str users.${owner}.group;
              mode = option types.str mode;
              configureParent = option types.bool (
                config.how == "symlink" && config.user != "root" && lib.length (parts config.${key}) > 1
              );
              parent = {
                user = option types.str owner;
                group = option types.str users.${owner}.group;
                mode = option types.str "0755";
              };
              mountOptions = mkOption { type = mountOptions; };
              createLinkTarget = flag;
              inInitrd = flag;
            };
            config.mountOptions = always;
          }
        )
      ]
    );
  directory = entry {
    key = "directory";
    mode = "0755";
    always = [
      "bind"
      "X-fstrim.notrim"
    ];
    ways = [
      "bindmount"
      "symlink"
      "_intermediate"
    ];
  };
  file = entry {
    key = "file";
    mode = "0644";
    always = [ "bind" ];
    ways = [
      "bindmount"
      "symlink"
    ];
  };

  # The directories between a home and what is kept in it, the deepest first.
  between =
    paths:
    lib.filter (path: !lib.elem path paths) (
      lib.unique (
        lib.concatMap (
          path:
          map (depth: lib.concatStringsSep "/" (lib.take depth (parts path))) (
            lib.reverseList (lib.range 1 (lib.length (parts path) - 1))
          )
        ) paths
      )
    );

  user =
    shared:
    { name, config, ... }:
    {
      options = {
        username = option (types.passwdEntry types.str) name;
        home = option (types.passwdEntry types.path) users.${config.username}.home;
        commonMountOptions = option mountOptions [ ];
        homeMode = option types.str users.${config.username}.homeMode;
        homeGroup = option types.str users.${config.username}.group;
        directories = mkOption {
          type = types.listOf (directory config.username config.commonMountOptions);
          default = [ ];
          apply =
            kept:
            let
              added =
                inInitrd:
                map
                  (path: {
                    directory = path;
                    inherit inInitrd;
                    how = "_intermediate";
                    configureParent = false;
                    user = config.username;
                    inherit (users.${config.username}) group;
                    mode = "0755";
                  })
                  (
                    between (
                      map (one: if one ? file then lib.removePrefix config.home one.file else one.directory) (
                        lib.filter (one: one.inInitrd == inInitrd) (config.files ++ kept)
                      )
                    )
                  );
            in
            map (one: one // { directory = join config.home one.directory; }) (
              kept ++ added true ++ added false
            );
        };
        files = mkOption {
          type = types.listOf (file config.username config.commonMountOptions);
          default = [ ];
          apply = map (one: one // { file = join config.home one.file; });
        };
      };
      config.commonMountOptions = shared;
    };

  storage =
    { name, config, ... }:
    {
      options = {
        persistentStoragePath = option types.path name;
        commonMountOptions = option mountOptions [ ];
        directories = option (types.listOf (directory "root" config.commonMountOptions)) [ ];
        files = option (types.listOf (file "root" config.commonMountOptions)) [ ];
        users = option (types.attrsOf (types.submodule (user config.commonMountOptions))) { };
      };
    };
in
{
  options.preservation = {
    enable = flag;
    preserveAt = option (types.attrsOf (types.submodule storage)) { };
  };

  config.assertions = lib.mkIf config.preservation.enable [
    {
      assertion = config.boot.initrd.systemd.enable;
      message = "This module cannot be used with scripted initrd.";
    }
  ];
}
