# Types made of other types.
lib:
let
  inherit (builtins)
    all
    concatLists
    filter
    foldl'
    head
    isAttrs
    isList
    length
    mapAttrs
    tail
    ;
  inherit (lib.types) mkOptionType;

  # How a type is called inside the description of another one.
  phrase =
    classes: type:
    if builtins.elem (type.descriptionClass or null) classes then
      type.description
    else
      "(${type.description})";
  inList = phrase [
    "noun"
    "composite"
  ];
  inChoice = phrase [
    "noun"
    "conjunction"
  ];

  # The join of two types of one kind is that kind of the joined elements.
  joinElements =
    name: elemType: construct: other:
    let
      joined = elemType.join other.nestedTypes.elemType;
    in
    if other.name != name || joined == null then null else construct joined;

  attrsWith =
    {
      elemType,
      lazy ? false,
      placeholder ? "name",
    }:
    let
      name = if lazy then "lazyAttrsOf" else "attrsOf";
    in
    mkOptionType {
      inherit name;
      description = "${lib.optionalString lazy "lazy "}attribute set of ${inList elemType}";
      descriptionClass = "composite";
      check = isAttrs;
      merge =
        loc: definitions:
        let
          byName = lib.zipAttrs (
            map (definition: mapAttrs (_: lib.inFileOf definition) definition.value) definitions
          );
          merged = mapAttrs (attribute: lib.mergeDefinitions (loc ++ [ attribute ]) elemType) byName;
        in
        # Only the strict one leaves out what a condition takes away: that needs the conditions of all.
        mapAttrs (_: result: result.value) (
          if lazy then merged else lib.filterAttrs (_: result: result.isDefined) merged
        );
      emptyValue.value = { };
      getSubOptions = prefix: elemType.getSubOptions (prefix ++ [ "<${placeholder}>" ]);
      nestedTypes.elemType = elemType;
      join = joinElements name elemType (
        joined:
        attrsWith {
          elemType = joined;
          inherit lazy placeholder;
        }
      );
      inherit (elemType) modules;
      withModules =
        modules:
        attrsWith {
          elemType = elemType.withModules modules;
          inherit lazy placeholder;
        };
    };

  either =
    a: b:
    mkOptionType {
      name = "either";
      description =
        if a.descriptionClass or null == "nonRestrictiveClause" then
          "${a.description}, or ${inChoice b}"
        else
          "${inChoice a} or ${
            phrase [
              "noun"
              "conjunction"
              "composite"
            ] b
          }";
      descriptionClass = "conjunction";
      check = value: a.check value || b.check value;
      merge =
        loc: definitions:
        let
          fits = type: all (definition: type.check definition.value) definitions;
        in
        if fits a then
          a.merge loc definitions
        else if fits b then
          b.merge loc definitions
        else
          lib.mergeOneOption loc definitions;
      nestedTypes = {
        left = a;
        right = b;
      };
      join =
        other:
        let
          left = a.join other.nestedTypes.left;
          right = b.join other.nestedTypes.right;
        in
        if other.name != "either" || left == null || right == null then null else either left right;
    };
