# ebb, built by npm's packages and started by nixpkgs' Node. Any nixpkgs from 25.05 on has what it takes.
{
  lib,
  stdenv,
  buildNpmPackage,
  importNpmLock,
  autoPatchelfHook,
  nodejs_24,
}:

let
  root = ../.;
  package = lib.importJSON (root + "/package.json");
  nodejs = nodejs_24;
  # By the checksums of package-lock.json: there is no hash of all of it that could be stale.
  npmDepsWith =
    also:
    importNpmLock (
      import ./npm-lock.nix { inherit lib; } {
        inherit package also;
        packageLock = lib.importJSON (root + "/package-lock.json");
        inherit (stdenv.hostPlatform.node) arch;
      }
    );
in
buildNpmPackage {
  pname = package.name;
  inherit (package) version;
  inherit nodejs;

  # What package.json names: a change of the module, of docs or of tests builds nothing anew.
  src = lib.fileset.toSource {
    inherit root;
    fileset = lib.fileset.unions (
      map (name: root + "/${name}") (
        package.files
        ++ [
          "LICENSE"
          "package-lock.json"
          "package.json"
        ]
      )
    );
  };

  npmDeps = npmDepsWith [ ];
  inherit (importNpmLock) npmConfigHook;
  # esbuild and koffi would only look for what their packages for this platform have brought.
  npmRebuildFlags = [ "--ignore-scripts" ];

  # koffi's library is linked against libstdc++ and libgcc_s. esbuild is linked statically and runs as it is.
  nativeBuildInputs = [ autoPatchelfHook ];
  buildInputs = [ stdenv.cc.cc.lib ];

  # With the Node that starts it, as what V8 compiles here holds for no other.
  buildPhase = ''
    runHook preBuild
    ${nodejs}/bin/node scripts/build.mjs
    runHook postBuild
  '';
  installPhase = ''
    runHook preInstall
    sh scripts/install.sh "$out" ${nodejs}/bin/node
    runHook postInstall
  '';
  # In an initrd, and at boot, /bin/sh is what there is.
  dontPatchShebangs = true;

  doInstallCheck = stdenv.buildPlatform.canExecute stdenv.hostPlatform;
  installCheckPhase = ''
    runHook preInstallCheck
    [ "$(env -i "$out/bin/ebb" --version)" = ${package.version} ]
    ${nodejs}/bin/node -e 'require(process.argv[1])' "$out"/lib/ebb/node_modules/@koromix/*/*/koffi.node
    runHook postInstallCheck
  '';

  # For nix/checks.nix.
  passthru = { inherit npmDepsWith; };

  meta = {
    inherit (package) description;
    longDescription = ''
      Wipes the root filesystem at each boot and keeps old roots for a while, says what the next reboot will lose and what
      should have been kept, and brings it back.
    '';
    license = lib.licenses.mit;
    mainProgram = "ebb";
    platforms = [
      "x86_64-linux"
      "aarch64-linux"
    ];
    # koffi's library comes as its authors built it.
    sourceProvenance = [
      lib.sourceTypes.fromSource
      lib.sourceTypes.binaryNativeCode
    ];
  };
}
