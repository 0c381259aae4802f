lib:
let
  inherit (builtins) elemAt foldl' genList length;
in
{
  inherit (builtins)
    all
    any
    concatLists
    concatMap
    elem
    elemAt
    filter
    foldl'
    genList
    groupBy
    head
    isList
    length
    map
    partition
    sort
    tail
    ;

  optional = condition: value: if condition then [ value ] else [ ];
  optionals = condition: values: if condition then values else [ ];
  singleton = value: [ value ];
  toList = value: if builtins.isList value then value else [ value ];

  foldr =
    f: nul: list:
    let
      from = index: if index == length list then nul else f (elemAt list index) (from (index + 1));
    in
    from 0;
  imap0 = f: list: genList (index: f index (elemAt list index)) (length list);
  imap1 = f: lib.imap0 (index: f (index + 1));
  forEach = list: f: map f list;
  range = first: last: if first > last then [ ] else genList (index: first + index) (last - first + 1);
  count = predicate: list: length (builtins.filter predicate list);

  last = list: if list == [ ] then throw "lists.last: list must not be empty!" else elemAt list (length list - 1);
  init = list: if list == [ ] then throw "lists.init: list must not be empty!" else lib.take (length list - 1) list;
  take = number: lib.sublist 0 number;
  drop = number: list: lib.sublist number (length list) list;
  sublist =
    start: number: list:
    genList (index: elemAt list (start + index)) (lib.max 0 (lib.min number (length list - start)));
  reverseList = list: genList (index: elemAt list (length list - 1 - index)) (length list);

  # The first of equal ones stays where it is.
  unique = foldl' (seen: value: if builtins.elem value seen then seen else seen ++ [ value ]) [ ];
  remove = unwanted: builtins.filter (value: value != unwanted);
  subtractLists = unwanted: builtins.filter (value: !builtins.elem value unwanted);
  intersectLists = wanted: builtins.filter (value: builtins.elem value wanted);
  mutuallyExclusive = a: b: !builtins.any (value: builtins.elem value a) b;
  flatten = value: if builtins.isList value then builtins.concatMap lib.flatten value else [ value ];
  findFirst =
    predicate: default: list:
    let
      found = builtins.filter predicate list;
    in
    if found == [ ] then default else builtins.head found;
  sortOn = key: builtins.sort (a: b: key a < key b);
  zipListsWith =
    f: a: b:
    genList (index: f (elemAt a index) (elemAt b index)) (lib.min (length a) (length b));
  zipLists = lib.zipListsWith (fst: snd: { inherit fst snd; });
}
