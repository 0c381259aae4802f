# Lists.
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
in
{
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
    (lib.subtractLists
      [ 1 ]
      [
        1
        2
      ]
    )
    (lib.intersectLists
      [ 1 ]
      [
        1
        2
      ]
    )
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
  zip =
    lib.zipListsWith (a: b: a + b)
      [
        1
        2
      ]
      [ 10 ];
  zipLists =
    lib.zipLists
      [ 1 ]
      [
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
}
