# What lies where: the root, what outlives it, and what the boot loader needs.
{
  cfg,
  config,
  lib,
  ebb,
  isMemory,
  isPlaced,
  devices,
  mounted,
  there,
  step,
  quoted,
  ...
}:

let
  inherit (builtins) match;
  inherit (cfg) root persisted;
  inherit (config) fileSystems;
  inherit (ebb) covers;
  inherit (ebb.availability)
    fileSystemOf
    isNew
    subvolumeOf
    unwaited
    ;

  storages = lib.unique (map (entry: entry.storage) persisted);

  # Names at the top level of the device that are in the root, and so are moved away with it.
  inRoot = lib.filter (name: covers "/${root.subvolume}" "/${name}") (
    lib.optionals (!isMemory) (
      [ root.oldRoots ]
      ++ lib.optional (root.blank != null) root.blank
      ++ lib.optionals root.fileSystems [
        root.nix
        root.persist
        root.snapshots
      ]
    )
  );
  isLost = path: mounted path == step.never || isNew fileSystems path;
  # The store may be bound from storage in the initrd. With it goes the database beside it.
  placesInRoot =
    lib.filter (path: there path != step.initrd) [
      "/nix/store"
      "/nix/var"
    ]
    ++ lib.filter isLost storages;
  # preservation's units wait for where they mount from. Nobody has to have it early who does not say so.
  mayBeLate =
    storage:
    storage != cfg.storage
    && lib.all (
      entry: entry.storage != storage || (entry.from == "preservation" && !entry.inInitrd)
    ) persisted;
  lateStorages = lib.filter (
    storage: mounted storage == step.mounts && !(mayBeLate storage)
  ) storages;

  # It has a place of its own, and the boot goes on without it.
  unwaitedOf =
    storage:
    let
      fs = fileSystemOf fileSystems storage;
    in
    if fs == null then [ ] else unwaited fs;
  unwaitedStorages = lib.filter (storage: unwaitedOf storage != [ ]) lateStorages;

  nested = lib.filter (
    entry: lib.any (storage: covers entry.path storage || covers storage entry.path) storages
  ) persisted;

  mountedRoot = fileSystems."/" or null;
  mountedName = subvolumeOf mountedRoot;
  isElsewhere =
    mountedRoot != null
    && (
      if isMemory then
        mountedRoot.fsType != "tmpfs"
      else
        mountedName != root.subvolume && !lib.any (lib.hasPrefix "subvolid=") mountedRoot.options
    );

  # What names a filesystem, and not a disk: two such names of one kind are two filesystems.
  kindOf =
    device:
    let
      kind = match "/dev/disk/(by-uuid|by-label)/.+" device;
    in
    if kind == null then null else lib.head kind;
  mountedDevice =
    if mountedRoot == null || mountedRoot.device == null then "" else ebb.devicePath mountedRoot.device;
  resetDevices = map ebb.devicePath devices;
  isOtherDevice =
    !isMemory
    && root.filesystem != "bcachefs"
    && kindOf mountedDevice != null
    && lib.all (device: kindOf device == kindOf mountedDevice && device != mountedDevice) resetDevices;

  lostSwapFiles = map (swap: swap.device) (
    lib.filter (
      swap:
      lib.hasPrefix "/" swap.device
      && !lib.hasPrefix "/dev/" swap.device
      && there swap.device == step.never
    ) config.swapDevices
  );

  # Where each boot loader that is in use has what it reads before anything is mounted.
  inherit (config.boot) loader;
  bootDirectories =
    lib.optionals loader.grub.enable (map (boot: boot.path) loader.grub.mirroredBoots)
    ++ lib.optionals loader.generic-extlinux-compatible.enable (
      map (boot: boot.path) (loader.generic-extlinux-compatible.mirroredBoots or [ { path = "/boot"; } ])
    )
    ++ lib.optional (
      loader.systemd-boot.enable || loader.limine.enable or false
    ) loader.efi.efiSysMountPoint;
  # Bind mounts do not help: the loader sees the root as it lies on the device.
  lostBoots = lib.filter (path: mounted path == step.never) bootDirectories;

  # Mounted as if they were of btrfs, which alone knows that option. All of the device is mounted instead.
  isMisnamed = fs: fs.fsType == "bcachefs" && lib.any (lib.hasPrefix "subvol=") fs.options;
  misnamed = lib.filter isMisnamed (lib.attrValues fileSystems);
  hasNoOption = lib.optionalString (misnamed != [ ]) ", as bcachefs has no option \"subvol=\"";
  renamed = lib.concatMapStringsSep "\n" (
    fs:
    "fileSystems.${quoted fs.mountPoint}.options = [ "
    + lib.concatMapStringsSep " " (
      option: quoted "X-mount.subdir=${lib.removePrefix "subvol=" option}"
    ) (lib.filter (lib.hasPrefix "subvol=") fs.options)
    + " ]; # instead"
  ) misnamed;

  # As nix/file-systems.nix mounts it.
  isBtrfs = root.filesystem == "btrfs";
  subvolumeOption = name: if isBtrfs then "subvol=${name}" else "X-mount.subdir=${name}";
  part = name: path: ''
    fileSystems.${quoted path} = {
      device = ${quoted (if devices == [ ] then "/dev/disk/by-label/nixos" else lib.head devices)};
      fsType = ${
        quoted (if isBtrfs || root.filesystem == "bcachefs" then root.filesystem else root.type)
      };
      options = [ ${quoted (subvolumeOption name)} ];
      neededForBoot = true;
    };'';
