# Persistence sets: what services keep, by name, out of the catalogue and of nix/sets/written.
#
#   sets                   by name: { title; kind; nixos; units; directories; files; users; patterns; options; }
#   compose                [ names ] → { directories; files; users = { directories; files; }; }
#   configured             what of them a configuration has, and where: see below
#   impermanence           by name, as `environment.persistence.<storage>` takes them
#   preservation           by name, as `preservation.preserveAt.<storage>` takes them
#   shapes                 the same of a composition
#   persistenceSets        the output of the flake
#
# A set is read when it is asked for.
{
  lib,
  catalogue ? ../catalogue,
}:
let
  paths = import ./sets/paths.nix { inherit lib; };
  fromCatalogue = import ./sets/from-catalogue.nix { inherit lib paths; };
  inherit (import ./sets/composition.nix { inherit lib paths; }) compose;
  inherit (import ./sets/names.nix { inherit lib; }) isInOtherLetters nearest;
  shapes = import ./sets/shapes.nix { inherit lib; };

  entries =
    if catalogue == ../catalogue then import ./sets/catalogue.nix else import ./sets/read.nix catalogue;
  ofCatalogue = builtins.mapAttrs (_: fromCatalogue) entries;

  ofHand = builtins.mapAttrs (_: fromHand) {
    containers = import ./sets/written/containers.nix;
    desktop-minimal = import ./sets/written/desktop-minimal.nix;
    nixos = import ./sets/written/nixos.nix;
    server-minimal = import ./sets/written/server-minimal.nix;
  };

  fromHand =
    written:
    let
      placeOf = kind: prefix: path: {
        inherit kind;
        path = prefix + path;
        nixos = [ ];
        option = null;
      };
      home = written.users or { };
    in
    {
      inherit (written) title;
      kind = "composition";
      nixos = [ ];
      units = [ ];
      places =
        builtins.concatMap (name: (placesOf name).places) (written.includes or [ ])
        ++ map (placeOf "directory" "") (written.directories or [ ])
        ++ map (placeOf "file" "") (written.files or [ ])
        ++ map (placeOf "directory" "~/") (home.directories or [ ])
        ++ map (placeOf "file" "~/") (home.files or [ ]);
    };

  # What is written by hand comes first: it may take a name of the catalogue for something larger.
  all = ofCatalogue // ofHand;

  # Sets of a file that is about several services go by the services' names, too: "redmine" of services.redmine.
  byService =
    name:
    let
      isOf = option: lib.hasSuffix ".${name}" option;
      files = builtins.filter (file: builtins.any isOf ofCatalogue.${file}.nixos) (
        builtins.attrNames ofCatalogue
      );
      set = ofCatalogue.${builtins.head files};
    in
    if files == [ ] then
      null
    else
      set
      // {
        nixos = builtins.filter isOf set.nixos;
        places = builtins.filter (place: builtins.any isOf place.nixos) set.places;
      };

  serviceNames = builtins.concatMap (
    { nixos, ... }: map (option: lib.last (lib.splitString "." option)) nixos
  ) (builtins.attrValues ofCatalogue);

  placesOf =
    name:
    let
      known = all.${name} or (byService name);
      near = lib.unique (
        builtins.filter (isInOtherLetters name) serviceNames ++ nearest (builtins.attrNames all) name
      );
    in
    if known != null then
      known
    else
      throw (
        "ebb: there is no persistence set \"${name}\"."
        + (
          if near == [ ] then
            " docs/reference/persistence-sets.md has all of them."
          else
            " Is it one of: ${builtins.concatStringsSep ", " near}?"
        )
      );

  isPattern = { kind, ... }: kind == "pattern";
  declaredOf = set: compose (builtins.filter (place: !(isPattern place)) set.places);

  setOf =
    set:
    declaredOf set
    // {
      inherit (set)
        title
        kind
        nixos
        units
        ;
      patterns = map ({ path, ... }: path) (builtins.filter isPattern set.places);
      options = map ({ option, path, ... }: { inherit option path; }) (
        builtins.filter ({ option, ... }: option != null) set.places
      );
    };

  sets = builtins.mapAttrs (_: setOf) all;

  # Where a set stands alone nobody knows whose homes its users are.
  withoutUsers = { directories, files, ... }: { inherit directories files; };

  impermanence = builtins.mapAttrs (_: set: shapes.impermanence (withoutUsers set)) sets;
  preservation = builtins.mapAttrs (_: set: shapes.preservation (withoutUsers set)) sets;
  declared = import ./sets/declared.nix { inherit lib paths; };
