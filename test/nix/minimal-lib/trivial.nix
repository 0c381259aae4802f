lib: {
  inherit (builtins)
    add
    bitAnd
    functionArgs
    isBool
    isFloat
    isInt
    lessThan
    seq
    deepSeq
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
  isFunction =
    value: builtins.isFunction value || (value ? __functor && lib.isFunction (value.__functor value));
  toFunction = value: if lib.isFunction value then value else _: value;

  importJSON = path: builtins.fromJSON (builtins.readFile path);
  importTOML = path: builtins.fromTOML (builtins.readFile path);

  # Upstream writes in colours, and to the same place.
  warn = message: builtins.trace "warning: ${message}";
  warnIf = condition: message: if condition then lib.warn message else lib.id;
  warnIfNot = condition: lib.warnIf (!condition);
  throwIf = condition: message: if condition then throw message else lib.id;
  throwIfNot = condition: lib.throwIf (!condition);
}
