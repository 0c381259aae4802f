# Options inside options.
lib:
let
  inherit (builtins) isAttrs;
  inherit (lib.types) mkOptionType;

  submoduleWith =
    {
      modules,
      specialArgs ? { },
      # What a definition that is a set means: true: its attributes are values, also those called `options` or `config`.
      shorthandOnlyDefinesConfig ? false,
      description ? null,
      class ? null,
    }:
    let
      evaluated =
        prefix: name: more:
        lib.evalModules {
          inherit specialArgs class prefix;
          modules = [ { _module.args.name = lib.mkOptionDefault "‹name›"; } ] ++ modules ++ name ++ more;
        };
      undefined = evaluated [ ] [ ] [ ];
      forReference = prefix: evaluated prefix [ ] [ { config._module.check = lib.mkForce false; } ];
      asModule =
        definition:
        if isAttrs definition.value && shorthandOnlyDefinesConfig then
          {
            _file = definition.file;
            config = definition.value;
          }
        else
          {
            _file = definition.file;
            imports = [ definition.value ];
          };
    in
    mkOptionType {
      name = "submodule";
      description =
        let
          inherit ((forReference [ ])._module) freeformType;
        in
        if description != null then
          description
        else if freeformType == null then
          "submodule"
        else
          "open submodule of ${freeformType.description}";
      check = value: isAttrs value || lib.isFunction value || lib.types.path.check value;
      merge =
        loc: definitions:
        (evaluated loc [ { _module.args.name = lib.last loc; } ] (map asModule definitions)).config;
      emptyValue.value = undefined.config;
      getSubOptions = prefix: removeAttrs (forReference prefix).options [ "_module" ];
      nestedTypes = {
        inherit modules specialArgs shorthandOnlyDefinesConfig;
      };
      join =
        other:
        if other.name == "submodule" then
          submoduleWith {
            inherit description class shorthandOnlyDefinesConfig;
            modules = modules ++ other.nestedTypes.modules;
            specialArgs = specialArgs // other.nestedTypes.specialArgs;
          }
        else
          null;
      inherit modules;
      withModules =
        modules:
        submoduleWith {
          inherit
            modules
            specialArgs
            shorthandOnlyDefinesConfig
            description
            class
            ;
        };
    };
in
{
  inherit submoduleWith;
  submodule =
    modules:
    submoduleWith {
      shorthandOnlyDefinesConfig = true;
      modules = lib.toList modules;
    };
  deferredModule = mkOptionType {
    name = "deferredModule";
    description = "module";
    descriptionClass = "noun";
    check = value: isAttrs value || lib.isFunction value || lib.types.path.check value;
    merge = loc: definitions: {
      imports = map (
        definition:
        lib.setDefaultModuleLocation "${definition.file}, via option ${lib.showOption loc}" definition.value
      ) definitions;
    };
  };
}
