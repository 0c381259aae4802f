# Stands in for the flake of nixpkgs, as far as flake.nix and nix/package.nix ask it. The package is a real derivation,
# whose phases nix(1) runs in its sandbox: with Node and npm's packages from `modules`, a directory of the sandbox.
{
  lib ? import ../minimal-lib,
  modules ? "/node_modules",
}:

let
  own = import ./lib.nix { inherit lib; };
  # The real filesets ask for what Nix has from 2.14 on.
  complete =
    own
    // lib
    // lib.optionalAttrs (!(builtins ? readFileType && lib ? fileset)) { inherit (own) fileset; };

  packages =
    system:
    let
      arch = if system == "aarch64-linux" then "arm64" else "x64";
      base = import ../packages.nix { inherit lib; };
      # Never built, but nix(1) wants to see that it could be.
      stub =
        name:
        derivation {
          inherit name system;
          builder = "/bin/false";
        }
        // {
          meta.mainProgram = name;
        };
      pkgs =
        removeAttrs base [ "ebb" ]
        // complete.genAttrs [
          "autoPatchelfHook"
          "biome"
          "nix"
          "nixfmt"
          "nixfmt-rfc-style"
          "nixfmt-tree"
          "shellcheck"
        ] stub
        // {
          lib = complete;
          path = "/nix/store/eeeeeeeeeeeeeeeeeeeeeeeeeeeeeeee-source";
          stdenv = {
            hostPlatform = {
              inherit system;
              node = { inherit arch; };
              isLinux = true;
            };
            buildPlatform.canExecute = _: true;
            cc.cc.lib = "/nix/store/eeeeeeeeeeeeeeeeeeeeeeeeeeeeeeee-gcc-lib";
          };
          nodejs_24 = stub "nodejs" // {
            outPath = "${modules}/node-linux-${arch}";
          };
          importNpmLock = {
            __functor = _: sources: sources;
            npmConfigHook = stub "npm-config-hook";
          };
          buildNpmPackage = import ./build-npm-package.nix { inherit lib modules system; };
          # The last command is the shell's own: Nix kills what has closed its output, as chmod(1) does before it ends.
          writeShellScript =
            name: text:
            derivation {
              inherit name text system;
              builder = "/bin/bash";
              args = [
                "-euc"
                ''
                  printf '#!/bin/sh\n%s\n' "$text" >"$out"
                  /bin/chmod 755 "$out"
                  true
                ''
              ];
            };
          runCommand =
            name: _: _:
            stub name;
          mkShell = attributes: stub "nix-shell" // { recorded = attributes; };
          testers.runNixOSTest = test: stub "vm-test-run" // { recorded = test; };
          callPackage =
            file: overrides:
            let
              function = import file;
            in
            function (builtins.intersectAttrs (lib.functionArgs function) pkgs // overrides);
        };
    in
    pkgs;
in
{
  lib = complete;
  legacyPackages = complete.genAttrs [
    "x86_64-linux"
    "aarch64-linux"
  ] packages;
}
