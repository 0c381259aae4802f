# The module system: from modules to options with values.
lib:
let
  inherit (builtins)
    attrNames
    concatLists
    concatMap
    filter
    head
    isAttrs
    isList
    length
    mapAttrs
    zipAttrsWith
    ;
  grouped = zipAttrsWith (_: values: values);

  inherit (import ./loading.nix lib) collect;

  ownOptions = specialArgs: {
    _file = "lib/modules.nix";
    key = "lib/modules.nix";
    options._module = {
      args = lib.mkOption {
        type = lib.types.lazyAttrsOf lib.types.raw;
        description = "Arguments of modules.";
      };
      check = lib.mkOption {
        type = lib.types.bool;
        default = true;
        internal = true;
        description = "Whether a definition without an option is an error.";
      };
      freeformType = lib.mkOption {
        type = lib.types.nullOr lib.types.optionType;
        default = null;
        internal = true;
        description = "The type of all definitions without an option.";
      };
      specialArgs = lib.mkOption {
        readOnly = true;
        internal = true;
        description = "Arguments that imports may depend on.";
      };
    };
    config._module.specialArgs = specialArgs;
  };

  # declarations: [ { file, value = tree of options } ]; definitions: [ { file, value = set } ], pushed down.
  # → { options = tree of evaluated options; unmatched = [ { file, value, path } ] }
  mergeTree =
    prefix: declarations: definitions:
    let
      byName =
        spread: list:
        grouped (
          concatMap (
            item:
            if isAttrs item.value then
              spread item
            else
              throw "In module `${item.file}', the option `${lib.showOption prefix}' is a ${builtins.typeOf item.value}, not an attribute set."
          ) list
        );
      one = item: [ (mapAttrs (_: lib.inFileOf item) item.value) ];
      declared = byName one declarations;
      defined = byName one definitions;

      results = mapAttrs (
        name: trees:
        let
          loc = prefix ++ [ name ];
          found = filter (tree: isOptionOrThrow loc tree) trees;
        in
        if length found == length trees then
          {
            options = evalOption loc (mergeDeclarations loc trees) (defined.${name} or [ ]);
            unmatched = [ ];
          }
        else if found != [ ] then
          throw "The option `${lib.showOption loc}' in module `${(head found).file}' would be a parent of other options, but its type does not support nested options (or the minimal evaluator does not)."
        else
          mergeTree loc trees (
            concatMap (definition: map (lib.inFileOf definition) (lib.pushDownProperties definition.value)) (
              defined.${name} or [ ]
            )
          )
      ) declared;

      inner = lib.mapAttrsToList (
        name: result: map (item: item // { path = [ name ] ++ item.path; }) result.unmatched
      ) results;
      here = lib.mapAttrsToList (name: map (item: item // { path = [ name ]; })) (
        removeAttrs defined (attrNames declared)
      );
    in
    {
      options = mapAttrs (_: result: result.options) results;
      unmatched = if definitions == [ ] then [ ] else concatLists (here ++ inner);
    };

  isOptionOrThrow =
    loc: tree:
    if !(isAttrs tree.value && tree.value ? _type) then
      false
    else if tree.value._type == "option" then
      true
    else
      throw "In module ${tree.file}: expected an option declaration at option path `${lib.showOption loc}` but got an attribute set with type ${tree.value._type}";

  # Several declarations of one option: each gives some of its attributes; types that can be joined are.
  mergeDeclarations =
    loc:
    builtins.foldl'
      (
        known: declaration:
        let
          new = declaration.value;
          both = name: known ? ${name} && new ? ${name};
          joined = known.type.join new.type;
          # Each in a module of its own, which comes later, and therefore earlier, than what it is defined as.
          modules = map (lib.setDefaultModuleLocation declaration.file) (new.type.modules or null);
          again = throw "The option `${lib.showOption loc}' in `${declaration.file}' is already declared in ${lib.showFiles known.declarations}.";
        in
        if both "default" || both "example" || both "description" || both "apply" then
          again
        else
          new
          // known
          // {
            declarations = known.declarations ++ [ declaration.file ];
            options = lib.optionals (new.type.modules or null != null) modules ++ known.options;
          }
          // lib.optionalAttrs (both "type") { type = if joined == null then again else joined; }
      )
      {
        inherit loc;
        declarations = [ ];
        options = [ ];
      };

  evalOption =
    loc: declaration: defined:
    let
      declaredType = declaration.type or lib.types.unspecified;
      option = declaration // {
        type =
          if declaredType.modules == null then declaredType else declaredType.withModules declaration.options;
      };
      definitions =
        lib.optional (option ? default) {
          file = head option.declarations;
          value = lib.mkOptionDefault option.default;
        }
        ++ defined;
      merged = lib.mergeDefinitions loc option.type definitions;
      value =
        if option.readOnly or false && length definitions > 1 then
          throw "The option `${lib.showOption loc}' is read-only, but it's set multiple times. Definition values:${lib.showDefs definitions}"
        else
          (option.apply or lib.id) merged.value;
    in
    option
    // {
      value = builtins.addErrorContext "while evaluating the option `${lib.showOption loc}':" value;
      inherit (merged) isDefined highestPrio;
      definitionsWithLocations = merged.definitions;
      definitions = lib.getValues merged.definitions;
      files = lib.getFiles merged.definitions;
      __toString = _: lib.showOption loc;
    };
