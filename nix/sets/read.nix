# The files about services of a directory, by their names; each is read when it is looked at.
directory:
let
  names = builtins.concatMap (
    file:
    let
      name = builtins.match "(.*)[.]toml" file;
    in
    if name == null || name == [ "general" ] then [ ] else name
  ) (builtins.attrNames (builtins.readDir directory));
in
builtins.listToAttrs (
  map (name: {
    inherit name;
    value = builtins.fromTOML (builtins.readFile (directory + "/${name}.toml"));
  }) names
)
