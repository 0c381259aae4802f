# What npm is to install in a build without network: package.json and package-lock.json as importNpmLock takes them,
# with what ebb is made of on one platform and nothing else. { package, packageLock, arch } → { package, packageLock };
# `arch` is Node's name for the machine, such as x64, `also` names packages of devDependencies that are wanted, too.
# (nixpkgs: pkgs/build-support/node/import-npm-lock/default.nix)
{ lib }:
{
  package,
  packageLock,
  arch,
  also ? [ ],
}:

let
  # The lock file leaves addresses out, so that each machine takes its own registry. nixpkgs has no setting for one.
  registry = "https://registry.npmjs.org";
  addressOf = name: version: "${registry}/${name}/-/${baseNameOf name}-${version}.tgz";

  # All packages lie at the top: npm nests them only where two versions are needed.
  moduleOf = name: packageLock.packages."node_modules/${name}";
  isFor =
    key: value: module:
    lib.elem value (lib.toList (module.${key} or value));
  # importNpmLock knows no platforms: what npm would skip it would fetch all the same, a hundred megabytes.
  isForPlatform = name: isFor "os" "linux" (moduleOf name) && isFor "cpu" arch (moduleOf name);
  forPlatform = lib.filterAttrs (name: _: isForPlatform name);

  # What tests need is left out, and Node, which is nixpkgs' own.
  dependencies = package.dependencies // lib.getAttrs also package.devDependencies;
  names = map ({ key }: key) (
    builtins.genericClosure {
      startSet = map (key: { inherit key; }) (lib.attrNames dependencies);
      operator =
        { key }:
        map (key: { inherit key; }) (
          lib.attrNames (
            (moduleOf key).dependencies or { } // forPlatform (moduleOf key).optionalDependencies or { }
          )
        );
    }
  );
  reduced =
    set:
    removeAttrs set [
      "devDependencies"
      "optionalDependencies"
    ]
    // {
      inherit dependencies;
    };
in
{
  package = reduced package;
  packageLock = packageLock // {
    packages = {
      "" = reduced packageLock.packages."";
    }
    // lib.listToAttrs (
      map (name: {
        name = "node_modules/${name}";
        value = {
          resolved = addressOf name (moduleOf name).version;
        }
        // moduleOf name
        # npm would miss what is named and not there.
        // lib.optionalAttrs (moduleOf name ? optionalDependencies) {
          optionalDependencies = forPlatform (moduleOf name).optionalDependencies;
        };
      }) names
    );
  };
}
