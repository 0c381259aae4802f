# Types of single values. A type is { name, description, check, merge, emptyValue, getSubOptions, join, modules }:
# `check` looks at one definition, `merge loc definitions` makes the value of them all, `join` makes one type of two
# declarations (or null); `modules` are those of the submodule in it, which `withModules` exchanges.
lib:
let
  inherit (builtins) isString match;

  mkOptionType =
    {
      name,
      description ? name,
      descriptionClass ? null,
      check ? _: true,
      merge ? lib.mergeDefaultOption,
      emptyValue ? { },
      getSubOptions ? _: { },
      nestedTypes ? { },
      join ? null,
      modules ? null,
      withModules ? _: null,
    }:
    let
      self = {
        _type = "option-type";
        inherit
          name
          description
          descriptionClass
          check
          merge
          emptyValue
          getSubOptions
          nestedTypes
          modules
          withModules
          ;
        join = if join != null then join else other: if other.name == name then self else null;
      };
    in
    self;

  equal =
    attributes:
    mkOptionType (
      {
        descriptionClass = "noun";
        merge = lib.mergeEqualOption;
      }
      // attributes
    );

  restricted =
    type: name: description: condition:
    lib.types.addCheck type condition
    // {
      inherit name description;
      descriptionClass = "nonRestrictiveClause";
    };

  separatedString =
    separator:
    mkOptionType {
      name = "separatedString ${separator}";
      description = "strings concatenated with ${builtins.toJSON separator}";
      descriptionClass = "noun";
      check = isString;
      merge = _: definitions: builtins.concatStringsSep separator (lib.getValues definitions);
    };

  integerBetween =
    lowest: highest:
    lib.types.addCheck lib.types.int (value: value >= lowest && value <= highest)
    // {
      name = "intBetween";
      description = "integer between ${toString lowest} and ${toString highest} (both inclusive)";
    };
  fixedWidth =
    bits: sign: lowest: highest:
    integerBetween lowest highest
    // {
      name = "${sign}Int${toString bits}";
      description = "${toString bits} bit ${sign} integer; between ${toString lowest} and ${toString highest} (both inclusive)";
    };
in
{
  inherit mkOptionType separatedString;
  isOptionType = lib.isType "option-type";

  addCheck = type: condition: type // { check = value: type.check value && condition value; };

  unspecified = mkOptionType {
    name = "unspecified";
    description = "unspecified value";
    descriptionClass = "noun";
  };
  raw = mkOptionType {
    name = "raw";
    description = "raw value";
    descriptionClass = "noun";
    merge = lib.mergeOneOption;
  };
  optionType = mkOptionType {
    name = "optionType";
    check = lib.isType "option-type";
    merge = lib.mergeOneOption;
  };

  bool = equal {
    name = "bool";
    description = "boolean";
    check = builtins.isBool;
  };
  float = equal {
    name = "float";
    description = "floating point number";
    check = builtins.isFloat;
  };
  int = equal {
    name = "int";
    description = "signed integer";
    check = builtins.isInt;
  };
  ints = {
    between = integerBetween;
    unsigned = restricted lib.types.int "unsignedInt" "unsigned integer, meaning >=0" (
      value: value >= 0
    );
    positive = restricted lib.types.int "positiveInt" "positive integer, meaning >0" (value: value > 0);
    u8 = fixedWidth 8 "unsigned" 0 255;
    u16 = fixedWidth 16 "unsigned" 0 65535;
    u32 = fixedWidth 32 "unsigned" 0 4294967295;
  };
  port = lib.types.ints.u16;

  str = equal {
    name = "str";
    description = "string";
    check = isString;
  };
  nonEmptyStr = equal {
    name = "nonEmptyStr";
    description = "non-empty string";
    check = value: isString value && match "[ \t\n]*" value == null;
  };
  singleLineStr = equal {
    name = "singleLineStr";
    description = "(optionally newline-terminated) single-line string";
    check = value: isString value && match "[^\n\r]*\n?" value != null;
    merge = loc: definitions: lib.removeSuffix "\n" (lib.mergeEqualOption loc definitions);
  };
  strMatching =
    pattern:
    equal {
      name = "strMatching ${lib.escapeNixString pattern}";
      description = "string matching the pattern ${pattern}";
      check = value: isString value && match pattern value != null;
    };
  lines = separatedString "\n";
  commas = separatedString ",";
  envVar = separatedString ":";
  passwdEntry =
    type:
    restricted type "passwdEntry ${type.name}" "${type.description}, not containing newlines or colons"
      (value: !lib.hasInfix ":" value && !lib.hasInfix "\n" value);
  path = equal {
    name = "path";
    description = "absolute path";
    check = value: lib.isStringLike value && builtins.substring 0 1 (toString value) == "/";
  };
  package = mkOptionType {
    name = "package";
    descriptionClass = "noun";
    check = value: lib.isDerivation value || lib.isStorePath value;
    merge = lib.mergeOneOption;
  };

  enum =
    values:
    let
      shown =
        value:
        if isString value then
          ''"${value}"''
        else if builtins.isInt value || builtins.isBool value then
          builtins.toJSON value
        else
          "<${builtins.typeOf value}>";
    in
    equal {
      name = "enum";
      description =
        if values == [ ] then
          "impossible (empty enum)"
        else if builtins.length values == 1 then
          "value ${shown (builtins.head values)} (singular enum)"
        else
          "one of ${lib.concatMapStringsSep ", " shown values}";
      descriptionClass = if builtins.length values < 2 then "noun" else "conjunction";
      check = value: builtins.elem value values;
      nestedTypes.values = values;
      join =
        other:
        if other.name == "enum" then
          lib.types.enum (lib.unique (values ++ other.nestedTypes.values))
        else
          null;
    };
}
