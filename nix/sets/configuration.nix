# What a NixOS configuration says of sets: which of their services are enabled, and where these keep their data.
#
# Options of nixpkgs come and go. One that this nixpkgs does not know is off; one that was renamed or removed throws, or
# warns, when it is read, and is not read.
{ lib, paths }:
{ config, options }:
let
  # Only what can be caught: a throw, an assertion, a value that nobody defined.
  attempt =
    value: default:
    let
      attempted = builtins.tryEval value;
    in
    if attempted.success then attempted.value else default;

  isOption = node: builtins.isAttrs node && (node._type or null) == "option";

  partsOf = option: builtins.filter builtins.isString (builtins.split "[.]" option);

  attributeOf =
    name: default: value:
    if builtins.isAttrs value && value ? ${name} then attempt value.${name} default else default;

  # Of instances those that run and keep something: `enable` and the `ephemeral` of containers.
  instancesOf =
    value:
    builtins.filter (
      name:
      let
        instance = attributeOf name null value;
      in
      instance != null
      && attributeOf "enable" true instance == true
      && attributeOf "ephemeral" false instance != true
    ) (builtins.attrNames value);

  valuesIn =
    value: parts:
    let
      present = attempt value null;
      name = builtins.head parts;
      rest = builtins.tail parts;
    in
    if present == null then
      [ ]
    else if parts == [ ] then
      [ present ]
    else if !builtins.isAttrs present then
      [ ]
    else if name == "<name>" then
      builtins.concatMap (instance: valuesIn present.${instance} rest) (instancesOf present)
    else if present ? ${name} then
      valuesIn present.${name} rest
    else
      [ ];

  # The tree of options leads to the option; what is further down is in its value.
  valuesFrom =
    node: value: parts:
    if isOption node then
      if (node.visible or true) == false then [ ] else valuesIn value parts
    else if parts == [ ] || !builtins.isAttrs node || !(node ? ${builtins.head parts}) then
      [ ]
    else
      valuesFrom node.${builtins.head parts} value.${builtins.head parts} (builtins.tail parts);

  isOn =
    value:
    if builtins.isBool value then
      value
    else if builtins.isList value then
      value != [ ]
    else if builtins.isAttrs value then
      if value ? enable then attributeOf "enable" false value == true else instancesOf value != [ ]
    else
      false;

  # Whether the tree of options has it, or an option whose value may have it.
  reaches =
    node: parts:
    if isOption node then
      (node.visible or true) != false
    else
      parts != [ ]
      && builtins.isAttrs node
      && node ? ${builtins.head parts}
      && reaches node.${builtins.head parts} (builtins.tail parts);

  homes = map ({ home, ... }: home) (
    builtins.filter ({ isNormalUser, ... }: isNormalUser) (builtins.attrValues config.users.users)
  );

  mountPoints = builtins.filter ({ mountPoint, ... }: mountPoint != "/") (
    builtins.attrValues config.fileSystems
  );

  # Nearest to the path first.
  mountsOver =
    path:
    builtins.sort (a: b: builtins.stringLength a.mountPoint > builtins.stringLength b.mountPoint) (
      builtins.filter ({ mountPoint, ... }: paths.isWithin mountPoint path) mountPoints
    );
in
{
  # All that an option is set to: "services.dokuwiki.sites.<name>.stateDir" has a value for each site.
  valuesOf = option: valuesFrom options config (partsOf option);

  isKnown = option: reaches options (partsOf option);

  # An option that is true or has something in it, or the `enable` of a group of options.
  isEnabled =
    option:
    let
      parts = partsOf option;
      values = valuesFrom options config parts;
    in
    builtins.any isOn (
      if values == [ ] then valuesFrom options config (parts ++ [ "enable" ]) else values
    );

  instanceNamesOf =
    option:
    builtins.concatMap (value: if builtins.isAttrs value then instancesOf value else [ ]) (
      valuesFrom options config (partsOf option)
    );

  # Whether another filesystem than the root has it, and one that keeps it.
  isOnKeptFileSystem =
    ephemeralMounts: path:
    let
      mounts = mountsOver path;
      mount = builtins.head mounts;
    in
    mounts != [ ]
    && !(builtins.elem mount.mountPoint ephemeralMounts)
    && !(builtins.elem mount.fsType [
      "tmpfs"
      "ramfs"
    ]);

  hasUser = name: name == "root" || config.users.users ? ${name};
  hasGroup = name: name == "root" || config.users.groups ? ${name};
  # A normal user's, or a directory that all homes are in.
  isHome = path: path == "/root" || path == "/home" || builtins.elem path homes;
  homeOf = name: config.users.users.${name}.home;
}
