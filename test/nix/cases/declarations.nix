# What modules declare, and what they are called with. Each case: the configuration of some modules.
lib:
let
  inherit (lib) mkOption types;
  values = modules: (lib.evalModules { inherit modules; }).config;
in
{
  declarations = {
    applied = values [
      {
        options.x = mkOption {
          type = types.int;
          apply = x: x * 2;
        };
        config.x = 2;
      }
    ];
    readOnlyOnce = values [
      {
        options.x = mkOption { readOnly = true; };
        config.x = 1;
      }
    ];
    readOnlyTwice = values [
      {
        options.x = mkOption {
          readOnly = true;
          default = 1;
        };
        config.x = 2;
      }
    ];
    undeclared = values [ { x = 1; } ];
    undeclaredBelow = values [
      {
        options.a.x = mkOption { default = 1; };
        config.a.y = 1;
      }
    ];
    undeclaredUnderCondition = values [
      {
        options.a.x = mkOption { default = 1; };
        config = lib.mkIf false { a.y = 1; };
      }
    ];
    belowAnOption = values [
      { options.a = mkOption { default = 1; }; }
      { options.a.x = mkOption { default = 1; }; }
    ];
    twiceWithDefault = values [
      { options.x = mkOption { default = 1; }; }
      { options.x = mkOption { default = 2; }; }
    ];
    twiceDifferentAttributes = values [
      { options.x = mkOption { default = 1; }; }
      { options.x = mkOption { description = "x"; }; }
    ];
    enumTwice = values [
      { options.x = mkOption { type = types.enum [ 1 ]; }; }
      { options.x = mkOption { type = types.enum [ 2 ]; }; }
      { x = 2; }
    ];
    submoduleTwice = values [
      {
        options.x = mkOption {
          type = types.attrsOf (types.submodule { options.a = mkOption { default = 1; }; });
        };
      }
      {
        options.x = mkOption {
          type = types.attrsOf (types.submodule { options.b = mkOption { default = 2; }; });
        };
      }
      { x.y.a = 3; }
    ];
    typesThatDoNotJoin = values [
      { options.x = mkOption { type = types.int; }; }
      { options.x = mkOption { type = types.str; }; }
      { x = 1; }
    ];
    freeform = values [
      {
        freeformType = types.attrsOf types.int;
        options.x = mkOption { default = 1; };
        config.y = 2;
      }
    ];
    freeformOfWrongType = values [
      {
        freeformType = types.attrsOf types.int;
        config.y = "a";
      }
    ];
    unsupportedAttribute = values [
      {
        options.x = mkOption { default = 1; };
        y = 1;
      }
    ];
    shorthand = values [
      { options.x.y = mkOption { type = types.int; }; }
      (_: { x.y = 1; })
    ];
  };

  arguments = {
    ofModules = values [
      { _module.args.number = 3; }
      (
        { number, lib, ... }:
        {
          options.x = mkOption { default = lib.range 1 number; };
        }
      )
    ];
    inImports =
      (lib.evalModules {
        specialArgs.extra = {
          x = 1;
        };
        modules = [
          { options.x = mkOption { }; }
          ({ extra, ... }: { imports = [ extra ]; })
        ];
      }).config;
    optionsSeen = values [
      (
        { options, ... }:
        {
          options.a.b = mkOption { default = 1; };
          options.x = mkOption {
            default = [
              (options ? a.b)
              (options ? a.c)
              options.a.b.isDefined
              options.a.b.value
            ];
          };
        }
      )
    ];
    definedByWhether = values [
      (
        { options, lib, ... }:
        {
          options.a.b = mkOption { };
          options.x = mkOption { default = [ ]; };
          config = lib.mkMerge [
            (lib.optionalAttrs (options ? a.b) { a.b = 1; })
            (lib.optionalAttrs (options ? c) { c = 1; })
          ];
        }
      )
    ];
  };
}
