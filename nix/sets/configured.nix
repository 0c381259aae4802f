# The places of sets as a configuration has them: only of what it enables, where it put them, owned by whom it knows.
{ lib, paths }:
{
  configuration,
  storage,
  ephemeralMounts,
}:
let
  inherit (configuration)
    hasGroup
    hasUser
    instanceNamesOf
    isEnabled
    isHome
    isKnown
    isOnKeptFileSystem
    valuesOf
    ;
  inherit (paths) isShared isWithin;

  # "/var/lib/redis-*" of the instances of an option: one path for each. "" is the instance without a name of its own.
  instantiated =
    place:
    let
      beforeAndAfter = builtins.match "([^][*?\\]*)[*]([^][*?\\]*)" place.path;
      before = builtins.elemAt beforeAndAfter 0;
      after = builtins.elemAt beforeAndAfter 1;
      # A name may be anything that Nix can quote.
      pathOf =
        name:
        paths.normalise (
          if name == "" then lib.removeSuffix "-" before + after else "${before}${name}${after}"
        );
    in
    if place.kind != "pattern" then
      [ place ]
    else if beforeAndAfter == null then
      [ ]
    else
      map
        (
          path:
          place
          // {
            kind = place.matches;
            inherit path;
          }
        )
        (
          builtins.filter (path: path != null) (map pathOf (builtins.concatMap instanceNamesOf place.nixos))
        );

  # What an option may be set to: a path, the name of a directory beside the usual one, or a list of paths, or of what
  # has a `path`, as host keys have.
  textOf =
    value:
    if builtins.isString value then
      [ value ]
    else if builtins.isPath value then
      [ (toString value) ]
    else if builtins.isList value then
      builtins.concatMap (item: textOf (if builtins.isAttrs item then item.path or null else item)) value
    else
      [ ];

  # null where the option says nothing.
  pathsOf =
    place:
    let
      values = valuesOf place.option;
      # The option has the private key; the other is beside it.
      suffix = if lib.hasSuffix ".pub" place.path then ".pub" else "";
      absolute =
        text:
        paths.normalise (
          if builtins.match "[^/]+" text != null then "${builtins.dirOf place.path}/${text}" else text
        );
      texts = builtins.concatMap textOf values;
      named = builtins.filter (path: path != null) (map (text: absolute (text + suffix)) texts);
    in
    if named == [ ] && !(builtins.any builtins.isList values) then
      null
    else
      # Who has his home for a service's directory keeps it, or not, as a home.
      builtins.filter (path: !(isHome path)) named;

  # Programs write more than one file (a database's journal) and replace files as a whole: the directory, where it is
  # theirs.
  placeAt =
    place: path:
    let
      directory = builtins.dirOf path;
    in
    if place.kind == "file" && !(lib.hasPrefix "/etc/" path) && !(isShared directory) then
      removeAttrs place [ "mode" ]
      // {
        kind = "directory";
        path = directory;
      }
    else
      place // { inherit path; };

  # Where it is by the configuration; null where that says nothing, or nothing else than the catalogue.
  movedTo =
    place:
    let
      usual = paths.publicNameOf place.path;
      isElsewhere = path: !(isWithin usual (paths.publicNameOf path));
      set = pathsOf place;
      # A file that the option does not name is not there; a directory has a name without it.
      isUnused = place.kind == "file" && isKnown place.option;
    in
    if place.option == null || lib.hasPrefix "~/" place.path then
      null
    else if set == null then
      if isUnused then [ ] else null
    else if set == [ ] || builtins.any isElsewhere set then
      set
    else
      null;

  moved =
    places:
    let
      withTargets = map (place: {
        inherit place;
        targets = movedTo place;
      }) places;
      # A directory that went to one place took with it what the catalogue knows of it.
      moves = builtins.filter (
        { place, targets }:
        place.kind == "directory" && targets != null && builtins.length targets == 1
      ) withTargets;
      follow =
        place:
        let
          above = builtins.filter (move: isWithin move.place.path place.path) moves;
          move = builtins.head above;
        in
        if above == [ ] then
          place
        else
          place
          // {
            path = builtins.head move.targets + lib.removePrefix move.place.path place.path;
          };
    in
    builtins.concatMap (
      { place, targets }: if targets == null then [ (follow place) ] else map (placeAt place) targets
    ) withTargets;

  # A user that this configuration does not have cannot be given anything: chown would fail at each activation.
  owned =
    place:
    let
      given =
        name:
        builtins.filter builtins.isString (
          builtins.concatMap (option: valuesOf "${option}.${name}") place.nixos
        );
      nameOf =
        name: exists:
        let
          candidates = builtins.filter exists (given name ++ [ place.${name} ]);
        in
        if !(place ? ${name}) || candidates == [ ] then
          null
        else if place.${name} == "root" then
          "root"
        else
          builtins.head candidates;
    in
    removeAttrs place [
      "user"
      "group"
    ]
    // lib.filterAttrs (_: value: value != null) {
      user = nameOf "user" hasUser;
      group = nameOf "group" hasGroup;
    };

  isToBeDeclared =
    { path, ... }:
    lib.hasPrefix "~/" path
    || !(
      builtins.any (directory: isWithin directory path) [
        "/dev"
        "/nix"
        "/proc"
        "/run"
        "/sys"
        "/tmp"
        "/var/run"
        "/var/tmp"
        storage
      ]
      || isOnKeptFileSystem ephemeralMounts path
    );
in
{
  # Places of a set → places, without patterns.
  configured =
    { onlyEnabled }:
    places:
    let
      meant = builtins.filter (
        { nixos, ... }: !onlyEnabled || nixos == [ ] || builtins.any isEnabled nixos
      ) places;
    in
    builtins.filter isToBeDeclared (map owned (moved (builtins.concatMap instantiated meant)));
}