in
[
  {
    name = "inside-root";
    fails = isPlaced && (inRoot != [ ] || placesInRoot != [ ]);
    says = "${lib.concatStringsSep ", " (inRoot ++ placesInRoot)} would be inside the root (${
      if isMemory then "memory" else root.subvolume
    }${hasNoOption}): what is there is thrown away with it at the next boot, or moved where nothing finds it.";
    mend =
      if inRoot != [ ] then
        "Give it a name at the top level of the device, beside ${quoted root.subvolume}."
      else if misnamed != [ ] then
        renamed
      else
        part (if lib.hasPrefix "/nix" (lib.head placesInRoot) then root.nix else root.persist) (
          if lib.hasPrefix "/nix/" (lib.head placesInRoot) then "/nix" else lib.head placesInRoot
        );
  }
  {
    name = "storage-late";
    fails = isPlaced && lateStorages != [ ];
    says =
      if unwaitedStorages != [ ] then
        "the boot does not wait for ${
          lib.concatMapStringsSep ", " (
            storage: "${storage} (${lib.concatStringsSep ", " (unwaitedOf storage)})"
          ) unwaitedStorages
        }: without persistent storage all that is written would lie on the root, and be lost."
      else
        ''
          persistent storage is mounted late: ${lib.concatStringsSep ", " lateStorages}. Accounts, the machine's id and
          the first services would be set up without what is persisted, and write beside it.'';
    mend =
      if unwaitedStorages != [ ] then
        "Take these options out: a machine whose storage is missing had better not boot."
      else
        lib.concatMapStringsSep "\n" (
          storage: "fileSystems.${quoted storage}.neededForBoot = true;"
        ) lateStorages;
  }
  {
    name = "nested-storage";
    fails = nested != [ ];
    says = "persistent storage and what is persisted in it are inside of each other: ${
      lib.concatMapStringsSep ", " (entry: "${entry.path} in ${entry.storage}") nested
    }. The mount would hide what is in storage. What already lies there is kept without any declaration.";
    mend = "Do not declare ${lib.concatMapStringsSep ", " (entry: entry.path) nested}.";
  }
  {
    name = "root-elsewhere";
    fails = isPlaced && (isElsewhere || isOtherDevice);
    says =
      if isMemory then
        "ebb.root.filesystem is \"tmpfs\", and / is mounted as ${mountedRoot.fsType}: no boot would throw it away."
      else if !isElsewhere then
        "the reset is of ${lib.concatStringsSep ", " resetDevices}, and / is of ${mountedDevice}: no boot would throw it away."
      else
        "the reset is of ${quoted root.subvolume}, and / is ${
          if mountedName == null then "the whole device${hasNoOption}" else quoted mountedName
        }: no boot would throw it away.";
    mend =
      if isMemory then
        ''fileSystems."/" = { device = "none"; fsType = "tmpfs"; options = [ "size=${root.size}" "mode=755" ]; };''
      else if !isElsewhere then
        "ebb.root.device = ${quoted mountedDevice};"
      else if isMisnamed mountedRoot then
        renamed
      else if mountedName == null then
        "fileSystems.\"/\".options = [ ${quoted (subvolumeOption root.subvolume)} ];"
      else
        "ebb.root.subvolume = ${quoted mountedName};";
  }
  {
    name = "old-roots";
    fails =
      isPlaced && isMemory && (there root.oldRoots == step.never || isNew fileSystems root.oldRoots);
    says = ''
      what a root in memory held is captured to ${root.oldRoots}, and that is in memory as well: no old root would be
      left, and nothing to restore from.'';
    mend = "ebb.root.oldRoots = ${quoted "${if mounted cfg.storage == step.never then "/nix/persist" else cfg.storage}/old_roots"};";
  }
  {
    # A warning: swap that is missing loses nothing.
    name = "swap-files";
    isWarning = true;
    fails = isPlaced && lostSwapFiles != [ ];
    says = ''
      the swap file ${lib.concatStringsSep ", " lostSwapFiles} lies on the root: each boot is without it or makes another
      one, and each old root that is kept takes its space.'';
    mend = "Let it lie in persistent storage, or on a subvolume of its own.";
  }
  {
    name = "boot-loader";
    fails = isPlaced && lostBoots != [ ];
    says = ''
      the boot loader reads ${lib.concatStringsSep ", " lostBoots}, which would be on the root: after the first reset it
      finds no kernel, and the machine does not boot.'';
    mend = lib.concatMapStringsSep "\n" (
      path:
      let
        # What the firmware reads itself.
        fsType = if path == loader.efi.efiSysMountPoint && !loader.grub.enable then "vfat" else "ext4";
      in
      "fileSystems.${quoted path} = { device = \"/dev/disk/by-label/boot\"; fsType = ${quoted fsType}; };"
    ) lostBoots;
  }
]
