# `nix flake check`: the package, the form of what is Nix, the evaluation of the module and of all examples, and
# machines that boot. docs/reference/nixos-checks.md says which of these have run where.
{ self, pkgs }:

let
  inherit (pkgs) lib;
  root = ../.;
  inherit (self.packages.${pkgs.stdenv.hostPlatform.system}) ebb;
  # Until 25.05 the name stood for an older formatter.
  nixfmt =
    if lib.versionOlder lib.trivial.release "25.11" then pkgs.nixfmt-rfc-style else pkgs.nixfmt;
  nixFiles = lib.fileset.toSource {
    inherit root;
    # What `ebb survey` proposes is a part of a file, and no Nix by itself.
    fileset = lib.fileset.difference (lib.fileset.fileFilter (
      file: file.hasExt "nix"
    ) root) ../test/unit/golden;
  };
  machines = lib.mapAttrs (_: pkgs.testers.runNixOSTest) (
    import ./tests { ebb = self.nixosModules.default; }
  );
in
{
  package = ebb;

  formatting = pkgs.runCommand "ebb-nix-formatting" { nativeBuildInputs = [ nixfmt ]; } ''
    find ${nixFiles} -name '*.nix' -exec nixfmt --check {} +
    touch $out
  '';

  # The tests that run Nix, with the module system of this nixpkgs.
  evaluation = ebb.overrideAttrs (previous: {
    pname = "ebb-evaluation";
    src = root;
    npmDeps = ebb.npmDepsWith [ "fast-check" ];
    nativeBuildInputs = previous.nativeBuildInputs ++ [ pkgs.nix ];
    EBB_TEST_NIXPKGS_LIB = pkgs.path + "/lib";
    buildPhase = ''
      runHook preBuild
      node scripts/build.mjs
      node --test 'test/nix/**/*.test.ts'
      runHook postBuild
    '';
    installPhase = "touch $out";
    doInstallCheck = false;
  });
}
// lib.mapAttrs' (name: lib.nameValuePair "machine-${name}") machines
