# How definitions of several modules become one value. Each case: the configuration of some modules.
lib:
let
  inherit (lib) mkOption types;
  values = modules: (lib.evalModules { inherit modules; }).config;
  # One option `x` of a type, and what modules say of it.
  of =
    type: definitions:
    (values ([ { options.x = mkOption { inherit type; }; } ] ++ map (x: { config.x = x; }) definitions))
    .x;
  list = types.listOf types.int;
in
{
  order = {
    ofModules = of list [
      [ 1 ]
      [ 2 ]
      [ 3 ]
    ];
    ofImports = values [
      { options.x = mkOption { type = list; }; }
      {
        imports = [
          { x = [ 1 ]; }
          {
            imports = [ { x = [ 2 ]; } ];
            x = [ 3 ];
          }
        ];
        x = [ 4 ];
      }
      { x = [ 5 ]; }
    ];
    withinMerge = of list [
      (lib.mkMerge [
        [ 1 ]
        [ 2 ]
      ])
      [ 3 ]
    ];
    beforeAfter = of list [
      (lib.mkAfter [ 1 ])
      [ 2 ]
      (lib.mkBefore [ 3 ])
      [ 4 ]
      (lib.mkOrder 1500 [ 5 ])
      (lib.mkOrder 501 [ 6 ])
    ];
    linesBeforeAfter = of types.lines [
      (lib.mkAfter "a")
      "b"
      (lib.mkBefore "c")
    ];
    inMergeOfCondition = of list [
      (lib.mkIf true (
        lib.mkMerge [
          (lib.mkAfter [ 1 ])
          (lib.mkIf false [ 2 ])
          [ 3 ]
        ]
      ))
    ];
    sameModuleTwice = values [
      { options.x = mkOption { type = list; }; }
      ./once.nix
      { imports = [ ./once.nix ]; }
    ];
  };

  priorities = {
    defaultLoses = of types.int [
      (lib.mkDefault 1)
      2
    ];
    forceWins = of types.int [
      (lib.mkForce 1)
      2
      (lib.mkDefault 3)
    ];
    ofLists = of list [
      (lib.mkDefault [ 1 ])
      (lib.mkOverride 1000 [ 2 ])
    ];
    conditionOutside = of types.int [
      (lib.mkIf false (lib.mkForce 1))
      2
    ];
    conditionInside = of types.int [
      (lib.mkForce (lib.mkIf true 1))
      2
    ];
    pushedDown = values [
      {
        options.a.x = mkOption { type = types.int; };
        options.a.y = mkOption {
          type = types.int;
          default = 0;
        };
      }
      {
        config.a = lib.mkForce {
          x = 1;
          y = 2;
        };
      }
      {
        config.a.x = 3;
        config.a.y = 4;
      }
    ];
    orderInForce = of list [
      (lib.mkForce (lib.mkAfter [ 1 ]))
      (lib.mkForce [ 2 ])
    ];
    inAttributes = of (types.attrsOf types.int) [
      {
        a = lib.mkDefault 1;
        b = 1;
      }
      { a = 2; }
    ];
    ofWholeAttributes = of (types.attrsOf types.int) [
      (lib.mkForce { a = 1; })
      { b = 2; }
    ];
    equalStrings = of types.str [
      "a"
      "a"
    ];
    conflictingStrings = of types.str [
      "a"
      "b"
    ];
    imageMedia = of types.int [
      (lib.mkImageMediaOverride 1)
      2
    ];
  };

  defaults = {
    isUsed = values [
      {
        options.x = mkOption {
          type = list;
          default = [ 1 ];
        };
      }
    ];
    isReplacedNotMerged = values [
      {
        options.x = mkOption {
          type = list;
          default = [ 1 ];
        };
        config.x = [ 2 ];
      }
    ];
    isMergedWithItsPriority = values [
      {
        options.x = mkOption {
          type = list;
          default = [ 1 ];
        };
        config.x = lib.mkOptionDefault [ 2 ];
      }
    ];
    missing = of types.int [ ];
    missingList = of list [ ];
    missingSubmodule = of (types.submodule { options.y = mkOption { default = 1; }; }) [ ];
    missingNullOr = of (types.nullOr types.int) [ ];
    ofAnotherOption = values [
      (
        { config, ... }:
        {
          options.x = mkOption { default = config.y + 1; };
          options.y = mkOption { default = 1; };
        }
      )
    ];
  };

  conditions = {
    onAnotherOption = values [
      (
        { config, ... }:
        {
          options.x = mkOption {
            type = types.int;
            default = 0;
          };
          options.enable = mkOption { type = types.bool; };
          config = lib.mkIf config.enable {
            x = 1;
          };
        }
      )
      { enable = true; }
    ];
    outOfAttributes = of (types.attrsOf types.int) [
      {
        a = lib.mkIf false 1;
        b = lib.mkIf true 2;
      }
    ];
    outOfLazyAttributes = lib.attrNames (
      of (types.lazyAttrsOf types.int) [
        {
          a = lib.mkIf false 1;
          b = 2;
        }
      ]
    );
    inList = of list [
      [
        (lib.mkIf false 1)
        2
      ]
    ];
    notBoolean = of types.int [ (lib.mkIf "yes" 1) ];
    ofAssertion = builtins.tryEval (of types.int [ (lib.mkAssert false "no" 1) ]);
  };
}
