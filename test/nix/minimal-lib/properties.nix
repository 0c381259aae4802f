# What a definition can be wrapped in: conditions, merges, priorities and places in the order.
lib:
let
  inherit (builtins) concatMap foldl';
  kind = value: value._type or null;
  priorities = {
    default = 100;
    order = 1000;
  };
in
{
  mkIf = condition: content: {
    _type = "if";
    inherit condition content;
  };
  mkMerge = contents: {
    _type = "merge";
    inherit contents;
  };
  mkOverride = priority: content: {
    _type = "override";
    inherit priority content;
  };
  mkOrder = priority: content: {
    _type = "order";
    inherit priority content;
  };
  mkAssert =
    assertion: message: lib.mkIf (if assertion then true else throw "\nFailed assertion: ${message}");

  # Smaller numbers win.
  defaultOverridePriority = priorities.default;
  mkOptionDefault = lib.mkOverride 1500;
  mkDefault = lib.mkOverride 1000;
  mkImageMediaOverride = lib.mkOverride 60;
  mkForce = lib.mkOverride 50;
  mkVMOverride = lib.mkOverride 10;

  # A definition that is made of another option has the priority of that one.
  mkDerivedConfig =
    option: f: lib.mkOverride (option.highestPrio or priorities.default) (f option.value);

  defaultOrderPriority = priorities.order;
  mkBefore = lib.mkOrder 500;
  mkAfter = lib.mkOrder 1500;

  # A configuration as a list of plain sets: a condition is handed down to each attribute, so that the names are known
  # before the condition is looked at, which may depend on this very configuration.
  pushDownProperties =
    value:
    let
      handDown = wrap: map (set: if builtins.isAttrs set then builtins.mapAttrs (_: wrap) set else set);
    in
    if kind value == "merge" then
      concatMap lib.pushDownProperties value.contents
    else if kind value == "if" then
      handDown (lib.mkIf value.condition) (lib.pushDownProperties value.content)
    else if kind value == "override" then
      handDown (lib.mkOverride value.priority) (lib.pushDownProperties value.content)
    else
      [ value ];

  # The values that hold: conditions are decided here.
  dischargeProperties =
    value:
    if kind value == "merge" then
      concatMap lib.dischargeProperties value.contents
    else if kind value == "if" then
      if !builtins.isBool value.condition then
        throw "‘mkIf’ called with a non-Boolean condition"
      else
        lib.optionals value.condition (lib.dischargeProperties value.content)
    else
      [ value ];

  # { values, highestPrio }: the definitions with the strongest priority, in their order.
  filterOverrides' =
    definitions:
    let
      priority =
        definition:
        if kind definition.value == "override" then definition.value.priority else priorities.default;
      highestPrio = foldl' (
        strongest: definition: lib.min strongest (priority definition)
      ) 9999 definitions;
      strip =
        definition:
        if kind definition.value == "override" then
          definition // { value = definition.value.content; }
        else
          definition;
    in
    {
      inherit highestPrio;
      values = map strip (builtins.filter (definition: priority definition == highestPrio) definitions);
    };
  filterOverrides = definitions: (lib.filterOverrides' definitions).values;

  # Nix's sort is stable: what has no place of its own stays in the order of the modules.
  sortProperties =
    definitions:
    let
      place = definition: definition.priority or priorities.order;
      strip =
        definition:
        if kind definition.value == "order" then
          definition
          // {
            value = definition.value.content;
            inherit (definition.value) priority;
          }
        else
          definition;
    in
    builtins.sort (a: b: place a < place b) (map strip definitions);
}
