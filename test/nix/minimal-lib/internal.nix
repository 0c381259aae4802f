# What the other parts share, and upstream's `lib` has elsewhere or not at all.
lib:
let
  inherit (builtins)
    isAttrs
    isBool
    isFloat
    isInt
    isList
    isString
    ;
in
{
  inherit (lib.types) mkOptionType;
  unknownModule = "<unknown-file>";
  # A value that is defined, or declared, where another one is.
  inFileOf = item: value: {
    inherit (item) file;
    inherit value;
  };
  # Definitions that are functions, as those of what they give.
  appliedTo = argument: map (definition: definition // { value = definition.value argument; });
  mod = a: b: a - b * (a / b);
  # Control characters do not come up, and a Nix string holds no NUL.
  asciiTable = builtins.listToAttrs (
    lib.imap0
      (index: name: {
        inherit name;
        value = index + 32;
      })
      (
        lib.stringToCharacters " !\"#$%&'()*+,-./0123456789:;<=>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[\\]^_`abcdefghijklmnopqrstuvwxyz{|}~"
      )
  );

  # A value as a Nix expression, for messages and for the reference of options.
  showValue = lib.toPretty "";
  toPretty =
    indent: value:
    let
      deeper = indent + "  ";
      between =
        open: close: items:
        if items == [ ] then
          "${open} ${close}"
        else
          "${open}\n${lib.concatMapStrings (item: "${deeper}${item}\n") items}${indent}${close}";
    in
    if isString value then
      lib.escapeNixString value
    else if isBool value then
      lib.boolToString value
    else if value == null then
      "null"
    else if isInt value || isFloat value || builtins.isPath value then
      toString value
    else if isList value then
      between "[" "]" (map (lib.toPretty deeper) value)
    else if lib.isDerivation value then
      "<derivation ${value.name or "???"}>"
    else if isAttrs value && !(value ? __functor) then
      between "{" "}" (
        lib.mapAttrsToList (
          name: inner: "${lib.escapeNixIdentifier name} = ${lib.toPretty deeper inner};"
        ) value
      )
    else
      "<function>";
}
