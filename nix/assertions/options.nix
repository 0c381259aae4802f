# What ebb's own options say that cannot work: nobody can allow it.
{
  cfg,
  config,
  lib,
  ebb,
  filesystem,
  isMemory,
  devices,
  hasImpermanence,
  hasPreservation,
  quoted,
  ...
}:

let
  inherit (builtins) match;
  inherit (cfg) root;

  document =
    if cfg.declarations == null then { } else ebb.persisted.readDeclarations cfg.declarations;
  declares = lib.any (storage: storage != { }) (lib.attrValues (document.persistence or { }));
  asksToPersist = declares || cfg.sets.names != [ ] || cfg.sets.auto;
  persistsNothing = !hasImpermanence && (!hasPreservation || !config.preservation.enable);

  isOfSystemd = lib.elem filesystem [
    "bcachefs"
    "directory"
  ];
  # Directories of a filesystem, which are mounted early, beside a root in memory.
  directories =
    lib.filter
      (point: lib.any (lib.hasPrefix "X-mount.subdir=") (config.fileSystems.${point}.options or [ ]))
      [
        "/nix"
        cfg.storage
      ];

  # Each option with what it may not be.
  unplain =
    what: isPlain: values:
    map (value: "${what} = ${quoted value}") (lib.filter (value: !isPlain value) values);
  isWord = pattern: value: match pattern value != null;
  # It becomes a part of units, of tables of mounts and of shell: no blank, no quote, no comma.
  isPlainPlace = path: isWord "(/[A-Za-z0-9_@:.+-]+)+" path && ebb.isPlainPath path;
  isPlainDevice = isWord "[^[:cntrl:][:space:]\"'`,]+";
  unplains =
    unplain "ebb.root.subvolume" ebb.isPlainName [ root.subvolume ]
    ++ unplain "ebb.root.nix" ebb.isPlainName [ root.nix ]
    ++ unplain "ebb.root.persist" ebb.isPlainName [ root.persist ]
    ++ unplain "ebb.root.snapshots" ebb.isPlainName [ root.snapshots ]
    ++ unplain "ebb.root.blank" ebb.isPlainName (lib.optional (root.blank != null) root.blank)
    ++ unplain "ebb.root.oldRoots" (if isMemory then isPlainPlace else ebb.isPlainName) [
      root.oldRoots
    ]
    ++ unplain "ebb.storage" isPlainPlace [ cfg.storage ]
    ++ unplain "ebb.root.ephemeralMounts" ebb.isPlainPath root.ephemeralMounts
    ++ unplain "ebb.root.device" isPlainDevice devices
    # Several are joined by colons.
    ++ lib.optionals (lib.length devices > 1) (
      unplain "ebb.root.device" (device: !lib.hasInfix ":" device) devices
    )
    ++ unplain "ebb.root.options" isPlainDevice root.options
    ++ unplain "ebb.root.type" (isWord "[A-Za-z0-9._-]+") [ root.type ]
    ++ unplain "ebb.root.size" (isWord "[0-9]+[KMGTkmgt%]?") [ root.size ]
    ++ unplain "ebb.root.unlockedBy" (isWord "[A-Za-z0-9:_.\\@-]+\\.[a-z]+") root.unlockedBy
    ++ unplain "a persisted path" ebb.isPlainPath (map (entry: entry.path) cfg.persisted);

  fixed = map (check: check // { isFixed = true; });
in
fixed [
  {
    name = "names";
    fails = unplains != [ ];
    says = ''
      names are what they are taken for only if they are plain: at the top level of the device letters, digits and
      _@:.+- between slashes, elsewhere no blanks, quotes or commas, and never "." or "..". These are not:
      ${lib.concatStringsSep ", " unplains}'';
    mend = "Give each another name, or one option to each element of a list.";
  }
  {
    name = "device";
    fails = filesystem != null && !isMemory && devices == [ ];
    says = "ebb.root.filesystem = ${quoted filesystem} without ebb.root.device: nothing could be mounted, nor reset.";
    mend = ''ebb.root.device = "/dev/disk/by-label/nixos";'';
  }
  {
    # What the reset needs of bcachefs, and of mount(8) for a directory, is not in the busybox of that initrd.
    name = "scripted-initrd";
    fails = (isOfSystemd || isMemory && directories != [ ]) && !config.boot.initrd.systemd.enable;
    says =
      if isOfSystemd then
        ''
          a root of ebb.root.filesystem = ${quoted filesystem} is reset and mounted by systemd's initrd alone. The scripted
          one would mount the top level of the device as root, or nothing.''
      else
        ''
          the scripted initrd does not know X-mount.subdir, by which ${lib.concatStringsSep ", " directories} is mounted: the
          machine would not boot.'';
    mend = "boot.initrd.systemd.enable = true;";
  }
  {
    name = "no-module";
    fails = asksToPersist && persistsNothing;
    says = ''
      ebb.sets or ebb.declarations persist paths, and neither impermanence nor preservation is there to put them in
      place: all of them would be lost at the next reset.'';
    mend =
      if hasPreservation then
        "preservation.enable = true;"
      else
        "imports = [ inputs.impermanence.nixosModules.impermanence ];";
  }
]
