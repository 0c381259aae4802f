# A stub of `pkgs`: what looks like a derivation, and the functions that make one. Nothing is built.
{ lib }:

let
  # No hash has an `e`: such a path is nobody's.
  stub =
    name: more:
    {
      type = "derivation";
      inherit name;
      outPath = "/nix/store/eeeeeeeeeeeeeeeeeeeeeeeeeeeeeeee-${name}";
      drvPath = "/nix/store/eeeeeeeeeeeeeeeeeeeeeeeeeeeeeeee-${name}.drv";
      outputName = "out";
      meta = { };
      overrideAttrs = _: stub name more;
    }
    // more;
  package = name: stub name { meta.mainProgram = name; };
  # What was written stays readable, as `.text`.
  written = name: text: stub name { inherit text; };

  names = [
    "bash"
    "bashInteractive"
    "bcachefs-tools"
    "btrfs-progs"
    "busybox"
    "coreutils"
    "cryptsetup"
    "e2fsprogs"
    "ebb"
    "findutils"
    "gawk"
    "gnugrep"
    "gnused"
    "jq"
    "kmod"
    "nodejs"
    "openssh"
    "prometheus-node-exporter"
    "shadow"
    "systemd"
    "util-linux"
    "xfsprogs"
  ];

  pkgs = lib.genAttrs names package // {
    inherit lib pkgs;
    inherit (pkgs.stdenv.hostPlatform) system;
    stdenv.hostPlatform = {
      system = "x86_64-linux";
      isLinux = true;
      isx86_64 = true;
      isAarch64 = false;
    };
    runtimeShell = "${pkgs.bash}/bin/bash";
    buildNpmPackage = attributes: package (attributes.pname or "package");

    writeText = written;
    writeTextFile = { name, text, ... }: written name text;
    writeTextDir = path: written (baseNameOf path);
    writeScript = written;
    writeShellScript = name: body: written name "#!${pkgs.runtimeShell}\n${body}";
    writeShellScriptBin = name: body: written name "#!${pkgs.runtimeShell}\n${body}";
    writeShellApplication =
      { name, text, ... }:
      written name "#!${pkgs.runtimeShell}\nset -o errexit -o nounset -o pipefail\n${text}";
    runCommand = name: _: written name;
    runCommandLocal = name: _: written name;
    symlinkJoin = { name, ... }: package name;
    linkFarm = name: _: package name;
    formats = {
      toml = _: format "toml";
      json = _: format "json";
      ini = _: format "ini";
    };

    callPackage =
      package: overrides:
      let
        function = if lib.isFunction package then package else import package;
      in
      function (builtins.intersectAttrs (lib.functionArgs function) pkgs // overrides);
  };

  format = kind: {
    type = lib.types.anything;
    generate = name: value: written name (builtins.toJSON value) // { inherit kind value; };
  };
in
pkgs
