# What of nixpkgs' `lib` is about packages and sources, where the minimal one has nothing of it.
{ lib }:

{
  licenses.mit.spdxId = "MIT";
  sourceTypes = {
    fromSource.isSource = true;
    binaryNativeCode.isSource = false;
  };
  trivial.release = "25.11";

  fileset = {
    unions = files: files;
    fileFilter = _: root: [ root ];
    toSource =
      { root, fileset }:
      let
        missing = lib.filter (file: !builtins.pathExists file) fileset;
        names = map toString fileset;
        isIn = path: lib.any (name: path == name || lib.hasPrefix "${name}/" path) names;
        holds = path: lib.any (lib.hasPrefix "${path}/") names;
      in
      if missing != [ ] then
        throw "lib.fileset: ${toString missing}: no such file"
      else
        builtins.path {
          path = root;
          name = "source";
          filter = path: _: isIn path || holds path;
        };
  };
}
