{
  description = "A machine whose root is thrown away at each boot";

  inputs = {
    nixpkgs.url = "github:NixOS/nixpkgs/nixos-unstable";
    impermanence.url = "github:nix-community/impermanence";
    # The address that this template came from.
    ebb.url = "git+https://example.org/ebb";
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
