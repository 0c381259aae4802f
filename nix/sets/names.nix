# Which sets a name that nobody knows may have meant.
{ lib }:
let
  charactersOf =
    text: builtins.genList (index: builtins.substring index 1 text) (builtins.stringLength text);

  minimum = builtins.foldl' (a: b: if b < a then b else a);

  # How many characters to add, take away or change make one of the other: Levenshtein's, a row at a time.
  distance =
    a: b:
    let
      columns = charactersOf b;
      first = builtins.genList (index: index) (builtins.length columns + 1);
      next =
        row: character:
        builtins.foldl' (
          done: index:
          let
            replaced =
              builtins.elemAt row index + (if builtins.elemAt columns index == character then 0 else 1);
            before = builtins.elemAt done index;
          in
          done
          ++ [
            (minimum replaced [
              (builtins.elemAt row (index + 1) + 1)
              (before + 1)
            ])
          ]
        ) [ (builtins.head row + 1) ] (builtins.genList (index: index) (builtins.length columns));
      last = builtins.foldl' next first (charactersOf a);
    in
    builtins.elemAt last (builtins.length columns);

  lower = builtins.replaceStrings (charactersOf "ABCDEFGHIJKLMNOPQRSTUVWXYZ") (
    charactersOf "abcdefghijklmnopqrstuvwxyz"
  );
in
{
  # The same name, but for capital letters.
  isInOtherLetters = a: b: lower a == lower b;

  # At most five, the nearest first.
  nearest =
    names: name:
    let
      wanted = lower name;
      most = builtins.stringLength wanted / 3 + 1;
      isPart =
        candidate:
        builtins.stringLength wanted > 2
        && builtins.stringLength candidate > 3
        && (lib.hasInfix wanted candidate || lib.hasInfix candidate wanted);
      scored = map (
        candidate:
        let
          apart = distance wanted (lower candidate);
        in
        {
          inherit candidate;
          score = if isPart (lower candidate) then minimum apart [ 1 ] else apart;
        }
      ) (builtins.filter (candidate: builtins.stringLength candidate < 60) names);
      near = builtins.filter ({ score, ... }: score <= most) scored;
      sorted = builtins.sort (
        a: b: a.score < b.score || (a.score == b.score && a.candidate < b.candidate)
      ) near;
    in
    map ({ candidate, ... }: candidate) (
      builtins.genList (builtins.elemAt sorted) (minimum 5 [ (builtins.length sorted) ])
    );
}
