# What options say of themselves, and the reference that is made of it.
lib:
let
  inherit (lib) mkOption types;
  thing = {
    type = "derivation";
    outPath = "/x";
  };
  evaluated = lib.evalModules {
    modules = [
      {
        _file = "declared.nix";
        options = {
          enable = lib.mkEnableOption "the thing";
          package = lib.mkPackageOption { inherit thing; } "thing" { };
          plain = mkOption {
            type = types.int;
            default = 1;
            example = 2;
            description = "A number.";
          };
          list = mkOption {
            type = types.listOf types.str;
            default = [
              "a b"
              "c"
            ];
            description = "Words.";
          };
          nested.deep = mkOption {
            type = types.nullOr types.str;
            default = null;
            defaultText = lib.literalExpression "config.other";
            example = lib.literalMD "*words*";
          };
          set = mkOption {
            type = types.attrsOf types.anything;
            default = {
              a = 1;
              "b c" = {
                d = true;
                e = [ ];
                f = { };
              };
            };
            description = "A set.";
          };
          hidden = mkOption {
            type = types.int;
            default = 1;
            visible = false;
          };
          inner = mkOption {
            type = types.int;
            default = 1;
            internal = true;
            readOnly = true;
          };
          modules = mkOption {
            type = types.attrsOf (
              types.submodule {
                options.one = mkOption {
                  type = types.str;
                  description = "One.";
                };
                options.two = mkOption {
                  type = types.listOf (types.submodule { options.three = mkOption { default = 3; }; });
                };
              }
            );
            default = { };
          };
          untyped = mkOption { };
          noDefault = mkOption { type = types.listOf types.int; };
        };
      }
      {
        _file = "defined.nix";
        plain = 3;
        list = lib.mkForce [ "x" ];
        modules."a.b".one = "y";
      }
    ];
  };
  about = option: {
    inherit (option)
      isDefined
      highestPrio
      definitions
      files
      loc
      declarations
      definitionsWithLocations
      ;
    shown = toString option;
    type = option.type.name;
  };
in
{
  options = {
    plain = about evaluated.options.plain;
    list = about evaluated.options.list;
    enable = about evaluated.options.enable;
    noDefault = removeAttrs (about evaluated.options.noDefault) [ "highestPrio" ];
  };
  reference = map (entry: removeAttrs entry [ "relatedPackages" ]) (
    builtins.filter (entry: !builtins.elem "_module" entry.loc) (
      lib.optionAttrSetToDocList evaluated.options
    )
  );
  shown = [
    (lib.showOption [
      "a"
      "b c"
      "*"
      "<name>"
      "d"
    ])
    (lib.showFiles [
      "a"
      "b"
    ])
  ];
  names = lib.attrNames evaluated.options;
  isOption = [
    (lib.isOption evaluated.options.plain)
    (lib.isOption evaluated.options.nested)
  ];
}
