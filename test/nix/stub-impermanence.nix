# The options of nix-community/impermanence with what it derives from them, what it complains of, and the mounts of
# directories that it makes; without its scripts, which make the directories and put files in place.
{
  config,
  options,
  lib,
  utils,
  ...
}:

let
  inherit (lib)
    mkDefault
    mkIf
    mkOption
    types
    ;
  inherit (import ./nixpkgs/declare.nix lib)
    flag
    flagOn
    option
    required
    ;

  join =
    paths:
    lib.optionalString (lib.hasPrefix "/" (builtins.head paths)) "/"
    + lib.concatStringsSep "/" (
      lib.concatMap (path: lib.filter (part: part != "") (lib.splitString "/" path)) paths
    );

  # Of whom the paths are: of the system, or of a user with a home; a group that nobody knows is null.
  entries =
    {
      storage,
      user,
      group,
      homeDir,
    }:
    let
      rights = {
        mode = "0755";
        inherit user group;
      };
      rightsOptions = {
        user = required types.str;
        group = required (types.nullOr types.str);
        mode = required types.str;
      };
      common = {
        persistentStoragePath = option types.path storage.persistentStoragePath;
        home = option (types.nullOr types.path) null;
        enableDebugging = option types.bool storage.enableDebugging;
        assertions = option (types.listOf types.unspecified) [ ];
      };
      directoryOptions = rightsOptions // {
        directory = required types.str;
        hideMount = option types.bool storage.hideMounts;
        allowTrash = option types.bool storage.allowTrash;
        defaultPerms = rightsOptions;
        dirPath = required types.path;
      };
      atHome = mkIf (homeDir != null) { home = homeDir; };
      below = home: if home == null then "/" else home;

      directory = types.submodule [
        {
          options =
            common
            // directoryOptions
            // {
              # Removed upstream, so that reading it is an error.
              method = mkOption {
                visible = false;
                apply = _: throw "The option `method' can no longer be used since it's been removed.";
              };
            };
        }
        atHome
        (
          { config, ... }:
          {
            defaultPerms = mkDefault rights;
            dirPath = join [
              (below config.home)
              config.directory
            ];
            mode = mkDefault rights.mode;
            user = mkDefault rights.user;
            group = mkDefault rights.group;
          }
        )
      ];
      file = types.submodule [
        {
          options = common // {
            file = required types.str;
            method = option (types.enum [
              "auto"
              "symlink"
            ]) "auto";
            filePath = required types.path;
            parentDirectory = common // directoryOptions;
          };
        }
        atHome
        (
          { config, ... }:
          {
            parentDirectory = lib.mkMerge [
              (mkDefault rights)
              {
                directory = dirOf config.file;
                dirPath = join [
                  (below config.home)
                  (dirOf config.file)
                ];
                defaultPerms = rights;
                inherit (config) home persistentStoragePath;
              }
            ];
            filePath = join [
              (below config.home)
              config.file
            ];
          }
        )
      ];
    in
    {
      directories = option (types.listOf (
        types.coercedTo types.str (path: { directory = path; }) directory
      )) [ ];
      files = option (types.listOf (types.coercedTo types.str (path: { file = path; }) file)) [ ];
      assertions = option (types.listOf types.unspecified) [ ];
    };

  storageOptions = name: {
    enable = flagOn;
    persistentStoragePath = option types.path name;
    hideMounts = flag;
    allowTrash = flag;
    enableDebugging = flag;
    enableWarnings = flagOn;
  };

  ofUsers =
    storage:
    types.submodule (
      { name, ... }:
      {
        options = entries {
          inherit storage;
          user = name;
          inherit (config.users.users.${name}) group;
          homeDir = config.users.users.${name}.home;
        };
      }
    );

  # All that is kept: the system's, its users', home-manager's.
  enabled = lib.filter (storage: storage.enable);
  ofSystem = enabled (lib.attrValues config.environment.persistence);
  ofHomeManager = enabled (
    lib.concatMap (user: lib.attrValues (user.home.persistence or { })) (
      lib.attrValues (config.home-manager.users or { })
    )
  );
  storages = ofSystem ++ ofHomeManager;
  lists = ofSystem ++ lib.concatMap (storage: lib.attrValues storage.users) ofSystem ++ ofHomeManager;
  kept = key: lib.concatMap (list: list.${key}) lists;
  directoryPaths = map (one: one.dirPath) (kept "directories");
  filePaths = map (one: one.filePath) (kept "files");
  above =
    path:
    let
      parts = lib.filter (part: part != "") (lib.splitString "/" path);
    in
    map (depth: "/${lib.concatStringsSep "/" (lib.take depth parts)}") (
      lib.range 1 (lib.length parts - 1)
    );
  late = lib.filter (path: !(config.fileSystems.${path}.neededForBoot or true));
  twice = paths: lib.unique (lib.filter (path: lib.count (other: other == path) paths > 1) paths);
  nothing = problem: offenders: {
    assertion = offenders == [ ];
    message = "environment.persistence: ${problem}: ${toString offenders}";
  };

  mount = root: wantedBy: before: one: {
    inherit wantedBy before;
    what = join [
      root
      one.persistentStoragePath
      one.dirPath
    ];
    where = join [
      root
      one.dirPath
    ];
    type = "none";
    options = lib.concatStringsSep "," (
      [ "bind" ] ++ lib.optional one.hideMount "x-gvfs-hide" ++ lib.optional one.allowTrash "x-gvfs-trash"
    );
    unitConfig.DefaultDependencies = false;
  };

  numberless =
    lib.attrNames (lib.filterAttrs (_: user: user.uid == null) config.users.users)
    ++ lib.attrNames (lib.filterAttrs (_: group: group.gid == null) config.users.groups);
  numbersAreKept = lib.any (path: lib.elem path directoryPaths || config.fileSystems ? ${path}) [
    "/var"
    "/var/lib"
    "/var/lib/nixos"
  ];

  homeManagerModule =
    { config, ... }:
    let
      inherit (config) home;
    in
    {
      options.home.persistence = mkOption {
        type = types.attrsOf (
          types.submodule (
            { name, config, ... }:
            {
              options =
                storageOptions name
                // entries {
                  storage = config;
                  user = home.username;
                  group = null;
                  homeDir = home.homeDirectory;
                };
            }
          )
        );
        default = { };
      };
    };