in
{
  inherit sets shapes;

  compose =
    names:
    compose (
      builtins.filter (place: !(isPattern place)) (
        builtins.concatMap (name: (placesOf name).places) names
      )
    );

  # What others declare: see nix/sets/declared.nix.
  declaredPaths = declared.pathsOf;
  inherit (declared) withoutPaths;

  inherit impermanence preservation;

  # As a flake's output: a set by its name is a value for `environment.persistence.<storage>`.
  persistenceSets = impermanence // {
    inherit preservation;
  };

  # `config` and `options` of NixOS → { names; directories; files; users.<name> = { directories; files; }; }
  #   names            sets that are named: all of them, where the configuration put it
  #   auto             and those of what it enables
  #   exclude          names of sets, or paths, not to have
  #   storage          where persistent storage is mounted: what lies there is kept
  #   ephemeralMounts  mounts beside the root that are reset, too
  #   users            in whose homes what belongs in a home is kept
  #   except           paths that something else declares: a module may not take one twice
  configured =
    {
      config,
      options,
      names ? [ ],
      auto ? false,
      exclude ? [ ],
      storage ? "/persist",
      ephemeralMounts ? [ ],
      users ? [ ],
      except ? [ ],
    }:
    let
      configuration = import ./sets/configuration.nix { inherit lib paths; } { inherit config options; };
      inherit
        (import ./sets/configured.nix { inherit lib paths; } {
          inherit configuration storage ephemeralMounts;
        })
        configured
        ;
      isExcluded = name: builtins.elem name exclude;
      enabled = builtins.filter (
        name:
        !(builtins.elem name names) && builtins.any configuration.isEnabled entries.${name}.nixos or [ ]
      ) (builtins.attrNames entries);
      isWanted = { path, ... }: !(builtins.any (other: paths.isWithin other path) (exclude ++ except));
      placesOfSets =
        onlyEnabled: wanted:
        builtins.concatMap (name: configured { inherit onlyEnabled; } (placesOf name).places) (
          builtins.filter (name: !(isExcluded name)) wanted
        );
      automatic = if auto then enabled else [ ];
      ofContainers = configured { onlyEnabled = false; } (
        import ./sets/container-data.nix { inherit lib paths; } { inherit configuration; }
      );
      composition = compose (
        builtins.filter isWanted (
          placesOfSets false names ++ placesOfSets true automatic ++ lib.optionals auto ofContainers
        )
      );
      isKept = user: configuration.isOnKeptFileSystem ephemeralMounts (configuration.homeOf user);
      homes = builtins.filter (user: !(isKept user)) users;
      # In the home of a user, what nothing else declares: not the home as a whole either.
      inHome =
        user:
        builtins.mapAttrs (
          _:
          builtins.filter (
            entry: !(paths.isWithinAny except "${configuration.homeOf user}/${entry.directory or entry.file}")
          )
        ) composition.users;
      isEmpty = home: home.directories == [ ] && home.files == [ ];
    in
    withoutUsers composition
    // {
      names = builtins.filter (name: !(isExcluded name)) (names ++ automatic);
      users = lib.filterAttrs (_: home: !(isEmpty home)) (lib.genAttrs homes inHome);
    };
}