in
{
  inherit attrsWith either;
  attrsOf = elemType: attrsWith { inherit elemType; };
  lazyAttrsOf =
    elemType:
    attrsWith {
      inherit elemType;
      lazy = true;
    };
  attrs = mkOptionType {
    name = "attrs";
    description = "attribute set";
    check = isAttrs;
    merge = _: definitions: foldl' (merged: value: merged // value) { } (lib.getValues definitions);
    emptyValue.value = { };
  };

  listOf =
    elemType:
    mkOptionType {
      name = "listOf";
      description = "list of ${inList elemType}";
      descriptionClass = "composite";
      check = isList;
      merge =
        loc: definitions:
        let
          merged = lib.imap1 (
            n: definition:
            lib.imap1 (
              m: value:
              lib.mergeDefinitions (loc ++ [ "[definition ${toString n}-entry ${toString m}]" ]) elemType [
                (lib.inFileOf definition value)
              ]
            ) definition.value
          ) definitions;
        in
        map (result: result.value) (filter (result: result.isDefined) (concatLists merged));
      emptyValue.value = [ ];
      getSubOptions = prefix: elemType.getSubOptions (prefix ++ [ "*" ]);
      nestedTypes.elemType = elemType;
      join = joinElements "listOf" elemType lib.types.listOf;
      inherit (elemType) modules;
      withModules = modules: lib.types.listOf (elemType.withModules modules);
    };
  nonEmptyListOf =
    elemType:
    let
      list = lib.types.listOf elemType;
    in
    lib.types.addCheck list (value: value != [ ])
    // {
      description = "non-empty ${phrase [ "noun" ] list}";
      emptyValue = { };
      withModules = modules: lib.types.nonEmptyListOf (elemType.withModules modules);
    };

  nullOr =
    elemType:
    mkOptionType {
      name = "nullOr";
      description = "null or ${inChoice elemType}";
      descriptionClass = "conjunction";
      check = value: value == null || elemType.check value;
      merge =
        loc: definitions:
        let
          nulls = filter (definition: definition.value == null) definitions;
        in
        if nulls == [ ] then
          elemType.merge loc definitions
        else if length nulls == length definitions then
          null
        else
          throw "The option `${lib.showOption loc}` is defined both null and not null, in ${lib.showFiles (lib.getFiles definitions)}.";
      emptyValue.value = null;
      inherit (elemType) getSubOptions;
      nestedTypes.elemType = elemType;
      join = joinElements "nullOr" elemType lib.types.nullOr;
      inherit (elemType) modules;
      withModules = modules: lib.types.nullOr (elemType.withModules modules);
    };

  oneOf = types: foldl' either (head types) (tail types);

  coercedTo =
    from: convert: to:
    mkOptionType {
      name = "coercedTo";
      description = "${phrase [ "noun" ] to} or ${phrase [ "noun" ] from} convertible to it";
      check = value: (from.check value && to.check (convert value)) || to.check value;
      merge =
        loc: definitions:
        let
          converted = value: if from.check value then convert value else value;
        in
        to.merge loc (map (definition: definition // { value = converted definition.value; }) definitions);
      inherit (to) emptyValue getSubOptions;
      nestedTypes = {
        coercedType = from;
        finalType = to;
      };
      join = _: null;
      inherit (to) modules;
      withModules = modules: lib.types.coercedTo from convert (to.withModules modules);
    };

  unique =
    { message }:
    type:
    mkOptionType {
      name = "unique";
      inherit (type)
        description
        descriptionClass
        check
        emptyValue
        getSubOptions
        ;
      merge =
        loc: definitions:
        if length definitions == 1 then
          type.merge loc definitions
        else
          throw "The option `${lib.showOption loc}' is defined multiple times while it's expected to be unique.\n${message}\nDefinition values:${lib.showDefs definitions}";
      nestedTypes.elemType = type;
      join = joinElements "unique" type lib.types.uniq;
      inherit (type) modules;
      withModules = modules: lib.types.unique { inherit message; } (type.withModules modules);
    };
  uniq = lib.types.unique { message = ""; };

  functionTo =
    elemType:
    mkOptionType {
      name = "functionTo";
      description = "function that evaluates to a(n) ${inList elemType}";
      descriptionClass = "composite";
      check = lib.isFunction;
      merge =
        loc: definitions: argument:
        (lib.mergeDefinitions (loc ++ [ "<function body>" ]) elemType (lib.appliedTo argument definitions))
        .value;
      getSubOptions = prefix: elemType.getSubOptions (prefix ++ [ "<function body>" ]);
      nestedTypes.elemType = elemType;
      inherit (elemType) modules;
      withModules = modules: lib.types.functionTo (elemType.withModules modules);
    };

  # By the kind of the values: sets by their attributes, anything else has to be equal.
  anything = mkOptionType {
    name = "anything";
    descriptionClass = "noun";
    merge =
      loc: definitions:
      let
        kind =
          value:
          if isAttrs value && lib.isStringLike value then "stringCoercibleSet" else builtins.typeOf value;
        first = kind (head definitions).value;
      in
      if !all (definition: kind definition.value == first) definitions then
        throw "The option `${lib.showOption loc}' has conflicting option types in ${lib.showFiles (lib.getFiles definitions)}"
      else if first == "set" then
        (lib.types.attrsOf lib.types.anything).merge loc definitions
      else if first == "stringCoercibleSet" then
        lib.mergeOneOption loc definitions
      else if first == "lambda" then
        argument:
        lib.types.anything.merge (loc ++ [ "<function body>" ]) (lib.appliedTo argument definitions)
      else
        lib.mergeEqualOption loc definitions;
  };
}
