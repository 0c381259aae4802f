# Units have one source, the files of boot/units, which other distributions use as they are. Here they become what the
# options of NixOS take, so that a configuration can add to them and override them like to any other service.
{ lib }:

let
  inherit (builtins)
    attrNames
    concatMap
    elemAt
    filter
    foldl'
    isString
    length
    listToAttrs
    mapAttrs
    match
    removeAttrs
    split
    ;

  lines = text: filter isString (split "\n" text);
  words = text: filter (word: isString word && word != "") (split " +" text);

  # { Section.Key = [ value … ]; } of a unit file without continued lines.
  parse =
    text:
    (foldl'
      (
        { section, found }:
        line:
        let
          header = match "[[]([A-Za-z]+)]" line;
          pair = match "([A-Za-z]+)=(.*)" line;
          key = elemAt pair 0;
          value = elemAt pair 1;
          before = found.${section}.${key} or [ ];
        in
        if header != null then
          {
            section = elemAt header 0;
            inherit found;
          }
        else if pair == null then
          { inherit section found; }
        else
          {
            inherit section;
            found = found // {
              ${section} = found.${section} or { } // {
                # An empty value takes back what was said before.
                ${key} = if value == "" then [ ] else before ++ [ value ];
              };
            };
          }
      )
      {
        section = "";
        found = { };
      }
      (lines text)
    ).found;

  one = values: if length values == 1 then elemAt values 0 else values;

  # What options of their own stand for, in [Unit].
  relations = {
    After = "after";
    Before = "before";
    Wants = "wants";
    Requires = "requires";
    Requisite = "requisite";
    BindsTo = "bindsTo";
    PartOf = "partOf";
    Conflicts = "conflicts";
  };

  common =
    parsed:
    let
      unit = parsed.Unit or { };
      install = parsed.Install or { };
    in
    listToAttrs (
      map (key: {
        name = relations.${key};
        value = concatMap words (unit.${key} or [ ]);
      }) (filter (key: unit ? ${key}) (attrNames relations))
    )
    // {
      description = one (unit.Description or [ "ebb" ]);
      wantedBy = concatMap words (install.WantedBy or [ ]);
      unitConfig = mapAttrs (_: one) (removeAttrs unit ([ "Description" ] ++ attrNames relations));
    };

  # The paths of another distribution, as those of this one.
  located =
    {
      package,
      coreutils,
      storage,
      scripts ? "${package}/lib/ebb",
    }:
    value:
    let
      program = match "(-?)(/usr/bin/)?ebb( .*)?" value;
      script = match "(-?)/usr/lib/ebb/(.*)" value;
      tool = match "/bin/(true|kill)( .*)?" value;
      arguments = matched: index: if elemAt matched index == null then "" else elemAt matched index;
    in
    if program != null then
      "${elemAt program 0}${package}/bin/ebb${arguments program 2}"
    else if script != null then
      "${elemAt script 0}${scripts}/${elemAt script 1}"
    else if tool != null then
      "${coreutils}/bin/${elemAt tool 0}${arguments tool 1}"
    else if value == "/persist" || lib.hasPrefix "/persist/" value then
      storage + lib.removePrefix "/persist" value
    else
      value;
in
{
  inherit parse;

  # A file of boot/units as `systemd.services.NAME`.
  service =
    places: file:
    let
      parsed = parse (builtins.readFile file);
      place = located places;
      shared = common parsed;
    in
    shared
    // {
      unitConfig = mapAttrs (_: value: if isString value then place value else value) shared.unitConfig;
      serviceConfig = mapAttrs (_: values: one (map place values)) (parsed.Service or { });
    };

  # The same of a timer.
  timer =
    file:
    let
      parsed = parse (builtins.readFile file);
    in
    common parsed // { timerConfig = mapAttrs (_: one) (parsed.Timer or { }); };
}
