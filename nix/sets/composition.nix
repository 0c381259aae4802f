# One declaration out of the places of several sets: each path once, and none that lies below another.
{ lib, paths }:
let
  inherit (paths) isWithin;

  # What two sets know of one directory: whose it is stands in the first that says it.
  mergeEqual =
    places:
    builtins.foldl'
      (
        merged: place:
        let
          known = merged.byPath.${place.path} or null;
        in
        {
          order = if known == null then merged.order ++ [ place.path ] else merged.order;
          byPath = merged.byPath // {
            ${place.path} = if known == null then place else place // known;
          };
        }
      )
      {
        order = [ ];
        byPath = { };
      }
      places;

  distinct =
    places:
    let
      merged = mergeEqual places;
    in
    map (path: merged.byPath.${path}) merged.order;

  # A file of one set may be a directory of another: the directory has it.
  outermost =
    places:
    let
      directories = distinct (builtins.filter ({ kind, ... }: kind == "directory") places);
      files = distinct (builtins.filter ({ kind, ... }: kind == "file") places);
      isBelowAnother =
        path: builtins.any (other: other.path != path && isWithin other.path path) directories;
      isDirectory = path: builtins.any (other: other.path == path) directories;
    in
    {
      directories = builtins.filter ({ path, ... }: !(isBelowAnother path)) directories;
      files = builtins.filter ({ path, ... }: !(isBelowAnother path || isDirectory path)) files;
    };

  attributesOf =
    place:
    lib.filterAttrs (
      name: _:
      builtins.elem name [
        "user"
        "group"
        "mode"
      ]
    ) place;

  declared =
    places:
    let
      kept = outermost places;
    in
    {
      directories = map (place: { directory = place.path; } // attributesOf place) kept.directories;
      files = map (place: { file = place.path; } // attributesOf place) kept.files;
    };

  isOfHome = { path, ... }: lib.hasPrefix "~/" path;

  # Made by nobody's program, when a machine is new: others may look into what is made without a mode.
  ofKeys = [
    ".gnupg"
    ".local/share/keyrings"
    ".local/share/password-store"
    ".password-store"
    ".pki"
    ".ssh"
  ];
  withinHome =
    place:
    let
      path = lib.removePrefix "~/" place.path;
      isOfKeys = place.kind == "directory" && builtins.elem path ofKeys;
    in
    lib.optionalAttrs isOfKeys { mode = "0700"; } // place // { inherit path; };
in
{
  # places → { directories; files; users = { directories; files; }; }, of [ { directory; user?; group?; mode?; } ] and
  # [ { file; user?; group?; mode?; } ].
  # `users` is for the home of each user, relative to it.
  compose =
    places:
    declared (builtins.filter (place: !(isOfHome place)) places)
    // {
      users = declared (map withinHome (builtins.filter isOfHome places));
    };
}
