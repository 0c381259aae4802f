# When what is at a path is there as a machine boots; and whether it still is at the next boot.
{
  lib,
  covers,
  joinPath,
  devicePath,
}:

let
  inherit (builtins)
    attrValues
    concatMap
    elem
    filter
    foldl'
    isPath
    isString
    match
    stringLength
    ;

  # In the order of a boot. What is there at a step is there at all later ones.
  step = {
    initrd = 0;
    # The scripts that set a system up, accounts among them. systemd has not begun.
    activation = 1;
    # local-fs.target, sysinit.target: before services, and after all that is called early.
    mounts = 2;
    # It lies on what the reset throws away.
    never = 3;
  };

  # Mounted in the initrd whatever a configuration says of them: nixos/lib/utils.nix, pathsNeededForBoot.
  alwaysEarly = [
    "/"
    "/nix"
    "/nix/store"
    "/var"
    "/var/log"
    "/var/lib"
    "/var/lib/nixos"
    "/etc"
    "/usr"
  ];
  # With these no boot waits for it, nor fails without it.
  unwaited =
    fs:
    filter (option: elem option fs.options) [
      "nofail"
      "noauto"
    ];
  isEarly = fs: (fs.neededForBoot || elem fs.mountPoint alwaysEarly) && unwaited fs == [ ];

  least = foldl' (a: b: if b < a then b else a) step.never;
  greatest = a: b: if a < b then b else a;

  # The file system that holds a path: of those whose mount points are above it the longest one. null: there is none.
  fileSystemOf =
    fileSystems: path:
    foldl' (
      best: fs:
      if
        covers fs.mountPoint path
        && (best == null || stringLength best.mountPoint < stringLength fs.mountPoint)
      then
        fs
      else
        best
    ) null (attrValues fileSystems);

  # What a file system is of its device: the name of a subvolume or directory. null: all of it, or nobody says it by
  # name.
  subvolumeOf =
    fs:
    let
      named = concatMap (
        option:
        let
          parts = match "(subvol|X-mount[.]subdir)=/*(.*)" option;
          # Other filesystems have no such option, whatever their subvolumes are.
          isKnown = builtins.elemAt parts 0 != "subvol" || fs.fsType == "btrfs" || fs.fsType == "auto";
        in
        if parts != null && isKnown then [ (builtins.elemAt parts 1) ] else [ ]
      ) fs.options;
    in
    # The last one counts.
    if named == [ ] then null else lib.last named;

  isBind = fs: elem "bind" fs.options || elem "rbind" fs.options;
  isMemory = fs: fs.fsType == "tmpfs" || fs.fsType == "ramfs";

  # Another mount of the root's own part of its device, or of something in it.
  isOfRoot =
    fileSystems: fs:
    let
      root = fileSystems."/" or null;
      ofRoot = subvolumeOf root;
      own = subvolumeOf fs;
    in
    fs.mountPoint == "/"
    || (
      root != null
      && !isMemory root
      && !isBind fs
      && fs.device != null
      && root.device != null
      && devicePath fs.device == devicePath root.device
      && (own == ofRoot || (own != null && ofRoot != null && covers "/${ofRoot}" "/${own}"))
    );

  # The file system that holds a path in the end, and whether it is there early: bind mounts lead elsewhere.
  heldBy =
    fileSystems:
    let
      follow =
        depth: path:
        let
          fs = fileSystemOf fileSystems path;
          source = follow (depth - 1) (joinPath fs.device (lib.removePrefix fs.mountPoint path));
        in
        if fs == null then
          {
            fs = null;
            early = true;
          }
        else if depth > 0 && isBind fs && fs.device != null then
          {
            inherit (source) fs;
            early = isEarly fs && source.early;
          }
        else
          {
            inherit fs;
            early = isEarly fs;
          };
    in
    follow 8;

  # Made anew at each boot, by what also fills it.
  isOfTheBoot =
    path:
    lib.any (above: covers above path) [
      "/run"
      "/dev"
      "/proc"
      "/sys"
    ];

  # When a persisted path is in place, whatever its storage is.
  stepOf =
    entry:
    if entry.inInitrd then
      step.initrd
    else if entry.kind == "file" && entry.from != "preservation" then
      # impermanence binds and links files in an activation script, and directories by units.
      step.activation
    else
      step.mounts;
in
{
  inherit
    step
    alwaysEarly
    fileSystemOf
    subvolumeOf
    unwaited
    isBind
    ;

  # Whether it is empty when a machine boots.
  isNew =
    fileSystems: path:
    let
      fs = fileSystemOf fileSystems path;
    in
    isOfTheBoot path && (fs == null || !(isOfTheBoot fs.mountPoint));

  # By what is mounted alone: path → step.
  ofFileSystems =
    {
      fileSystems,
      ephemeralMounts ? [ ],
    }:
    path:
    let
      held = heldBy fileSystems path;
    in
    if isOfTheBoot path then
      step.initrd
    else if
      held.fs == null
      || isOfRoot fileSystems held.fs
      || isMemory held.fs
      || elem held.fs.mountPoint ephemeralMounts
    then
      step.never
    else if held.early then
      step.initrd
    else
      step.mounts;

  # By what is persisted, too: entries as in nix/persisted.nix. Whether their storage is kept is not asked.
  ofPersisted =
    persisted: mounted: path:
    least ([ (mounted path) ] ++ map stepOf (filter (entry: covers entry.path path) persisted));

  # By what is written to /etc, too, where that leads to a path: environment.etc.
  ofEtc =
    etc: there: path:
    let
      written = filter (file: file.enable && covers "/etc/${file.target}" path) (attrValues etc);
      source =
        file:
        let
          target = joinPath (toString file.source) (lib.removePrefix "/etc/${file.target}" path);
        in
        # A path of Nix becomes one of the store.
        if isPath file.source || !isString file.source then
          step.activation
        else
          greatest step.activation (there target);
    in
    least ([ (there path) ] ++ map source written);
}
