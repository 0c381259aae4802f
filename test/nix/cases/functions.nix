# Calls of functions.
lib:
let
  strings = [
    ""
    "a"
    "-v"
    "a b"
    "it's"
    "$HOME \${x} \\ \" `id`"
    "line\nbreak\ttab"
    "/persist"
    "/persist/var/lib"
    "ä€"
    "x.y*z[0]{1}"
  ];
  each = f: map f strings;
  pairs = f: lib.concatMap (a: map (f a) strings) strings;
  set = {
    a = 1;
    b.c = 2;
    b.d.e = null;
    z = [ 3 ];
  };
in
{
  lists = {
    optional = map (condition: lib.optional condition 1 ++ lib.optionals condition [ 2 ]) [
      true
      false
    ];
    toList = map lib.toList [
      1
      [ 1 ]
      [ ]
    ];
    ends = [
      (lib.last [
        1
        2
      ])
      (lib.init [
        1
        2
        3
      ])
      (lib.head [ 1 ])
      (lib.tail [
        1
        2
      ])
    ];
    sublist = lib.concatMap (
      n:
      map (f: f n (lib.range 1 5)) [
        lib.take
        lib.drop
        (lib.sublist 2)
      ]
    ) (lib.range 0 7);
    reverseList = lib.reverseList (lib.range 1 4);
    range = [
      (lib.range 3 1)
      (lib.range 2 2)
    ];
    unique = lib.unique [
      3
      1
      3
      "1"
      1
      { a = 1; }
      { a = 1; }
    ];
    flatten = lib.flatten [
      1
      [
        [ 2 ]
        [ ]
        3
      ]
      "a"
    ];
    folds = [
      (lib.foldr (x: acc: "(${x}${acc})") "-" [
        "a"
        "b"
      ])
      (lib.foldl' (acc: x: "(${acc}${x})") "-" [
        "a"
        "b"
      ])
    ];
    imap = [
      (lib.imap0 (i: v: "${toString i}${v}") [
        "a"
        "b"
      ])
      (lib.imap1 (i: v: "${toString i}${v}") [
        "a"
        "b"
      ])
    ];
    sets = [
      (lib.subtractLists [ 1 ] [
        1
        2
      ])
      (lib.intersectLists [ 1 ] [
        1
        2
      ])
      (lib.remove 1 [
        1
        2
        1
      ])
      (lib.mutuallyExclusive [ 1 ] [ 2 ])
      (lib.mutuallyExclusive [ 1 ] [ 1 ])
    ];
    findFirst = map (n: lib.findFirst (x: x > n) "none" (lib.range 1 3)) (lib.range 1 4);
    partition = lib.partition (x: x > 2) (lib.range 1 4);
    groupBy = lib.groupBy toString [
      1
      2
      1
    ];
    zip = lib.zipListsWith (a: b: a + b) [
      1
      2
    ] [ 10 ];
    zipLists = lib.zipLists [ 1 ] [
      "a"
      "b"
    ];
    count = lib.count (x: x > 1) (lib.range 0 4);
    sortOn = lib.sortOn (x: -x) (lib.range 1 4);
    toposort = (lib.toposort (a: b: lib.hasPrefix a b && a != b) strings).result;
    toposortAgainst = (lib.toposort (a: b: a > b) (lib.range 1 6)).result;
    last = lib.last [ ];
    init = lib.init [ ];
    allAny = [
      (lib.all (x: x > 0) (lib.range 1 3))
      (lib.any (x: x > 3) (lib.range 1 3))
    ];
    forEach = lib.forEach [ 1 ] (x: x + 1);
    singleton = lib.singleton 1;
  };

  strings = {
    hasPrefix = pairs lib.hasPrefix;
    hasSuffix = pairs lib.hasSuffix;
    removePrefix = pairs lib.removePrefix;
    removeSuffix = pairs lib.removeSuffix;
    # `.` of a regular expression matches no line break there, in the lib of nixpkgs.
    hasInfix = lib.concatMap (a: map (lib.hasInfix a) (lib.filter (s: !lib.hasPrefix "line" s) strings)) strings;
    splitString = lib.concatMap (separator: each (lib.splitString separator)) [
      "/"
      " "
      "."
      "\n"
      "er"
    ];
    escapeShellArg = each lib.escapeShellArg;
    escapeShellArgs = lib.escapeShellArgs (
      strings
      ++ [
        1
        null
        true
      ]
    );
    escape = each (lib.escape [
      "$"
      "\""
      " "
    ]);
    escapeC = each (lib.strings.escapeC (lib.stringToCharacters " $`\"\\{}*-."));
    escapeRegex = each lib.escapeRegex;
    escapeNixString = each lib.strings.escapeNixString;
    escapeNixIdentifier = map lib.strings.escapeNixIdentifier [
      "a"
      "a-b"
      "1a"
      "a.b"
      ""
      "with"
      "in"
      "a'"
    ];
    escapeXML = each lib.escapeXML;
    concat = [
      (lib.concatStrings strings)
      (lib.concatMapStrings (s: "<${s}>") strings)
      (lib.concatMapStringsSep ", " (s: "<${s}>") strings)
      (lib.concatImapStringsSep ", " (i: s: "${toString i}${s}") strings)
      (lib.concatLines strings)
      (lib.concatMapAttrsStringSep ", " (name: value: "${name}=${toString value}") {
        a = 1;
        b = 2;
      })
    ];
    optionalString = [
      (lib.optionalString true "a")
      (lib.optionalString false "a")
    ];
    stringToCharacters = lib.stringToCharacters "a\nb";
    stringAsChars = lib.stringAsChars (c: "${c}-") "abc";
    replicate = lib.strings.replicate 3 "ab";
    case = [
      (lib.toLower "aBcÄ1")
      (lib.toUpper "aBcä1")
    ];
    trim = map lib.trim [
      ""
      " "
      " a"
      "a b \n"
      "\t a"
    ];
    toInt = map (s: (builtins.tryEval (lib.toInt s)).value) [
      "0"
      "-12"
      " 7 "
      "08"
      "1.5"
      ""
      "x"
    ];
    fixedWidthString = [
      (lib.fixedWidthString 4 "0" "7")
      (lib.fixedWidthString 1 "0" "7")
    ];
    versions = map (f: f "24.11" "24.5") [
      lib.versionOlder
      lib.versionAtLeast
    ];
    boolToString = map lib.boolToString [
      true
      false
    ];
    searchPath = lib.makeBinPath [
      "/a"
      "/b"
    ];
    hasPrefixOfPath = lib.hasInfix "" "a";
  };

  attrsets = {
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
    foldlAttrs = lib.foldlAttrs (acc: name: value: "${acc}${name}${toString value}") "" {
      b = 2;
      a = 1;
    };
    zipAttrs = lib.zipAttrs [
      set
      { a = 2; }
    ];
    paths = map (path: [
      (lib.attrByPath path "default" set)
      (lib.hasAttrByPath path set)
    ]) [
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
    recursiveUpdateUntil =
      lib.recursiveUpdateUntil
        (
          path: _: _:
          path == [ "b" ]
        )
        { b.c = 1; }
        { b.d = 1; };
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
  };

  trivial = {
    pipe = lib.pipe 1 [
      (x: x + 1)
      (x: x * 2)
    ];
    flip = lib.flip (a: b: a - b) 1 2;
    minmax = [
      (lib.min 1 2)
      (lib.max 1 2)
    ];
    mapNullable = map (lib.mapNullable (x: x + 1)) [
      null
      1
    ];
    isFunction = map lib.isFunction [
      (x: x)
      { __functor = self: x: x; }
      { }
      1
    ];
    functionArgs = lib.functionArgs (
      {
        a,
        b ? 1,
        ...
      }:
      a + b
    );
    assertMsg = [
      (lib.assertMsg true "no")
      (builtins.tryEval (lib.assertMsg false "no"))
    ];
    throwIf = [
      (lib.throwIf false "no" 1)
      (builtins.tryEval (lib.throwIf true "no" 1))
    ];
    isDerivation = map lib.isDerivation [
      { type = "derivation"; }
      { }
      1
    ];
    isStorePath = map lib.isStorePath [
      "/nix/store/eeeeeeeeeeeeeeeeeeeeeeeeeeeeeeee-a"
      "/nix/store/eeeeeeeeeeeeeeeeeeeeeeeeeeeeeeee-a/b"
      "/etc"
      1
    ];
    getExe = lib.getExe {
      type = "derivation";
      pname = "a";
      outPath = "/x";
      meta.mainProgram = "b";
    };
    isType = [
      (lib.isType "a" { _type = "a"; })
      (lib.isType "a" { })
    ];
    importTOML = lib.importTOML ../../../catalogue/age.toml;
  };
}
