# Directories of the host that containers write to, as the configuration says: volumes of OCI containers, and what is
# bound into NixOS containers.
{ lib, paths }:
{ configuration }:
let
  inherit (configuration) valuesOf;

  volumes = builtins.concatMap (
    volume:
    let
      parts = builtins.filter builtins.isString (builtins.split ":" volume);
      options = if builtins.length parts > 2 then builtins.elemAt parts 2 else "";
      isReadOnly = builtins.elem "ro" (builtins.filter builtins.isString (builtins.split "," options));
    in
    lib.optional (!isReadOnly) (builtins.head parts)
  ) (builtins.concatLists (valuesOf "virtualisation.oci-containers.containers.<name>.volumes"));

  bound = builtins.concatMap (
    mounts:
    builtins.concatMap (
      name:
      let
        mount = mounts.${name};
        hostPath = mount.hostPath or null;
      in
      lib.optional (!(mount.isReadOnly or true)) (
        if hostPath == null then mount.mountPoint or name else hostPath
      )
    ) (builtins.attrNames mounts)
  ) (valuesOf "containers.<name>.bindMounts");

  # A volume may be a file: a directory in its place would break the container. What has an extension is taken for one.
  isFile = path: builtins.match ".*/[^/]+[.][^/.]+" path != null;

  isOwn =
    path:
    path != null
    && !(isFile path)
    && !(paths.isShared path)
    && !(configuration.isHome path)
    && !(lib.hasPrefix "/etc/" path);
in
map (path: {
  kind = "directory";
  inherit path;
  nixos = [ ];
  option = null;
}) (builtins.filter isOwn (map paths.normalise (volumes ++ bound)))
