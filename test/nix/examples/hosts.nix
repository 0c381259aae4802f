# The hosts of the flake nix/examples/flake.nix, by name, each as test/nix/evaluate.nix evaluates a configuration. Its
# inputs are stubs: no flake is fetched.
{
  evaluate,
  module,
  impermanence,
  preservation,
  homeManager,
}:

let
  flake = import ../../../nix/examples/flake.nix;
  outputs = flake.outputs {
    self = outputs;
    nixpkgs.lib.nixosSystem = { modules }: evaluate { modules = [ ./options.nix ] ++ modules; };
    ebb.nixosModules.default = module;
    impermanence.nixosModules.impermanence = impermanence;
    preservation.nixosModules.preservation = preservation;
    home-manager.nixosModules.home-manager = homeManager;
  };
in
outputs.nixosConfigurations
