lib:
let
  inherit (builtins)
    concatStringsSep
    genList
    head
    match
    replaceStrings
    stringLength
    substring
    ;
  upperLetters = lib.stringToCharacters "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
  lowerLetters = lib.stringToCharacters "abcdefghijklmnopqrstuvwxyz";
  keywords = [
    "assert"
    "else"
    "if"
    "in"
    "inherit"
    "let"
    "or"
    "rec"
    "then"
    "with"
  ];
in
{
  inherit (builtins)
    concatStringsSep
    isString
    match
    replaceStrings
    split
    stringLength
    substring
    toJSON
    ;

  optionalString = condition: string: if condition then string else "";
  concatStrings = concatStringsSep "";
  concatMapStrings = f: list: lib.concatStrings (map f list);
  concatMapStringsSep =
    separator: f: list:
    concatStringsSep separator (map f list);
  concatImapStringsSep =
    separator: f: list:
    concatStringsSep separator (lib.imap1 f list);
  concatMapAttrsStringSep =
    separator: f: set:
    concatStringsSep separator (lib.mapAttrsToList f set);
  concatLines = lib.concatMapStrings (line: line + "\n");
  replicate = number: string: lib.concatStrings (genList (_: string) number);
  stringToCharacters = string: genList (index: substring index 1 string) (stringLength string);
  stringAsChars = f: string: lib.concatMapStrings f (lib.stringToCharacters string);

  hasPrefix = prefix: string: substring 0 (stringLength prefix) string == prefix;
  hasSuffix =
    suffix: string:
    let
      rest = stringLength string - stringLength suffix;
    in
    rest >= 0 && substring rest (stringLength suffix) string == suffix;
  hasInfix = infix: string: replaceStrings [ infix ] [ "" ] string != string || infix == "";
  removePrefix =
    prefix: string:
    if lib.hasPrefix prefix string then
      substring (stringLength prefix) (stringLength string) string
    else
      string;
  removeSuffix =
    suffix: string:
    if lib.hasSuffix suffix string then
      substring 0 (stringLength string - stringLength suffix) string
    else
      string;
  splitString =
    separator: string:
    builtins.filter builtins.isString (
      builtins.split (lib.escapeRegex (toString separator)) (toString string)
    );
  trim = string: head (match "[ \t\r\n]*(.*[^ \t\r\n]|)[ \t\r\n]*" string);

  escape = characters: replaceStrings characters (map (character: "\\" + character) characters);
  escapeC =
    characters:
    let
      hexadecimal = "0123456789abcdef";
      byte = number: substring (number / 16) 1 hexadecimal + substring (lib.mod number 16) 1 hexadecimal;
    in
    replaceStrings characters (map (character: "\\x" + byte (lib.charToInt character)) characters);
  escapeRegex = lib.escape (lib.stringToCharacters "\\[{()^$?*+|.");
  escapeNixString = string: lib.escape [ "$" ] (builtins.toJSON string);
  escapeNixIdentifier =
    name:
    let
      isWord = match "[a-zA-Z_][a-zA-Z0-9_'-]*" name != null;
    in
    if isWord && !builtins.elem name keywords then name else lib.escapeNixString name;
  escapeShellArg =
    argument:
    let
      string = toString argument;
    in
    if match "[[:alnum:],._+:@%/-]+" string == null then
      "'${replaceStrings [ "'" ] [ "'\\''" ] string}'"
    else
      string;
  escapeShellArgs = lib.concatMapStringsSep " " lib.escapeShellArg;
  escapeXML = replaceStrings [ "\"" "'" "<" ">" "&" ] [ "&quot;" "&apos;" "&lt;" "&gt;" "&amp;" ];

  charToInt = character: lib.asciiTable.${character};
  toLower = replaceStrings upperLetters lowerLetters;
  toUpper = replaceStrings lowerLetters upperLetters;
  toInt =
    string:
    let
      digits = match "[[:space:]]*(-?)(0|[1-9][0-9]*)[[:space:]]*" string;
    in
    if digits == null then
      throw "toInt: Could not convert ${lib.escapeNixString string} to int."
    else
      builtins.fromJSON (lib.concatStrings digits);
  fixedWidthString =
    width: filler: string:
    let
      missing = width - stringLength string;
    in
    assert missing >= 0;
    if missing == 0 then
      string
    else
      filler + lib.fixedWidthString (width - stringLength filler) filler string;
  versionOlder = a: b: builtins.compareVersions a b == -1;
  versionAtLeast = a: b: !lib.versionOlder a b;
  makeBinPath = lib.makeSearchPathOutput "bin" "bin";
  makeSearchPathOutput =
    output: directory: packages:
    lib.makeSearchPath directory (map (lib.getOutput output) packages);
  makeSearchPath =
    directory: packages: lib.concatMapStringsSep ":" (path: "${path}/${directory}") packages;
  isStringLike =
    value: builtins.isString value || builtins.isPath value || value ? outPath || value ? __toString;
}
