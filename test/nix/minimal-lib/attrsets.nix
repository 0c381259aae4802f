lib:
let
  inherit (builtins)
    attrNames
    attrValues
    foldl'
    isAttrs
    listToAttrs
    mapAttrs
    ;
in
{
  inherit (builtins)
    attrNames
    attrValues
    catAttrs
    getAttr
    hasAttr
    intersectAttrs
    listToAttrs
    mapAttrs
    removeAttrs
    zipAttrsWith
    ;

  nameValuePair = name: value: { inherit name value; };
  optionalAttrs = condition: set: if condition then set else { };
  mapAttrsToList = f: set: map (name: f name set.${name}) (attrNames set);
  attrsToList = lib.mapAttrsToList lib.nameValuePair;
  mapAttrs' = f: set: listToAttrs (lib.mapAttrsToList f set);
  mapAttrsRecursive = lib.mapAttrsRecursiveCond (_: true);
  mapAttrsRecursiveCond =
    condition: f:
    let
      below =
        path:
        mapAttrs (
          name: value:
          if isAttrs value && condition value then
            below (path ++ [ name ]) value
          else
            f (path ++ [ name ]) value
        );
    in
    below [ ];
  filterAttrs =
    keep: set: removeAttrs set (builtins.filter (name: !keep name set.${name}) (attrNames set));
  concatMapAttrs = f: set: lib.mergeAttrsList (lib.mapAttrsToList f set);
  mergeAttrsList = foldl' (merged: set: merged // set) { };
  genAttrs = names: f: lib.genAttrs' names (name: lib.nameValuePair name (f name));
  genAttrs' = names: f: listToAttrs (map f names);
  foldlAttrs =
    f: start: set:
    foldl' (accumulated: name: f accumulated name set.${name}) start (attrNames set);
  zipAttrs = builtins.zipAttrsWith (_: values: values);
  attrVals = names: set: map (name: set.${name}) names;
  getAttrs = names: set: lib.genAttrs names (name: set.${name});
  cartesianProduct =
    sets:
    foldl' (
      products: name:
      builtins.concatMap (product: map (value: product // { ${name} = value; }) sets.${name}) products
    ) [ { } ] (attrNames sets);

  attrByPath =
    path: default: set:
    if path == [ ] then
      set
    else if isAttrs set && set ? ${builtins.head path} then
      lib.attrByPath (builtins.tail path) default set.${builtins.head path}
    else
      default;
  hasAttrByPath =
    path: set:
    path == [ ]
    ||
      isAttrs set
      && set ? ${builtins.head path}
      && lib.hasAttrByPath (builtins.tail path) set.${builtins.head path};
  getAttrFromPath =
    path: lib.attrByPath path (abort "cannot find attribute '${builtins.concatStringsSep "." path}'");
  setAttrByPath = path: value: lib.foldr (name: inner: { ${name} = inner; }) value path;

  # Descends where both sides are sets; `stop` says where it does not.
  recursiveUpdateUntil =
    stop: left: right:
    let
      below =
        path: a: b:
        a
        // mapAttrs (
          name: value:
          let
            here = path ++ [ name ];
          in
          if a ? ${name} && !stop here a.${name} value then below here a.${name} value else value
        ) b;
    in
    below [ ] left right;
  recursiveUpdate = lib.recursiveUpdateUntil (
    _: a: b:
    !(isAttrs a && isAttrs b)
  );
  collect =
    predicate: value:
    if predicate value then
      [ value ]
    else if isAttrs value then
      builtins.concatMap (lib.collect predicate) (attrValues value)
    else
      [ ];
}
