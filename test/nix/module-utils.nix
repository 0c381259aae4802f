# The argument `utils` of NixOS modules (nixos/lib/utils.nix), as far as it is used.
{ lib }:

let
  # With a slash behind, so that one is a prefix of another only where it is a parent.
  asDirectory = path: "${lib.removeSuffix "/" path}/";
  before =
    a: b:
    let
      above = asDirectory a.mountPoint;
    in
    lib.any (path: lib.hasPrefix above (asDirectory path)) (
      [
        (toString b.device)
        b.mountPoint
      ]
      ++ b.depends
    );
  # All that stays is letters, digits, `:`, `_` and `.`; a slash has become a dash by then.
  special = lib.stringToCharacters " !\"#$%&'()*+,;<=>?@[\\]^`{|}~-";
in
{
  pathsNeededForBoot = [
    "/"
    "/nix"
    "/nix/store"
    "/var"
    "/var/log"
    "/var/lib"
    "/var/lib/nixos"
    "/etc"
    "/usr"
  ];
  fsNeededForBoot =
    fs:
    fs.neededForBoot
    || lib.elem fs.mountPoint (import ./module-utils.nix { inherit lib; }).pathsNeededForBoot;
  fsBefore = before;

  escapeSystemdPath =
    path:
    let
      parts = lib.filter (part: part != "" && part != ".") (lib.splitString "/" path);
      escaped = lib.concatMapStringsSep "-" (lib.strings.escapeC special) parts;
    in
    if lib.elem ".." parts then
      throw "escapeSystemdPath: ${path} is not a normalized path"
    else if parts == [ ] then
      "-"
    else if lib.hasPrefix "." escaped then
      lib.strings.escapeC [ "." ] "." + lib.removePrefix "." escaped
    else
      escaped;

  escapeSystemdExecArg =
    argument: builtins.replaceStrings [ "%" "$" ] [ "%%" "$$" ] (builtins.toJSON (toString argument));
  escapeSystemdExecArgs = lib.concatMapStringsSep " " (
    (import ./module-utils.nix { inherit lib; }).escapeSystemdExecArg
  );
}