in
{
  options.environment.persistence = mkOption {
    type = types.attrsOf (
      types.submodule (
        { name, config, ... }:
        {
          options =
            storageOptions name
            // entries {
              storage = config;
              user = "root";
              group = "root";
              homeDir = null;
            }
            // {
              users = option (types.attrsOf (ofUsers config)) { };
            };
        }
      )
    );
    default = { };
  };

  config = lib.mkMerge [
    (lib.optionalAttrs (options ? home-manager.sharedModules) {
      home-manager.sharedModules = [ homeManagerModule ];
    })
    (mkIf (storages != [ ]) {
      systemd.mounts = map (mount "/" [ "local-fs.target" ] [ "local-fs.target" ]) (kept "directories");
      # What activation needs is there before it.
      boot.initrd.systemd.mounts = map (mount "/sysroot"
        [ "initrd.target" ]
        [ "initrd-nixos-activation.service" ]
      ) (lib.filter (one: lib.elem one.dirPath utils.pathsNeededForBoot) (kept "directories"));
      assertions = [
        (nothing "storage that is not neededForBoot" (
          late (lib.unique (map (one: one.persistentStoragePath) (kept "files" ++ kept "directories")))
        ))
        (nothing "paths in filesystems that are not neededForBoot" (
          late (lib.unique (lib.concatMap above (filePaths ++ directoryPaths)))
        ))
        (nothing "files that are there twice" (twice filePaths))
        (nothing "directories that are there twice" (twice directoryPaths))
      ];
      warnings =
        lib.optional
          (lib.any (storage: storage.enableWarnings) storages && !numbersAreKept && numberless != [ ])
          "environment.persistence: /var/lib/nixos is not kept, and these have no number: ${toString numberless}";
    })
  ];
}
