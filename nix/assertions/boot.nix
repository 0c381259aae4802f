# The order of the boot until the root is mounted: resume, unlock, reset, and nothing else that resets.
{
  cfg,
  config,
  lib,
  utils,
  filesystem,
  isMemory,
  isPlaced,
  devices,
  there,
  step,
  quoted,
  quotedList,
  ...
}:

let
  inherit (builtins) elemAt match;
  inherit (config.boot) initrd;

  reset = initrd.systemd.services.ebb-reset or null;
  hasResetUnit = isPlaced && !isMemory && initrd.systemd.enable && reset != null && reset.enable;
  comesAfter = unit: lib.elem unit reset.after;
  afterLine = units: "boot.initrd.systemd.services.ebb-reset.after = ${quotedList units};";

  # Any swap that keeps its content can hold a hibernated system: systemd finds it by a variable of the firmware, too.
  hibernates =
    config.boot.resumeDevice != "" || lib.any (swap: !swap.randomEncryption.enable) config.swapDevices;

  # Mappings that the root's device is behind. `group-volume` is one of LVM, which udev activates.
  mappings = lib.concatMap (
    device:
    let
      mapping = match "/dev/mapper/(.+)" device;
    in
    if mapping == null then [ ] else mapping
  ) devices;
  isOfLvm = name: match "[^-]+(--[^-]+)*-[^-].*" name != null && !lib.hasPrefix "luks-" name;
  opened = lib.concatMap (name: [
    name
    initrd.luks.devices.${name}.name
  ]) (lib.attrNames initrd.luks.devices);
  unopened = lib.optionals (cfg.root.unlockedBy == [ ]) (
    lib.filter (name: !lib.elem name opened && !isOfLvm name) mappings
  );
  unlockers =
    map (name: "systemd-cryptsetup@${utils.escapeSystemdPath name}.service") (
      lib.filter (name: lib.elem name opened) mappings
    )
    ++ cfg.root.unlockedBy;
  unorderedUnlockers = lib.optionals (hasResetUnit && !comesAfter "cryptsetup.target") (
    lib.filter (unit: !comesAfter unit) unlockers
  );

  # Words of the scripts that are passed around. ebb's own have none of them; ebb's settings name old roots.
  deletes =
    text:
    lib.any (line: match " *EBB_.*" line == null && (isDeletion line || isMove line)) (
      lib.splitString "\n" text
    );
  isDeletion = line: lib.hasInfix "subvolume delete" line || lib.hasInfix "zfs rollback" line;
  isMove = line: match "(.*[^a-z])?mv .*old[_-]?roots?.*" line != null;
  resets =
    # Of the scripted initrd, which nixpkgs is about to do without: not to be read where there is none.
    lib.optionals (!initrd.systemd.enable) (
      map (name: "boot.initrd.${name}") (
        lib.filter (name: deletes initrd.${name}) [
          "preLVMCommands"
          "postDeviceCommands"
          "postResumeCommands"
          "postMountCommands"
        ]
      )
    )
    ++ map (name: "boot.initrd.systemd.services.${name}") (
      lib.filter (
        name:
        let
          service = initrd.systemd.services.${name};
        in
        service.enable && (deletes service.script || deletes service.preStart)
      ) (lib.attrNames initrd.systemd.services)
    );

  # What the initrd is given is read from the running system when a boot loader is installed.
  sourceOf =
    name:
    let
      source = initrd.secrets.${name};
    in
    if source == null then name else toString source;
  lostSecrets = lib.filter (name: there (sourceOf name) == step.never) (lib.attrNames initrd.secrets);

  # A key on a root that the initrd has mounted: what is bound later is not there.
  afterRoot = path: match "/(sysroot|mnt-root)(/.+)" path;
  lateKey = path: afterRoot path != null && there (elemAt (afterRoot path) 1) != step.initrd;
  encrypted =
    map (fs: fs.encrypted.keyFile) (lib.attrValues config.fileSystems)
    ++ map (swap: swap.encrypted.keyFile or null) config.swapDevices;
  # A path of the system, of which the initrd has nothing but what it is given.
  isOfSystem = path: match "/(boot|etc|home|persist|persistent|root|srv|usr|var)/.+" path != null;
  isGiven =
    path:
    initrd.secrets ? ${path} || initrd.systemd.contents ? ${path} || (initrd.prepend or [ ]) != [ ];
  luksKeys = lib.filter (path: path != null) (
    map (device: device.keyFile) (lib.attrValues initrd.luks.devices)
  );
  missingKeys = lib.filter (
    path: isOfSystem path && !isGiven path && !lib.hasInfix ":" path
  ) luksKeys;
  unreadKeys = lib.filter (path: path != null && lateKey path) (luksKeys ++ encrypted);
  place = afterRoot (lib.head unreadKeys);

  # Of the system itself, which opens them when all is mounted: crypttab(5).
  crypttab = config.environment.etc.crypttab or null;
  crypttabKeys = lib.concatMap (
    line:
    let
      fields = match "[ \t]*[^# \t][^ \t]*[ \t]+[^ \t]+[ \t]+(/[^ \t]+)([ \t].*)?" line;
    in
    if fields == null then [ ] else [ (elemAt fields 0) ]
  ) (lib.splitString "\n" (if crypttab == null || crypttab.text == null then "" else crypttab.text));
  lostKeys = lib.filter (path: there path == step.never) crypttabKeys;

  inStorage = path: "${cfg.storage}${path}";
  secretFrom = name: source: "boot.initrd.secrets.${quoted name} = ${quoted (inStorage source)};";
