# From what stands in `imports` to modules, each once and in one form.
lib:
let
  inherit (builtins)
    attrNames
    head
    isAttrs
    isList
    mapAttrs
    ;

  moduleKeys = [
    "_class"
    "_file"
    "config"
    "disabledModules"
    "freeformType"
    "imports"
    "key"
    "meta"
    "options"
    "require"
  ];

  # Each argument that the function names is looked up only when it is used: it may come from `_module.args`, which is
  # part of the configuration that this module helps to make.
  call =
    module: args:
    module (
      args
      // mapAttrs (name: _: args.${name} or args.config._module.args.${name}) (lib.functionArgs module)
    );

  # Any spelling of a module as { key, file, imports, options, config }.
  load =
    args: parent: index: module:
    let
      anonymous = {
        inherit (parent) file;
        key = "${parent.key}:anon-${toString index}";
      };
      named = {
        file = toString module;
        key = toString module;
      };
    in
    if lib.isFunction module then
      spelledOut anonymous (call module args)
    else if isList module then
      throw "Module imports can't be nested lists. Perhaps you meant to remove one level of lists?"
    else if !isAttrs module then
      let
        imported = import module;
      in
      spelledOut named (if lib.isFunction imported then call imported args else imported)
    else if (module._type or "module") == "module" then
      spelledOut anonymous module
    else if module._type == "if" || module._type == "override" then
      spelledOut anonymous { config = module; }
    else
      throw "Expected a module, but found a value of type ${lib.showValue module._type}";

  spelledOut =
    place: module:
    let
      plain = removeAttrs module moduleKeys;
      explicit = module ? config || module ? options;
      extra = lib.optional (module ? freeformType) { _module.freeformType = module.freeformType; };
      config = if explicit then module.config or { } else plain;
    in
    if !isAttrs module then
      throw "module ${place.file} (${place.key}) does not look like a module."
    else if explicit && plain != { } then
      throw "Module `${place.key}' has an unsupported attribute `${head (attrNames plain)}'. This is caused by introducing a top-level `config' or `options' attribute."
    else if module ? disabledModules then
      throw "Module `${place.key}' disables modules, which the minimal evaluator does not do."
    else
      {
        file = toString module._file or place.file;
        key = toString module.key or place.key;
        imports = module.require or [ ] ++ module.imports or [ ];
        options = module.options or { };
        config = if extra == [ ] then config else lib.mkMerge ([ config ] ++ extra);
      };

  # Breadth first, each key once; then backwards, so that what is imported comes before what imports it.
  collect =
    args: modules:
    lib.reverseList (
      builtins.genericClosure {
        startSet = lib.imap1 (load args {
          file = lib.unknownModule;
          key = "";
        }) modules;
        operator = module: lib.imap1 (load args module) module.imports;
      }
    );
in
{
  inherit collect;
}
