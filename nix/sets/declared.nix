# The paths that others than ebb declare, so that no path is declared twice: impermanence takes that for an error.
#
# They are read from the definitions of the option and not from its value, which has what ebb adds.
{ lib, paths }:
let
  # What conditions, priorities and places in the order leave of a definition.
  undressed =
    value:
    let
      type = if builtins.isAttrs value then value._type or null else null;
    in
    if type == "if" then
      if value.condition then undressed value.content else [ ]
    else if type == "merge" then
      builtins.concatMap undressed value.contents
    else if type == "override" || type == "order" then
      undressed value.content
    else
      [ value ];

  # A definition may be a function of the submodule: what it gives is not known here.
  attributesIn = value: builtins.filter builtins.isAttrs (undressed value);

  elementsIn =
    value: builtins.concatMap undressed (builtins.concatMap (list: list) (undressed value));

  pathOf =
    prefix: element:
    prefix + (if builtins.isAttrs element then element.directory or element.file or "" else element);

  pathsIn =
    prefix: lists:
    map (pathOf prefix) (elementsIn (lists.directories or [ ]) ++ elementsIn (lists.files or [ ]));

  ofStorage =
    homeOf: storage:
    pathsIn "" storage
    ++ builtins.concatMap (
      users:
      builtins.concatMap (
        name: builtins.concatMap (pathsIn "${homeOf name}/") (attributesIn users.${name})
      ) (builtins.attrNames users)
    ) (attributesIn (storage.users or { }));
in
{
  # definitions: [ { file; value = { STORAGE = …; }; } ], of which those of `ownFile` do not count.
  pathsOf =
    {
      definitions,
      ownFile,
      homeOf,
    }:
    builtins.filter (path: path != null) (
      map paths.normalise (
        builtins.concatMap (
          { file, value, ... }:
          if toString file == ownFile then
            [ ]
          else
            builtins.concatMap (
              storages:
              builtins.concatMap (
                storage: builtins.concatMap (ofStorage homeOf) (attributesIn storages.${storage})
              ) (builtins.attrNames storages)
            ) (attributesIn value)
        ) definitions
      )
    );

  # `environment.persistence` as plain data, without what is among the paths.
  withoutPaths =
    { taken, homeOf }:
    let
      isFree = prefix: element: !(builtins.elem (paths.normalise (pathOf prefix element)) taken);
      lists =
        prefix: own:
        own
        // builtins.mapAttrs (_: builtins.filter (isFree prefix)) (
          builtins.intersectAttrs {
            directories = null;
            files = null;
          } own
        );
    in
    builtins.mapAttrs (
      _: storage:
      lists "" storage
      // lib.optionalAttrs (storage ? users) {
        users = builtins.mapAttrs (name: lists "${homeOf name}/") storage.users;
      }
    );
}
