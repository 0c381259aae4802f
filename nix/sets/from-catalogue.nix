# A persistence set out of a file of the catalogue: what of it is to be kept on NixOS, and can be declared.
{ lib, paths }:
entry:
let
  inherit (paths)
    isPattern
    isShared
    isWithin
    isWithinAny
    literalPartOf
    publicNameOf
    ;

  enabledBy = entry.nixos or [ ];

  isKept =
    given:
    (given.persist or (
      if
        builtins.elem given.category [
          "state"
          "secret"
          "home"
        ]
      then
        "yes"
      else
        "no"
    )
    ) == "yes";

  # The options that make a service keep this: what the path itself says; or the one that its directory's option is of.
  optionsOf =
    given:
    let
      ofOption = builtins.filter (name: lib.hasPrefix "${name}." given.option) enabledBy;
      isLonger = a: b: builtins.stringLength a > builtins.stringLength b;
    in
    given.nixos or (
      if given ? option && ofOption != [ ] then
        [ (builtins.head (builtins.sort isLonger ofOption)) ]
      else
        enabledBy
    );

  isElsewhere = given: optionsOf given == [ ] && (given ? nixos || entry ? nixos);

  # /etc is made by the configuration, /opt and /usr are not there: what lies outside of /var and the homes is kept on
  # NixOS only where its path says that it is.
  isPlaceOfNixos =
    given: path: lib.hasPrefix "/var/" path || lib.hasPrefix "~/" path || (given.nixos or [ ]) != [ ];

  # systemd keeps what a service with a dynamic user calls /var/lib/NAME in /var/lib/private/NAME, and makes a link of
  # the first. It moves a directory that it finds there, which fails where something is mounted on it.
  isLinkToPrivate =
    given: path:
    let
      private = builtins.replaceStrings [ "/var/lib/" ] [ "/var/lib/private/" ] path;
    in
    private != path && builtins.elem private ((given.paths or [ ]) ++ (given.exact or [ ]));

  placesOf =
    given:
    let
      ownership = lib.filterAttrs (_: value: value != null) {
        user = given.owner or null;
        group = given.group or null;
      };
      isLink = (given.types or [ ]) == [ "symlink" ];
      isDirectory = (given.types or [ ]) == [ "directory" ];
      of = {
        nixos = optionsOf given;
        option = given.option or null;
      };
      isPrivate = lib.hasPrefix "/var/lib/private/";

      # The dynamic user is nobody's before the service starts, and systemd gives the directory its mode.
      attributesOf =
        path:
        if isPrivate path then
          { }
        else
          ownership // lib.optionalAttrs (given ? mode) { inherit (given) mode; };

      placeOf =
        kind: path:
        if isPattern path then
          let
            parent = builtins.match "(.*)/[*]" path;
            directory = builtins.head parent;
          in
          if parent != null && !isPattern directory && !isShared directory then
            of
            // ownership
            // {
              kind = "directory";
              path = directory;
            }
          else
            of
            // attributesOf path
            // {
              kind = "pattern";
              inherit path;
              matches = kind;
            }
        else
          of // attributesOf path // { inherit kind path; };

      written =
        map (placeOf "directory") (given.paths or [ ])
        ++ map (placeOf (if isDirectory then "directory" else "file")) (given.exact or [ ]);
    in
    if isLink || !(isKept given) || isElsewhere given then
      [ ]
    else
      builtins.filter ({ path, ... }: isPlaceOfNixos given path && !(isLinkToPrivate given path)) (
        if given ? instead then
          [
            (
              of
              // ownership
              // {
                kind = "directory";
                path = given.instead;
              }
            )
          ]
        else
          written
      );

  # What has another name elsewhere has it with all that is in it.
  namesElsewhere = builtins.concatMap (
    given: (given.elsewhere or [ ]) ++ (if isElsewhere given then given.paths or [ ] else [ ])
  ) entry.path;

  all = builtins.filter ({ path, ... }: !(isWithinAny namesElsewhere path)) (
    builtins.concatMap placesOf entry.path
  );

  # Below a directory that is kept, also by the name that its service has for that. What an option moves out of it is
  # listed for itself.
  isCovered =
    place:
    let
      literal = if place.kind == "pattern" then literalPartOf place.path else place.path;
      covers =
        other:
        other.kind == "directory"
        && other.path != place.path
        && (isWithin other.path literal || isWithin (publicNameOf other.path) literal);
    in
    place.option == null && builtins.any covers all;
in
{
  inherit (entry) title kind;
  nixos = enabledBy;
  units = entry.units or [ ];
  # [ { kind = "directory" | "file" | "pattern"; path; user?; group?; mode?; nixos; option; } ], in homes with ~/ first.
  places = builtins.filter (place: !(isCovered place)) all;
}
