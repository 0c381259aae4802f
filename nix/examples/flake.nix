{
  description = "The hosts of one fleet whose root is thrown away at each boot, and one example for each filesystem";

  inputs = {
    nixpkgs.url = "github:NixOS/nixpkgs/nixos-25.11";
    # This repository; in a flake of your own its address.
    ebb.url = "path:../..";
    ebb.inputs.nixpkgs.follows = "nixpkgs";

    # What puts persisted paths in place: one of the two for each host.
    impermanence.url = "github:nix-community/impermanence";
    preservation.url = "github:nix-community/preservation";

    home-manager.url = "github:nix-community/home-manager/release-25.11";
    home-manager.inputs.nixpkgs.follows = "nixpkgs";
  };

  outputs =
    {
      nixpkgs,
      ebb,
      impermanence,
      preservation,
      home-manager,
      ...
    }:
    let
      host = modules: nixpkgs.lib.nixosSystem { modules = [ ebb.nixosModules.default ] ++ modules; };
      impermanent = modules: host ([ impermanence.nixosModules.impermanence ] ++ modules);
    in
    {
      # For hosts of other flakes.
      nixosModules.shared = ./shared.nix;
      nixosModules.server = ./server.nix;

      nixosConfigurations = {
        juni = impermanent [ ./juni ];
        l001 = impermanent [ ./l001 ];
        o001 = impermanent [ ./o001 ];
        h001 = impermanent [ ./h001 ];
        h002 = host [ ./h002 ];
        h003 = impermanent [ ./h003 ];

        btrfs = host [
          preservation.nixosModules.preservation
          ./btrfs
        ];
        ext4 = impermanent [
          home-manager.nixosModules.home-manager
          ./ext4
        ];
        tmpfs = impermanent [ ./tmpfs ];
      };
    };
}
