# What a configuration persists, from whichever module it is declared with, in one form:
#
#   { kind = "directory" | "file"; path; storage; user; group; mode; method = "bind" | "link"; hidden; home; from;
#     inInitrd; }
#
# user, group, mode: null where the module does not say them. home: null, or { path; user; } of what is a user's.
{
  lib,
  covers,
  joinPath,
  alwaysEarly,
}:

let
  inherit (builtins)
    attrNames
    attrValues
    concatMap
    elem
    filter
    foldl'
    ;

  # nix-community/impermanence: `environment.persistence`, or `home.persistence` of a user of home-manager.
  ofImpermanence =
    { from, homeOf }:
    persistence:
    let
      enabled = filter (storage: storage.enable or true) (attrValues persistence);
      pathOf =
        kind: one:
        if kind == "directory" then
          one.dirPath or (joinPath (one.home or "/") one.directory)
        else
          one.filePath or (joinPath (one.home or "/") one.file);
      entry = storage: user: kind: one: {
        inherit from kind;
        path = pathOf kind one;
        storage = one.persistentStoragePath or storage.persistentStoragePath;
        user = if kind == "directory" then one.user or null else null;
        group = if kind == "directory" then one.group or null else null;
        mode = if kind == "directory" then one.mode or null else null;
        # Of a directory, upstream has removed the option: reading it is an error.
        method = if kind == "file" && one.method or "auto" == "symlink" then "link" else "bind";
        hidden = one.hideMount or storage.hideMounts or false;
        home =
          if user == null then
            null
          else
            {
              path = if one.home or null != null then one.home else homeOf user;
              inherit user;
            };
        # Directories that a system needs early are bound early.
        inInitrd = kind == "directory" && elem (pathOf kind one) alwaysEarly;
      };
      of =
        storage: user: lists:
        map (entry storage user "directory") (lists.directories or [ ])
        ++ map (entry storage user "file") (lists.files or [ ]);
    in
    concatMap (
      storage:
      of storage (storage.user or null) storage
      ++ concatMap (name: of storage name storage.users.${name}) (attrNames (storage.users or { }))
    ) enabled;

  # nix-community/preservation: `preservation.preserveAt`. Directories between a home and what is kept in it are made,
  # not kept.
  ofPreservation =
    preserveAt:
    let
      options = one: map (option: option.name or option) (one.mountOptions or [ ]);
      entry = storage: home: kind: one: {
        inherit kind home;
        from = "preservation";
        path = joinPath "/" (if kind == "directory" then one.directory else one.file);
        storage = storage.persistentStoragePath;
        inherit (one) user group mode;
        method = if one.how == "symlink" then "link" else "bind";
        hidden = elem "x-gvfs-hide" (options one);
        inInitrd = one.inInitrd or false;
      };
      kept = filter (one: one.how != "_intermediate");
      of =
        storage: home: lists:
        map (entry storage home "directory") (kept lists.directories)
        ++ map (entry storage home "file") (kept lists.files);
    in
    concatMap (
      storage:
      of storage null storage
      ++ concatMap (
        user:
        of storage {
          path = user.home;
          user = user.username;
        } user
      ) (attrValues storage.users)
    ) (attrValues preserveAt);

  # Of paths that are declared twice the first stands.
  unique =
    entries:
    (foldl'
      (
        { seen, kept }:
        entry:
        let
          key = "${entry.storage}:${entry.path}";
        in
        if seen ? ${key} then
          { inherit seen kept; }
        else
          {
            seen = seen // {
              ${key} = true;
            };
            kept = kept ++ [ entry ];
          }
      )
      {
        seen = { };
        kept = [ ];
      }
      entries
    ).kept;
