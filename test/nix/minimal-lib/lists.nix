lib:
let
  inherit (builtins)
    elemAt
    foldl'
    genList
    length
    ;
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
  range =
    first: last: if first > last then [ ] else genList (index: first + index) (last - first + 1);
  count = predicate: list: length (builtins.filter predicate list);

  last =
    list:
    if list == [ ] then throw "lists.last: list must not be empty!" else elemAt list (length list - 1);
  init =
    list:
    if list == [ ] then
      throw "lists.init: list must not be empty!"
    else
      lib.take (length list - 1) list;
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
  # Each time the first one is followed to what has to come before it.
  toposort =
    before: list:
    let
      first =
        visited: rest: current:
        let
          earlier = builtins.partition (other: before other current) rest;
        in
        if builtins.any (other: before other current) visited then
          null
        else if earlier.right == [ ] then
          {
            inherit current;
            remaining = visited ++ rest;
          }
        else
          first ([ current ] ++ visited) (builtins.tail earlier.right ++ earlier.wrong) (
            builtins.head earlier.right
          );
      found = first [ ] (builtins.tail list) (builtins.head list);
      after = lib.toposort before found.remaining;
    in
    if length list < 2 then
      { result = list; }
    else if found == null then
      { cycle = list; }
    else if after ? cycle then
      after
    else
      { result = [ found.current ] ++ after.result; };
  sortOn = key: builtins.sort (a: b: key a < key b);
  zipListsWith =
    f: a: b:
    genList (index: f (elemAt a index) (elemAt b index)) (lib.min (length a) (length b));
  zipLists = lib.zipListsWith (fst: snd: { inherit fst snd; });
}
