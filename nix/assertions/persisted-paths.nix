# What else has a say in the paths that are persisted.
{
  cfg,
  config,
  lib,
  ebb,
  isPlaced,
  mounted,
  step,
  quoted,
  persist,
  ...
}:

let
  inherit (cfg) persisted;
  inherit (ebb) covers joinPath;
  inherit (config.system.etc) overlay;
  isImage = overlay.enable && !overlay.mutable;
  paths = lib.concatMapStringsSep ", " (entry: entry.path);

  ofImpermanence = lib.filter (entry: entry.from != "preservation") persisted;

  # What is mounted there would hide what the boot has put there. A store that has no file system of its own may be
  # bound from storage.
  isOfBoot =
    { path, ... }:
    lib.elem path [
      "/.ebb"
      "/run"
      "/var/run"
    ]
    || lib.any (above: covers above path) [
      "/dev"
      "/proc"
      "/sys"
    ]
    || (covers path "/nix/store" || covers path "/nix/var") && mounted path != step.never;
  ofBoot = lib.filter isOfBoot persisted;

  mountedTwice = lib.filter (
    entry:
    let
      fs = config.fileSystems.${entry.path} or null;
    in
    fs != null
    && !(ebb.availability.isBind fs && fs.device == joinPath entry.storage entry.path)
    && !(isOfBoot entry)
    # Told as what is inside of each other.
    && !(lib.any (other: covers entry.path other.storage) persisted)
  ) persisted;

  inEtc = lib.filter (entry: covers "/etc" entry.path) persisted;
  etc = map (file: {
    path = "/etc/${file.target}";
    inherit (file) text source;
  }) (lib.filter (file: file.enable) (lib.attrValues config.environment.etc));
  # Made for the mount to have a place; or a link to where it is kept, which is the same by another way.
  isPlace =
    entry: file:
    file.text == ""
    || (builtins.isString file.source && file.source == joinPath entry.storage entry.path);
  isWritten = entry: lib.any (file: covers file.path entry.path && !isPlace entry file) etc;

  # The script that makes accounts replaces them by new files.
  accounts =
    lib.optionals
      (!config.services.userborn.enable || config.services.userborn.passwordFilesLocation == "/etc")
      [
        "/etc/group"
        "/etc/passwd"
        "/etc/shadow"
        "/etc/subgid"
        "/etc/subuid"
      ];
  ofHomeManager = lib.concatMap (
    user:
    lib.mapAttrsToList (name: file: joinPath user.home.homeDirectory (file.target or name)) (
      lib.filterAttrs (_: file: file.enable or true) user.home.file
    )
  ) (lib.attrValues (config.home-manager.users or { }));
  homePaths = lib.listToAttrs (map (path: lib.nameValuePair path true) ofHomeManager);

  writtenTwice =
    lib.filter (entry: lib.elem entry.path accounts || isWritten entry) inEtc
    ++ lib.filter (entry: homePaths ? ${entry.path}) persisted;

  # Bound early, the files are written into it.
  aboveFiles = lib.filter (
    entry:
    entry.kind == "directory"
    && entry.method == "bind"
    && !entry.inInitrd
    && mounted entry.path != step.initrd
    && lib.any (file: covers entry.path file.path) etc
  ) inEtc;

  # systemd.exec(5): of a dynamic user they are in private/, and a link leads there.
  isTrue =
    value:
    lib.elem value [
      true
      1
      "1"
      "on"
      "true"
      "yes"
    ];
  words = value: lib.filter (word: builtins.isString word && word != "") (builtins.split " +" value);
  directoriesOf =
    service:
    lib.concatMap
      (
        { key, base }:
        map (directory: {
          inherit base;
          name = builtins.head (lib.splitString ":" directory);
        }) (lib.concatMap words (lib.toList (service.serviceConfig.${key} or [ ])))
      )
      [
        {
          key = "StateDirectory";
          base = "/var/lib";
        }
        {
          key = "CacheDirectory";
          base = "/var/cache";
        }
        {
          key = "LogsDirectory";
          base = "/var/log";
        }
      ];
  ofDynamicUsers = lib.concatMap (
    service: if isTrue (service.serviceConfig.DynamicUser or false) then directoriesOf service else [ ]
  ) (lib.filter (service: service.enable) (lib.attrValues config.systemd.services));
  linked = lib.filter (
    { base, name }: lib.any (entry: covers "${base}/${name}" entry.path) persisted
  ) ofDynamicUsers;

  # impermanence mounts it on a file that it touches before, which an image refuses.
  isIdOfImage =
    isImage
    && lib.any (
      entry: entry.path == "/etc/machine-id" && entry.from != "preservation" && entry.method == "bind"
    ) persisted
    && !lib.any (file: file.path == "/etc/machine-id" && file.text == null) etc;
