{
  description = "A machine whose root is thrown away at each boot";

  inputs = {
    nixpkgs.url = "github:NixOS/nixpkgs/nixos-unstable";
    impermanence.url = "github:nix-community/impermanence";
    ebb.url = "git+file:///path/to/ebb"; # where you have it from
    ebb.inputs.nixpkgs.follows = "nixpkgs";
  };

  outputs =
    {
      nixpkgs,
      impermanence,
      ebb,
      ...
    }:
    {
      nixosConfigurations.machine = nixpkgs.lib.nixosSystem {
        modules = [
          impermanence.nixosModules.impermanence
          ebb.nixosModules.default
          ./configuration.nix
          ./root.nix
        ];
      };
    };
}
