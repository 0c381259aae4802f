{
  description = "The tests of ebb's module together with the modules that put persisted paths in place";

  # Apart from ebb's own flake, so that nobody has to fetch these who does not want them: nix flake check ./nix/tests
  inputs = {
    ebb.url = "path:../..";
    nixpkgs.follows = "ebb/nixpkgs";
    impermanence.url = "github:nix-community/impermanence";
    preservation.url = "github:nix-community/preservation";
  };

  outputs =
    {
      ebb,
      nixpkgs,
      impermanence,
      preservation,
      ...
    }:
    {
      checks =
        nixpkgs.lib.genAttrs
          [
            "x86_64-linux"
            "aarch64-linux"
          ]
          (
            system:
            let
              test =
                name: module:
                nixpkgs.legacyPackages.${system}.testers.runNixOSTest (
                  import ./persisted.nix {
                    inherit name module;
                    ebb = ebb.nixosModules.default;
                  }
                );
            in
            {
              impermanence = test "impermanence" impermanence.nixosModules.impermanence;
              preservation = test "preservation" preservation.nixosModules.default;
            }
          );
    };
}