in
[
  {
    name = "paths-of-the-boot";
    isFixed = true;
    fails = ofBoot != [ ];
    says = ''
      ${paths ofBoot} is not to be persisted: a mount there hides what the boot itself has put there, and the machine
      would not come up.'';
    mend = "Do not declare ${paths ofBoot}.";
  }
  {
    # A warning: nothing is lost by it, and it may take the place of the other on purpose.
    name = "mounted-twice";
    isWarning = true;
    fails = isPlaced && mountedTwice != [ ];
    says = ''
      ${paths mountedTwice} is a file system of its own, and persisted: what is mounted from storage hides what the other
      holds.'';
    mend = "Do not declare ${paths mountedTwice}, or take it out of fileSystems.";
  }
  {
    name = "written-twice";
    fails = isPlaced && writtenTwice != [ ];
    says = ''
      the configuration writes ${paths writtenTwice}, too: what is persisted is replaced by that at each boot, or is not
      put in place because of it.'';
    mend = "Do not declare ${paths writtenTwice}: what writes it (environment.etc, users.users, home.file) keeps it.";
  }
  {
    # A warning: files that were there at the last `switch` are found in storage. New ones are missing for one boot.
    name = "etc-directories";
    isWarning = true;
    fails = isPlaced && !isImage && aboveFiles != [ ];
    says = "${paths aboveFiles} is mounted over what the configuration has written there, such as ${
      (lib.findFirst (file: covers (lib.head aboveFiles).path file.path) null etc).path
    }: at the first boot of a generation that adds a file it is missing.";
    mend = "Persist files and directories in ${paths aboveFiles} one by one.";
  }
  {
    # A warning: whether the service is ever started, nobody knows.
    name = "dynamic-users";
    isWarning = true;
    fails = isPlaced && linked != [ ];
    says = ''
      ${
        lib.concatMapStringsSep ", " ({ base, name }: "${base}/${name}") linked
      } is persisted, and belongs to a service with a dynamic user: systemd keeps that in private/, makes a link here, and
      cannot where something is mounted. The service would not start.'';
    mend = persist "directories" (map ({ base, name }: "${base}/private/${name}") linked);
  }
  {
    # A warning: what is lost is the id alone, and a line of nixpkgs makes up for a file that is missing.
    name = "etc-image";
    isWarning = true;
    fails = isPlaced && isIdOfImage;
    says = ''
      /etc is an image (system.etc.overlay.mutable = false), on which impermanence cannot mount /etc/machine-id: the
      machine would have another id after each boot.'';
    mend = ''
      environment.etc.machine-id = { source = ${quoted "${cfg.storage}/etc/machine-id"}; mode = "direct-symlink"; };
      # and once: systemd-machine-id-setup --print > ${cfg.storage}/etc/machine-id'';
  }
  {
    # nixos/modules/system/activation/nixos-init.nix: what is set there is not used.
    name = "activation";
    fails = isPlaced && (config.system.nixos-init.enable or false) && ofImpermanence != [ ];
    says = ''
      impermanence puts ${(lib.head ofImpermanence).path} and the like in place by scripts of activation, which
      system.nixos-init does not run: directories would be missing in storage and on the root, and not be mounted.'';
    mend = ''
      system.nixos-init.enable = false;
      # or preservation instead of impermanence, which has no such scripts'';
  }
]
