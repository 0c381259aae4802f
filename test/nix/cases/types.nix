# What each type takes and refuses, and what it makes of several definitions.
lib:
let
  inherit (lib) mkOption types;
  evaluate =
    type: definitions:
    builtins.tryEval (
      let
        value =
          (lib.evalModules {
            modules = [ { options.x = mkOption { inherit type; }; } ] ++ map (x: { config.x = x; }) definitions;
          }).config.x;
      in
      builtins.deepSeq value value
    );
  derivation = {
    type = "derivation";
    name = "a";
    outPath = "/nix/store/eeeeeeeeeeeeeeeeeeeeeeeeeeeeeeee-a";
  };
  named = types.submodule (
    { name, config, ... }:
    {
      options = {
        name = mkOption {
          type = types.str;
          default = name;
        };
        number = mkOption {
          type = types.int;
          default = 1;
        };
        list = mkOption {
          type = types.listOf types.int;
          default = [ ];
        };
        double = mkOption { default = config.number * 2; };
      };
    }
  );

  all = {
    inherit (types)
      anything
      bool
      float
      int
      lines
      nonEmptyStr
      package
      path
      raw
      singleLineStr
      str
      unspecified
      ;
    unsigned = types.ints.unsigned;
    positive = types.ints.positive;
    between = types.ints.between 1 3;
    inherit (types) port;
    enum = types.enum [
      "a"
      1
    ];
    strMatching = types.strMatching "[a-z]+";
    listOf = types.listOf types.int;
    nonEmptyListOf = types.nonEmptyListOf types.int;
    attrsOf = types.attrsOf types.int;
    lazyAttrsOf = types.lazyAttrsOf types.int;
    attrs = types.attrs;
    nullOr = types.nullOr types.int;
    either = types.either types.int types.str;
    eitherOfLists = types.either types.str (types.nonEmptyListOf types.str);
    oneOf = types.oneOf [
      types.int
      types.str
      (types.listOf types.int)
    ];
    coercedTo = types.coercedTo types.str (text: { name = text; }) named;
    coercedList = types.listOf (types.coercedTo types.str (text: { name = text; }) named);
    namesOrSet = types.coercedTo (types.listOf types.str) (names: { inherit names; }) (
      types.submodule {
        options.names = mkOption {
          type = types.listOf types.str;
          default = [ ];
        };
        options.auto = mkOption {
          type = types.bool;
          default = false;
        };
      }
    );
    submodule = named;
    submodules = types.attrsOf named;
    lazySubmodules = types.lazyAttrsOf named;
    nullOrSubmodule = types.nullOr named;
    addCheck = types.addCheck types.int (value: value != 2);
    passwdEntry = types.passwdEntry types.str;
    uniq = types.uniq types.int;
    commas = types.commas;
    attrsOfLists = types.attrsOf (types.listOf types.int);
    listOfAnything = types.listOf types.anything;
    open = types.submodule {
      freeformType = types.attrsOf types.str;
      options.number = mkOption {
        type = types.int;
        default = 1;
      };
    };
  };

  definitions = [
    [ 1 ]
    [ 0 ]
    [ (-1) ]
    [ 2 ]
    [ 1.5 ]
    [ "a" ]
    [ "" ]
    [ "a\n" ]
    [ "a\nb" ]
    [ " " ]
    [ "A:b" ]
    [ "etc" ]
    [ true ]
    [ null ]
    [ [ ] ]
    [
      [
        1
        2
      ]
    ]
    [
      [
        "a"
        "b"
      ]
    ]
    [ { } ]
    [ { a = 1; } ]
    [ { number = 5; } ]
    [ { number = "5"; } ]
    [ { names = [ "z" ]; } ]
    [ { a.number = 5; } ]
    [ derivation ]
    # Several.
    [
      1
      1
    ]
    [
      1
      2
    ]
    [
      "a"
      "a"
    ]
    [
      "a"
      "b"
    ]
    [
      "a"
      1
    ]
    [
      null
      null
    ]
    [
      null
      1
    ]
    [
      true
      false
    ]
    [
      [ 1 ]
      [ 2 ]
    ]
    [
      [ "a" ]
      { auto = true; }
      { names = [ "c" ]; }
    ]
    [
      { a = 1; }
      { b = 2; }
    ]
    [
      { a = 1; }
      { a = 2; }
    ]
    [
      { a = [ 1 ]; }
      { a = [ 2 ]; }
    ]
    [
      { a.list = [ 1 ]; }
      { a.list = [ 2 ]; }
      {
        a.list = lib.mkBefore [ 3 ];
        b.number = 4;
      }
    ]
    [
      { list = [ 1 ]; }
      { list = [ 2 ]; }
      { number = lib.mkForce 7; }
      { number = 3; }
    ]
    [
      {
        number = 2;
        other = "text";
      }
    ]
    [
      derivation
      derivation
    ]
  ];
in
{
  values = lib.mapAttrs (_: type: map (evaluate type) definitions) all;
  # A path where a module is wanted would be imported.
  paths = map (type: evaluate type [ "/etc" ]) [
    all.path
    all.str
    all.package
    all.anything
    all.nullOr
  ];
  moduleAsDefinition = evaluate named [
    ({ config, ... }: { config.list = [ config.number ]; })
    { list = [ 9 ]; }
  ];
  descriptions = lib.mapAttrs (_: type: type.description) all;
  nested = map (type: type.description) [
    (types.listOf (types.either types.int types.str))
    (types.attrsOf (types.nullOr types.ints.positive))
    (types.either types.ints.positive (types.listOf types.str))
    (types.nullOr (types.listOf (types.enum [ "a" ])))
    (types.enum [ ])
  ];
  names = lib.mapAttrs (_: type: type.name) {
    inherit (types)
      str
      int
      bool
      unspecified
      ;
    attrs = types.attrsOf types.int;
    list = types.listOf types.int;
    module = named;
  };
}
