{
  description = "Persist what matters, let the rest ebb: tools for machines whose root is thrown away at each boot";

  # Any nixpkgs from 25.05 on; a configuration lets it follow its own: inputs.ebb.inputs.nixpkgs.follows = "nixpkgs".
  inputs.nixpkgs.url = "github:NixOS/nixpkgs/nixos-unstable";

  outputs =
    { self, nixpkgs }:
    let
      inherit (nixpkgs) lib;
      forEachSystem =
        outputs:
        lib.genAttrs [
          "x86_64-linux"
          "aarch64-linux"
        ] (system: outputs nixpkgs.legacyPackages.${system});
      systemOf = pkgs: pkgs.stdenv.hostPlatform.system;
      template = name: description: {
        path = ./nix/templates + "/${name}";
        inherit description;
      };
    in
    {
      packages = forEachSystem (pkgs: {
        default = self.packages.${systemOf pkgs}.ebb;
        ebb = pkgs.callPackage ./nix/package.nix { };
      });

      # `nix run`: what the next reboot washes away. `nix run .#ebb -- ls` runs any other command.
      apps = forEachSystem (pkgs: {
        default = {
          type = "app";
          program = toString (
            pkgs.writeShellScript "ebb-diff" ''exec ${self.packages.${systemOf pkgs}.ebb}/bin/ebb diff "$@"''
          );
          meta.description = "Show what the next reboot washes away";
        };
      });

      overlays.default = final: _: { ebb = final.callPackage ./nix/package.nix { }; };

      nixosModules = {
        default = self.nixosModules.ebb;
        ebb =
          { lib, pkgs, ... }:
          {
            # Imported twice, as `ebb` and as `default`, it is still one.
            key = "${toString ./flake.nix}#nixosModules.ebb";
            _file = ./flake.nix;
            imports = [ ./nix/module.nix ];
            ebb.package = lib.mkDefault (
              pkgs.ebb or self.packages.${systemOf pkgs}.ebb or (pkgs.callPackage ./nix/package.nix { })
            );
          };
      };

      # What the module is made of, for other modules; `sets` puts several together.
      lib = import ./nix/lib.nix { inherit lib; } // {
        sets = import ./nix/sets.nix { inherit lib; };
      };

      # What services keep, by name, as `environment.persistence.<storage>` takes it; `preservation` has them as
      # `preservation.preserveAt.<storage>` does.
      inherit (self.lib.sets) persistenceSets;

      templates = {
        default = self.templates.btrfs;
        btrfs = template "btrfs" "A machine with an ephemeral root on a btrfs subvolume";
        bcachefs = template "bcachefs" "A machine with an ephemeral root on a bcachefs subvolume, of several devices";
        ext4 = template "ext4" "A machine with an ephemeral root in a directory of an ext4 filesystem";
        tmpfs = template "tmpfs" "A machine with its root in memory";
      };

      checks = forEachSystem (pkgs: import ./nix/checks.nix { inherit self pkgs; });

      formatter = forEachSystem (pkgs: pkgs.nixfmt-tree);

      devShells = forEachSystem (pkgs: {
        default = import ./nix/shell.nix { inherit pkgs; };
      });
    };
}
