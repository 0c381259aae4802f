# Pure functions: lib in, text and data out. Whatever becomes TOML, shell or a unit is escaped here and nowhere else.
{ lib }:

let
  inherit (builtins)
    attrNames
    concatMap
    concatStringsSep
    elemAt
    filter
    head
    isAttrs
    isBool
    isInt
    isList
    isString
    match
    replaceStrings
    ;

  # TOML: a basic string. JSON's escapes are TOML's too; DEL, which JSON leaves as it is, is not.
  tomlString =
    text:
    replaceStrings [ (builtins.fromJSON "\"\\u007f\"") ] [ "\\u007F" ] (
      builtins.toJSON (toString text)
    );

  tomlKey = key: if match "[A-Za-z0-9_-]+" key == null then tomlString key else key;

  tomlInline =
    value:
    if isString value then
      tomlString value
    else if isBool value then
      (if value then "true" else "false")
    else if isInt value then
      toString value
    else if isList value then
      "[ ${concatStringsSep ", " (map tomlInline value)} ]"
    else
      "{ ${
        concatStringsSep ", " (
          map (key: "${tomlKey key} = ${tomlInline value.${key}}") (attrNames (dropNull value))
        )
      } }";

  # A list has a line for each element: who reads it looks for one.
  tomlValue =
    value:
    if isList value && value != [ ] then
      "[\n${concatStringsSep "" (map (one: "  ${tomlInline one},\n") value)}]"
    else if isList value then
      "[]"
    else
      tomlInline value;

  dropNull = lib.filterAttrs (_: value: value != null);

  # Attributes that are sets become tables. null: not said.
  tomlTable =
    path: set:
    let
      said = dropNull set;
      isTable = key: isAttrs said.${key};
      keys = attrNames said;
      plain = filter (key: !isTable key) keys;
      tables = filter isTable keys;
      header = "[${concatStringsSep "." (map tomlKey path)}]\n";
      lines = map (key: "${tomlKey key} = ${tomlValue said.${key}}\n") plain;
      own = lib.optional (path != [ ] && (plain != [ ] || tables == [ ])) (
        header + concatStringsSep "" lines
      );
      top = lib.optional (path == [ ] && plain != [ ]) (concatStringsSep "" lines);
    in
    top ++ own ++ concatMap (key: tomlTable (path ++ [ key ]) said.${key}) tables;

  toTOML = set: concatStringsSep "\n" (tomlTable [ ] set);

  # One word of a shell, whatever it holds.
  shellWord = text: "'${replaceStrings [ "'" ] [ "'\\''" ] (toString text)}'";

  # Names at the top level of a device: what goes into mount options, where a comma or a blank would begin another one.
  isPlainName =
    name:
    match "[A-Za-z0-9_@:.+-][A-Za-z0-9_@:.+/-]*" name != null
    && match "(.*/)?\\.\\.?(/.*)?" name == null;

  # Absolute, without `.`, `..` and empty parts.
  isPlainPath =
    path: path == "/" || (match "(/[^/\n]+)+" path != null && match ".*/\\.\\.?(/.*)?" path == null);

  joinPath =
    above: below:
    let
      parts = filter (part: isString part && part != "") (
        concatMap (builtins.split "/") [
          above
          below
        ]
      );
    in
    "/${concatStringsSep "/" parts}";

  # P covers P and what is below P/, never P-old.
  covers =
    above: path: above == "/" || above == path || lib.hasPrefix "${lib.removeSuffix "/" above}/" path;

  # A device as mount(8) takes it, as a path.
  devicePath =
    device:
    let
      tag = match "(UUID|LABEL|PARTUUID|PARTLABEL|ID)=(.*)" device;
      directory = {
        UUID = "by-uuid";
        LABEL = "by-label";
        PARTUUID = "by-partuuid";
        PARTLABEL = "by-partlabel";
        ID = "by-id";
      };
    in
    if tag == null then device else "/dev/disk/${directory.${head tag}}/${elemAt tag 1}";

  deviceList =
    device:
    if device == null then
      [ ]
    else if isList device then
      device
    else
      [ device ];

  availability = import ./availability.nix {
    inherit
      lib
      covers
      joinPath
      devicePath
      ;
  };
in
{
  inherit
    toTOML
    shellWord
    isPlainName
    isPlainPath
    joinPath
    covers
    devicePath
    deviceList
    ;

  units = import ./units.nix { inherit lib; };
  inherit availability;
  persisted = import ./persisted.nix {
    inherit lib covers joinPath;
    inherit (availability) alwaysEarly;
  };

  # `boot/reset-root` reads it in the initrd. settings: { FILESYSTEM = "btrfs"; … }
  environmentFile =
    settings:
    concatStringsSep "" (
      map (name: "EBB_${name}=${shellWord settings.${name}}\n") (attrNames (dropNull settings))
    );
}
