lib: {
  inherit (builtins)
    add
    bitAnd
    functionArgs
    isAttrs
    isBool
    isFloat
    isInt
    isList
    isPath
    isString
    lessThan
    seq
    deepSeq
    trace
    typeOf
    ;

  id = value: value;
  const = value: _: value;
  flip =
    f: a: b:
    f b a;
  pipe = builtins.foldl' (value: f: f value);
  min = a: b: if a < b then a else b;
  max = a: b: if a > b then a else b;
  boolToString = value: if value then "true" else "false";
  mapNullable = f: value: if value == null then null else f value;
  defaultTo = default: value: if value == null then default else value;

  # Sets with `__functor` count: evaluation gives such values too.
  isFunction = value: builtins.isFunction value || (value ? __functor && lib.isFunction (value.__functor value));
  toFunction = value: if lib.isFunction value then value else _: value;

  importJSON = path: builtins.fromJSON (builtins.readFile path);
  importTOML = path: builtins.fromTOML (builtins.readFile path);

  # Upstream writes in colours, and to the same place.
  warn = message: builtins.trace "warning: ${message}";
  warnIf = condition: message: if condition then lib.warn message else lib.id;
  warnIfNot = condition: lib.warnIf (!condition);
  throwIf = condition: message: if condition then throw message else lib.id;
  throwIfNot = condition: lib.throwIf (!condition);
  assertMsg = condition: message: condition || throw message;
  assertOneOf =
    name: value: values:
    lib.assertMsg (builtins.elem value values) (
      "${name} must be one of ${lib.showValue values}, but is: ${lib.showValue value}"
    );

  isDerivation = value: value.type or null == "derivation";
  isStorePath =
    value:
    (builtins.isString value || builtins.isPath value || value ? outPath || value ? __toString)
    && builtins.match "${builtins.storeDir}/[^/]+" (toString value) != null;
  isType = name: value: value._type or null == name;
  setType = name: value: value // { _type = name; };
  getExe = package: lib.getExe' package (package.meta.mainProgram or (lib.getName package));
  getExe' = package: program: "${lib.getBin package}/bin/${program}";
  getBin = lib.getOutput "bin";
  getOutput = output: package: if package.outputSpecified or false then package else package.${output} or package;
  getName = package: package.pname or (builtins.parseDrvName (package.name or package)).name;
}
