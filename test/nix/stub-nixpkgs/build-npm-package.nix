# `buildNpmPackage`: a derivation that runs the phases it is given. What it was asked for stays readable, as
# `.recorded`.
{
  lib,
  modules,
  system,
}:

let
  build =
    attributes:
    derivation {
      name = "${attributes.pname}-${attributes.version}";
      inherit system;
      builder = "/bin/bash";
      args = [
        "-eu"
        ./builder.sh
      ];
      inherit modules;
      inherit (attributes)
        nodejs
        src
        buildPhase
        installPhase
        installCheckPhase
        ;
      # Just what npm would install.
      wanted = lib.filter (path: path != "") (lib.attrNames attributes.npmDeps.packageLock.packages);
    }
    // attributes.passthru
    // {
      inherit (attributes) pname version meta;
      recorded = attributes;
      nativeBuildInputs = attributes.nativeBuildInputs or [ ];
      overrideAttrs = changes: build (attributes // changes attributes);
    };
in
build