in
[
  {
    name = "resume";
    fails =
      hasResetUnit
      && hibernates
      && !comesAfter "systemd-hibernate-resume.service"
      && !comesAfter "local-fs-pre.target";
    says = ''
      this machine can hibernate, and ebb-reset.service is not ordered after systemd-hibernate-resume.service: mounting
      the device before the system resumes destroys its filesystem.'';
    mend = afterLine [ "systemd-hibernate-resume.service" ];
  }
  {
    name = "second-reset";
    fails = isPlaced && resets != [ ];
    says = ''
      ${lib.concatStringsSep ", " resets} resets a root, as ebb does: the one would delete, or move away, what the other
      has just made.''
    + lib.optionalString (lib.elem "boot.initrd.postDeviceCommands" resets) "${" "}And before a system resumes from hibernation, which destroys its filesystem.";
    mend = "Take it out. `ebb adopt` takes the old roots that it has left: see docs/guide/nixos-migrate.md.";
  }
  {
    name = "unlock";
    fails = isPlaced && (unopened != [ ] || unorderedUnlockers != [ ]);
    says =
      if unopened != [ ] then
        ''
          nothing opens /dev/mapper/${lib.head unopened} that ebb knows of, so the reset cannot wait for it: it would
          fail, and the root would stay as it is.''
      else
        ''
          ebb-reset.service is not ordered after ${lib.concatStringsSep ", " unorderedUnlockers}, by which its device is
          unlocked: it would fail, and the root would stay as it is.'';
    mend =
      if unopened != [ ] then
        ''
          boot.initrd.luks.devices.${quoted (lib.head unopened)}.device = "/dev/disk/by-uuid/…";
          # or, if something else opens it:
          ebb.root.unlockedBy = [ "my-unlock.service" ];''
      else
        afterLine unorderedUnlockers;
  }
  {
    name = "key-files";
    fails =
      isPlaced && (lostSecrets != [ ] || missingKeys != [ ] || unreadKeys != [ ] || lostKeys != [ ]);
    says =
      if lostSecrets != [ ] then
        ''
          ${
            lib.concatMapStringsSep ", " sourceOf lostSecrets
          } goes into the initrd, and lies on the root: after a reset
          the next generation is made without it, and does not open its disks.''
      else if missingKeys != [ ] then
        ''
          ${lib.concatStringsSep ", " missingKeys} is a path of the system: the initrd, which is to open a disk with it,
          does not have it.''
      else if unreadKeys != [ ] then
        ''
          ${lib.concatStringsSep ", " unreadKeys} is read in the initrd, and on a fresh root it is not there then: the
          disk would stay closed.''
      else
        ''
          ${lib.concatStringsSep ", " lostKeys} of /etc/crypttab lies on the root: after a reset the disk would stay
          closed.'';
    mend =
      if lostSecrets != [ ] then
        "${secretFrom (lib.head lostSecrets) (sourceOf (lib.head lostSecrets))}  # and copy it there"
      else if missingKeys != [ ] then
        secretFrom (lib.head missingKeys) (lib.head missingKeys)
      else if unreadKeys != [ ] then
        "keyFile = ${
          quoted (
            lib.concatStrings [
              "/"
              (elemAt place 0)
              (inStorage (elemAt place 1))
            ]
          )
        };"
      else
        "Name it by ${inStorage (lib.head lostKeys)}, and copy it there.";
  }
  {
    name = "initrd-shell";
    fails = hasResetUnit && !(initrd.systemd.shell.enable or true);
    says = ''
      the reset is a script of /bin/sh, and the initrd has no shell (boot.initrd.systemd.shell.enable = false, as of the
      profile bashless): the root would stay as it is.'';
    mend = "boot.initrd.systemd.shell.enable = true;";
  }
]
