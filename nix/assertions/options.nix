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
  importImpermanence,
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
  # Where sets and declarations go, and who has switched it off.
  switchedOff = lib.filter (storage: !(config.environment.persistence.${storage}.enable or true)) (
    lib.optionals hasImpermanence (
      lib.unique (
        lib.attrNames (document.persistence or { })
        ++ lib.optional (cfg.sets.names != [ ] || cfg.sets.auto) cfg.storage
      )
    )
  );
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
  isLine = isWord "[^[:cntrl:]]+";
  # As src/core/pattern.ts reads them; and not one that is everything there is.
  isPattern =
    pattern:
    isWord "(/|~/|[*][*]/).*" pattern
    && !isWord "[/*]+" pattern
    && (
      pattern == "~/" || ebb.isPlainPath (if lib.hasPrefix "/" pattern then pattern else "/${pattern}")
    );
  # Where ebb mounts it, not at what else it mounts.
  isPlaceOfStorage =
    path: isPlainPlace path && !(root.fileSystems && (path == "/nix" || ebb.covers "/nix/store" path));
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
    ++ unplain "ebb.storage" isPlaceOfStorage [ cfg.storage ]
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
    ++ unplain "ebb.ignore" isPattern cfg.ignore
    ++ unplain "ebb.check.interval" isLine [ cfg.check.interval ]
    ++ unplain "ebb.gc.interval" isLine [ cfg.gc.interval ]
    ++ unplain "ebb.capture.interval" isLine (
      lib.optional (cfg.capture.interval != null) cfg.capture.interval
    )
    ++ unplain "a user of persisted paths" (isWord "[A-Za-z0-9_][A-Za-z0-9_.-]{0,31}") (
      lib.unique (map (entry: entry.home.user) (lib.filter (entry: entry.home != null) cfg.persisted))
    )
    ++ unplain "a persisted path" ebb.isPlainPath (map (entry: entry.path) cfg.persisted);

  # What says by itself which part of the device is mounted, and how.
  ownOptions = lib.filter (
    option: match "(subvol|subvolid|X-mount\\.subdir)=.*|r?bind|ro|noauto|nofail" option != null
  ) root.options;

  resetsByName = filesystem != null && !isMemory;
  isIn = above: name: ebb.covers "/${above}" "/${name}";
  mountedNames = lib.optionals root.fileSystems [
    root.nix
    root.persist
  ];
  ofDevice = [ root.oldRoots ] ++ mountedNames ++ lib.optional root.fileSystems root.snapshots;
  inNext = lib.filter (
    name: isIn "${root.subvolume}.fresh" name || isIn "${root.subvolume}.part" name
  ) (ofDevice ++ lib.optional (root.blank != null) root.blank);
  amongOldRoots = lib.filter (isIn root.oldRoots) ([ root.subvolume ] ++ mountedNames);
  inBlank = lib.optionals (root.blank != null) (
    lib.filter (isIn root.blank) (
      lib.optional (root.blank != root.subvolume) root.subvolume ++ ofDevice
    )
  );

  fixed = map (check: check // { isFixed = true; });
in
fixed [
  {
    name = "names";
    fails = unplains != [ ];
    says = ''
      names are what they are taken for only if they are plain: at the top level of the device letters, digits and
      _@:.+- between slashes, elsewhere no blanks, quotes or commas, and never "." or ".."; patterns begin with /, ~/ or
      **/, and are not all there is. These are not:
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
    name = "several-devices";
    fails = resetsByName && filesystem != "bcachefs" && lib.length devices > 1;
    says = ''
      ebb.root.device has several devices, which only a bcachefs is mounted by: the reset would mount none of them, and
      the root would stay as it is.'';
    mend = "ebb.root.device = ${quoted (lib.head devices)};";
  }
  {
    # Of a btrfs a part is mounted by subvol=, and the directory that the reset makes is none.
    name = "type";
    fails =
      filesystem == "directory"
      && lib.elem root.type [
        "bcachefs"
        "btrfs"
        "exfat"
        "nfs"
        "nfs4"
        "ntfs3"
        "overlay"
        "ramfs"
        "tmpfs"
        "vfat"
        "zfs"
      ];
    says = "ebb.root.type = ${quoted root.type} has no root in a directory: the machine would not boot.";
    mend =
      if
        lib.elem root.type [
          "bcachefs"
          "btrfs"
          "tmpfs"
        ]
      then
        "ebb.root.filesystem = ${quoted root.type};"
      else
        ''ebb.root.type = "ext4";'';
  }
  {
    name = "uuid";
    fails = resetsByName && filesystem != "bcachefs" && root.uuid != null;
    says = ''
      ebb.root.uuid is of a bcachefs of several devices: here the root would be mounted by it, and what is reset would be
      ebb.root.device.'';
    mend = "ebb.root.device = ${quoted "UUID=${toString root.uuid}"};";
  }
  {
    name = "mount-options";
    fails = ownOptions != [ ];
    says = ''
      ebb.root.options has ${lib.concatStringsSep ", " ownOptions}, and is of all that is mounted of the device: storage
      and store would be the root, or would not be there.'';
    mend = "Take it out. A mount has options of its own: fileSystems.\"/nix\".options.";
  }
  {
    name = "overlaps";
    fails = resetsByName && (inNext != [ ] || amongOldRoots != [ ] || inBlank != [ ]);
    says =
      if inNext != [ ] then
        "${lib.concatStringsSep ", " inNext} is where the reset makes the next root: it would be put aside, and deleted."
      else if amongOldRoots != [ ] then
        "${lib.concatStringsSep ", " amongOldRoots} lies among the old roots (${root.oldRoots})."
      else
        "${lib.concatStringsSep ", " inBlank} would be copied into each fresh root, with ebb.root.blank = ${quoted root.blank}.";
    mend = "Give it a name of its own, at the top level of the device.";
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
    mend = if hasPreservation then "preservation.enable = true;" else importImpermanence;
  }
  {
    name = "switched-off";
    fails = switchedOff != [ ];
    says = "ebb.sets or ebb.declarations persist paths, and ${
      lib.concatMapStringsSep ", " (storage: "environment.persistence.${quoted storage}") switchedOff
    } is switched off: all of them would be lost at the next reset.";
    mend = lib.concatMapStringsSep "\n" (
      storage: "environment.persistence.${quoted storage}.enable = true;"
    ) switchedOff;
  }
]
