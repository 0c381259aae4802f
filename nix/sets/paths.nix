# Paths as text: what lies below what, and what can be declared.
{ lib }:
let
  # A directory covers itself and what is below it, never a neighbour with a longer name.
  isWithin = directory: path: path == directory || lib.hasPrefix "${directory}/" path;

  componentsOf =
    path: builtins.filter (part: builtins.isString part && part != "") (builtins.split "/" path);
in
{
  inherit isWithin componentsOf;

  isWithinAny = directories: path: builtins.any (directory: isWithin directory path) directories;

  isPattern = path: builtins.match ".*[][*?\\].*" path != null;

  # Directories that many share: none of them is persisted for the sake of one.
  isShared =
    path:
    builtins.match "/[^/]*|/(home|usr|var)/[^/]*|/var/lib/private" path != null
    || builtins.elem path [
      "~/.cache"
      "~/.config"
      "~/.local"
      "~/.local/share"
      "~/.local/state"
    ];

  # Of "/var/lib/foo-*/keys" "/var/lib": what of it is the same for all that it matches.
  literalPartOf =
    pattern:
    let
      literal = builtins.head (builtins.match "([^][*?\\]*)/.*" "${pattern}/");
      before = builtins.match "([^][*?\\]*)/[^/]*[][*?\\].*" pattern;
    in
    if before == null then literal else builtins.head before;

  # "/data//forgejo/" of a configuration as "/data/forgejo"; null where that is no absolute path, or has in it what
  # somebody who reads it could take for something else.
  normalise =
    path:
    let
      components = componentsOf path;
    in
    if
      lib.hasPrefix "/" path
      && components != [ ]
      && builtins.match ".*[[:cntrl:]].*" path == null
      && !(builtins.elem "." components || builtins.elem ".." components)
    then
      "/" + builtins.concatStringsSep "/" components
    else
      null;

  # Where a service with a dynamic user sees what systemd keeps in /var/lib/private.
  publicNameOf = builtins.replaceStrings [ "/var/lib/private/" ] [ "/var/lib/" ];
}