in
{
  setDefaultModuleLocation = file: module: {
    _file = file;
    imports = [ module ];
  };
  importApply = file: argument: lib.setDefaultModuleLocation file (import file argument);

  # Conditions, priorities and order, then the type: → { definitions, highestPrio, isDefined, value }.
  mergeDefinitions =
    loc: type: given:
    let
      discharged = concatMap (
        definition:
        map (value: if value._type or null == "definition" then value else lib.inFileOf definition value) (
          lib.dischargeProperties definition.value
        )
      ) given;
      strongest = lib.filterOverrides' discharged;
      definitions = lib.sortProperties strongest.values;
      wrong = filter (definition: !type.check definition.value) definitions;
    in
    {
      inherit definitions;
      inherit (strongest) highestPrio;
      isDefined = definitions != [ ];
      value =
        if definitions == [ ] then
          type.emptyValue.value
            or (throw "The option `${lib.showOption loc}' was accessed but has no value defined. Try setting the option.")
        else if wrong != [ ] then
          throw "A definition for option `${lib.showOption loc}' is not of type `${type.description}'. Definition values:${lib.showDefs wrong}"
        else
          type.merge loc definitions;
    };

  evalModules =
    {
      modules,
      prefix ? [ ],
      specialArgs ? { },
      class ? null,
    }:
    let
      args = {
        lib = lib.public;
        inherit config specialArgs;
        inherit (merged) options;
        _prefix = prefix;
        _class = class;
      }
      // specialArgs;
      collected = collect args (modules ++ [ (ownOptions specialArgs) ]);

      merged = mergeTree prefix (map (module: lib.inFileOf module module.options) collected) (
        concatMap (module: map (lib.inFileOf module) (lib.pushDownProperties module.config)) collected
      );
      declaredConfig = lib.mapAttrsRecursiveCond (value: !lib.isOption value) (
        _: option: option.value
      ) merged.options;
      inherit (declaredConfig._module) freeformType;
      freeform = map (item: lib.inFileOf item (lib.setAttrByPath item.path item.value)) merged.unmatched;
      config =
        if freeformType == null || freeform == [ ] then
          declaredConfig
        else
          lib.recursiveUpdate (freeformType.merge prefix freeform) declaredConfig;

      first = head merged.unmatched;
      checked =
        if config._module.check && freeformType == null && merged.unmatched != [ ] then
          throw "The option `${
            lib.showOption (prefix ++ first.path)
          }' does not exist. Definition values:${lib.showDefs [ first ]}"
        else
          lib.id;
      again =
        extension:
        lib.evalModules {
          inherit class;
          modules = modules ++ extension.modules or [ ];
          specialArgs = specialArgs // extension.specialArgs or { };
          prefix = extension.prefix or prefix;
        };
    in
    {
      _type = "configuration";
      options = checked merged.options;
      config = checked (removeAttrs config [ "_module" ]);
      inherit (config) _module;
      inherit class;
      extendModules = again;
      type = lib.types.submoduleWith { inherit modules specialArgs class; };
    };
}
