# Strings.
lib:
let
  strings = [
    ""
    "a"
    "-v"
    "a b"
    "it's"
    "$HOME \${x} \\ \" `id`"
    "line\nbreak\ttab"
    "/persist"
    "/persist/var/lib"
    "ä€"
    "x.y*z[0]{1}"
  ];
  each = f: map f strings;
  pairs = f: lib.concatMap (a: map (f a) strings) strings;
in
{
  hasPrefix = pairs lib.hasPrefix;
  hasSuffix = pairs lib.hasSuffix;
  removePrefix = pairs lib.removePrefix;
  removeSuffix = pairs lib.removeSuffix;
  # `.` of a regular expression matches no line break there, in the lib of nixpkgs.
  hasInfix = lib.concatMap (
    a: map (lib.hasInfix a) (lib.filter (s: !lib.hasPrefix "line" s) strings)
  ) strings;
  splitString = lib.concatMap (separator: each (lib.splitString separator)) [
    "/"
    " "
    "."
    "\n"
    "er"
  ];
  escapeShellArg = each lib.escapeShellArg;
  escapeShellArgs = lib.escapeShellArgs (
    strings
    ++ [
      1
      null
      true
    ]
  );
  escape = each (
    lib.escape [
      "$"
      "\""
      " "
    ]
  );
  escapeC = each (lib.strings.escapeC (lib.stringToCharacters " $`\"\\{}*-."));
  escapeRegex = each lib.escapeRegex;
  escapeNixString = each lib.strings.escapeNixString;
  escapeNixIdentifier = map lib.strings.escapeNixIdentifier [
    "a"
    "a-b"
    "1a"
    "a.b"
    ""
    "with"
    "in"
    "a'"
  ];
  escapeXML = each lib.escapeXML;
  concat = [
    (lib.concatStrings strings)
    (lib.concatMapStrings (s: "<${s}>") strings)
    (lib.concatMapStringsSep ", " (s: "<${s}>") strings)
    (lib.concatImapStringsSep ", " (i: s: "${toString i}${s}") strings)
    (lib.concatLines strings)
    (lib.concatMapAttrsStringSep ", " (name: value: "${name}=${toString value}") {
      a = 1;
      b = 2;
    })
  ];
  optionalString = [
    (lib.optionalString true "a")
    (lib.optionalString false "a")
  ];
  stringToCharacters = lib.stringToCharacters "a\nb";
  stringAsChars = lib.stringAsChars (c: "${c}-") "abc";
  replicate = lib.strings.replicate 3 "ab";
  case = [
    (lib.toLower "aBcÄ1")
    (lib.toUpper "aBcä1")
  ];
  trim = map lib.trim [
    ""
    " "
    " a"
    "a b \n"
    "\t a"
  ];
  toInt = map (s: (builtins.tryEval (lib.toInt s)).value) [
    "0"
    "-12"
    " 7 "
    "08"
    "1.5"
    ""
    "x"
  ];
  fixedWidthString = [
    (lib.fixedWidthString 4 "0" "7")
    (lib.fixedWidthString 1 "0" "7")
  ];
  versions = map (f: f "24.11" "24.5") [
    lib.versionOlder
    lib.versionAtLeast
  ];
  boolToString = map lib.boolToString [
    true
    false
  ];
  searchPath = lib.makeBinPath [
    "/a"
    "/b"
  ];
  hasPrefixOfPath = lib.hasInfix "" "a";
}