in
{
  inherit unique;

  # From a whole configuration, with what its options are: neither module has to be there.
  fromConfiguration =
    { config, options }:
    let
      homeOf =
        user: config.users.users.${user}.home or (if user == "root" then "/root" else "/home/${user}");
      homes = config.home-manager.users or { };
    in
    unique (
      lib.optionals (options ? environment.persistence) (
        ofImpermanence {
          from = "environment.persistence";
          inherit homeOf;
        } config.environment.persistence
      )
      ++ concatMap (
        user:
        map
          (
            entry:
            entry
            // {
              home = {
                path = if entry.home == null then homeOf user else entry.home.path;
                inherit user;
              };
            }
          )
          (
            ofImpermanence {
              from = "home-manager";
              inherit homeOf;
            } (homes.${user}.home.persistence or { })
          )
      ) (attrNames homes)
      ++ lib.optionals (options ? preservation.preserveAt && config.preservation.enable or false) (
        ofPreservation config.preservation.preserveAt
      )
    );

  # A file that ebb writes, as `{ persistence; ignore; }`.
  readDeclarations =
    file:
    let
      document = builtins.fromJSON (builtins.readFile file);
      known = [
        "schema"
        "persistence"
        "ignore"
      ];
      unknown = filter (key: !elem key known) (attrNames document);
      # By this attribute the module system takes a value for what overrides all others, or for a condition.
      hasType =
        value:
        if builtins.isAttrs value then
          value ? _type || builtins.any hasType (attrValues value)
        else
          builtins.isList value && builtins.any hasType value;
    in
    if !builtins.isAttrs document || document.schema or null != "ebb.declarations/1" then
      throw "ebb.declarations: ${toString file} is no document of the schema ebb.declarations/1"
    else if unknown != [ ] then
      throw "ebb.declarations: ${toString file} has ${lib.concatStringsSep ", " unknown}, which is not known"
    else if hasType document then
      throw "ebb.declarations: ${toString file} has _type, which is nothing to declare"
    else
      {
        persistence = document.persistence or { };
        ignore = document.ignore or [ ];
      };

  # One storage of environment.persistence as one of preservation.preserveAt. What the initrd needs to know is put in
  # place there: systemd asks for the machine's id, and activation for the numbers of its users.
  forPreservation =
    storage:
    let
      early = [
        "/etc/machine-id"
        "/var/lib/nixos"
      ];
      # What is not there yet preservation would make empty and mount, and ssh-keygen(1) could not replace it; by a link
      # it makes it in storage.
      isHostKey = path: builtins.match "/etc/ssh/ssh_host_[^/]+" path != null;
      element =
        key: one:
        let
          set = if builtins.isAttrs one then one else { ${key} = one; };
          details = {
            ${key} = set.${key};
          }
          // lib.filterAttrs (
            name: _:
            elem name [
              "user"
              "group"
              "mode"
            ]
          ) set
          // lib.optionalAttrs (elem set.${key} early) { inInitrd = true; }
          // lib.optionalAttrs (set.method or "auto" == "symlink") { how = "symlink"; }
          // lib.optionalAttrs (key == "file" && isHostKey set.file) {
            how = "symlink";
            configureParent = true;
          };
        in
        if attrNames details == [ key ] then set.${key} else details;
      lists = own: {
        directories = map (element "directory") (own.directories or [ ]);
        files = map (element "file") (own.files or [ ]);
      };
    in
    lists storage // { users = lib.mapAttrs (_: lists) (storage.users or { }); };

  # `persistence` of config.toml. What is as usual is not said.
  toConfiguration =
    entries:
    let
      storages = foldl' (
        seen: { storage, ... }: if elem storage seen then seen else seen ++ [ storage ]
      ) [ ] entries;
      usual =
        entry:
        if entry.home != null then
          {
            user = entry.home.user;
            mode = if entry.kind == "directory" then "0755" else "0644";
          }
        else
          {
            user = "root";
            group = "root";
            mode = if entry.kind == "directory" then "0755" else "0644";
          };
      element =
        from: entry:
        let
          path = if entry.home == null then entry.path else lib.removePrefix "${entry.home.path}/" entry.path;
          owner = lib.filterAttrs (name: value: value != null && (usual entry).${name} or null != value) {
            inherit (entry) user group mode;
          };
          details =
            owner
            // lib.optionalAttrs (entry.method == "link") { method = "link"; }
            // lib.optionalAttrs (entry.from != from) { declared_by = entry.from; };
        in
        if details == { } then path else details // { ${entry.kind} = path; };
      lists = from: own: {
        directories = map (element from) (filter ({ kind, ... }: kind == "directory") own);
        files = map (element from) (filter ({ kind, ... }: kind == "file") own);
      };
      # A home that is kept as a whole is a path like any other.
      isOfUser = { home, path, ... }: home != null && path != home.path && covers home.path path;
      table =
        storage:
        let
          here = filter (entry: entry.storage == storage) entries;
          parted = builtins.partition isOfUser here;
          byUser = builtins.groupBy ({ home, ... }: home.user) parted.right;
          from = builtins.head (attrNames (builtins.groupBy (entry: entry.from) here));
          ofUser = own: lists from own // { home = (builtins.head own).home.path; };
        in
        {
          name = storage;
          value = lists from (map (entry: entry // { home = null; }) parted.wrong) // {
            hide_mounts = builtins.any ({ hidden, ... }: hidden) here;
            declared_by = from;
            users = builtins.mapAttrs (_: ofUser) byUser;
          };
        };
    in
    builtins.listToAttrs (map table storages);
}
