# Attribute sets.
lib:
let
  set = {
    a = 1;
    b.c = 2;
    b.d.e = null;
    z = [ 3 ];
  };
in
{
  optionalAttrs = [
    (lib.optionalAttrs true set)
    (lib.optionalAttrs false set)
  ];
  mapAttrsToList = lib.mapAttrsToList (name: value: [
    name
    value
  ]) set;
  attrsToList = lib.attrsToList { a = 1; };
  renamed = lib.mapAttrs' (name: value: lib.nameValuePair "x-${name}" value) set;
  mapAttrsRecursive = lib.mapAttrsRecursive (path: value: [
    path
    value
  ]) set;
  mapAttrsRecursiveCond = lib.mapAttrsRecursiveCond (s: !(s ? e)) (path: _: path) set;
  filterAttrs = lib.filterAttrs (name: value: name != "a" && value != [ ]) set;
  concatMapAttrs = lib.concatMapAttrs (name: _: { "${name}${name}" = 1; }) set;
  mergeAttrsList = lib.mergeAttrsList [
    set
    { a = 2; }
  ];
  genAttrs = lib.genAttrs [
    "b"
    "a"
  ] (name: "${name}!");
  foldlAttrs =
    lib.foldlAttrs
      (
        acc: name: value:
        "${acc}${name}${toString value}"
      )
      ""
      {
        b = 2;
        a = 1;
      };
  zipAttrs = lib.zipAttrs [
    set
    { a = 2; }
  ];
  paths =
    map
      (path: [
        (lib.attrByPath path "default" set)
        (lib.hasAttrByPath path set)
      ])
      [
        [ ]
        [ "a" ]
        [
          "b"
          "c"
        ]
        [
          "b"
          "d"
          "e"
        ]
        [
          "b"
          "d"
          "e"
          "f"
        ]
        [ "x" ]
        [
          "a"
          "x"
        ]
      ];
  setAttrByPath = lib.setAttrByPath [
    "a"
    "b.c"
  ] 1;
  recursiveUpdate = lib.recursiveUpdate set {
    a.b = 1;
    b.d = 3;
    b.x = 4;
  };
  recursiveUpdateUntil = lib.recursiveUpdateUntil (
    path: _: _:
    path == [ "b" ]
  ) { b.c = 1; } { b.d = 1; };
  collect = lib.collect lib.isList set;
  attrVals = lib.attrVals [ "a" ] set;
  getAttrs = lib.getAttrs [ "a" ] set;
  cartesianProduct = lib.cartesianProduct {
    a = [
      1
      2
    ];
    b = [
      3
      4
    ];
  };
  catAttrs = lib.catAttrs "a" [
    set
    { }
  ];
}
