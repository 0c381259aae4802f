# What others know a machine by, and the keys that it opens its secrets with.
{
  cfg,
  config,
  lib,
  isPlaced,
  there,
  thereOrWritten,
  step,
  quoted,
  quotedList,
  persist,
  ...
}:

let
  inherit (config) services;
  inherit (services) openssh;

  hostKeys = lib.optionals openssh.enable (map (key: key.path) openssh.hostKeys);
  lostHostKeys = lib.filter (path: thereOrWritten path == step.never) hostKeys;
  withPublic = lib.concatMap (path: [
    path
    "${path}.pub"
  ]);
  # preservation makes an empty file and mounts it: what is mounted cannot be replaced by a key.
  mountedHostKeys = map (entry: entry.path) (
    lib.filter (
      entry:
      entry.from == "preservation"
      && entry.kind == "file"
      && entry.method == "bind"
      && lib.elem entry.path hostKeys
    ) cfg.persisted
  );

  # An empty file is there for one to be mounted on it.
  written = config.environment.etc.machine-id or null;
  isPlaceholder = written != null && written.text == "";
  idIsThere = (if isPlaceholder then there else thereOrWritten) "/etc/machine-id";
  idIsGiven = lib.any (lib.hasPrefix "systemd.machine_id=") config.boot.kernelParams;

  # Secrets of the configuration are decrypted while it is activated, and before accounts are made if those need them;
  # by a service, where accounts are made by one.
  usesServices = services.userborn.enable || config.systemd.sysusers.enable;
  age = config.age or null;
  sops = config.sops or null;
  agenixKeys = lib.optionals (age != null && age.secrets or { } != { }) (age.identityPaths or [ ]);
  agenixStep = if usesServices then step.activation else step.initrd;

  sopsSecrets = lib.attrValues (if sops == null then { } else sops.secrets or { });
  sopsKeys = lib.optionals (sopsSecrets != [ ]) (
    lib.optional (sops.age.keyFile != null) sops.age.keyFile
    ++ sops.age.sshKeyPaths
    ++ lib.optional (sops.gnupg.home != null) sops.gnupg.home
    ++ sops.gnupg.sshKeyPaths
  );
  sopsStep =
    # It waits for the mounts of its keys.
    if sops.useSystemdActivation or false || usesServices then
      step.mounts
    else if lib.any (secret: secret.neededForUsers) sopsSecrets then
      step.initrd
    else
      step.activation;

  late = need: lib.filter (path: thereOrWritten path > need);
  lateAgenix = late agenixStep agenixKeys;
  lateSops = late sopsStep sopsKeys;
  # One key that is there is enough, if it is the one: which it is, is not known.
  isWithout = keys: lateKeys: lateKeys != [ ] && lib.length lateKeys == lib.length keys;
  isWithoutAgenix = isWithout agenixKeys lateAgenix;

  inStorage = path: "${cfg.storage}${path}";
  one = option: path: lib.optional (lib.elem path lateSops) "${option} = ${quoted (inStorage path)};";
  several =
    option: paths:
    lib.optional (lib.any (path: lib.elem path lateSops) paths) (
      "${option} = ${quotedList (map inStorage paths)};"
    );
in
[
  {
    name = "host-keys";
    fails = isPlaced && lostHostKeys != [ ];
    says = ''
      ${lib.concatStringsSep ", " lostHostKeys} lies on the root: after each boot sshd has another key, and everybody who
      logs in is told that the machine is another one.'';
    mend = persist "files" (withPublic lostHostKeys);
  }
  {
    # A warning: with keys in storage, from before, it works.
    name = "host-key-mounts";
    isWarning = true;
    fails = isPlaced && mountedHostKeys != [ ];
    says = ''
      ${lib.concatStringsSep ", " mountedHostKeys} is mounted from storage. Where it does not exist yet, what is mounted is
      an empty file, which sshd-keygen.service cannot replace: sshd would not start.'';
    mend = lib.concatMapStringsSep "\n" (
      path: "{ file = ${quoted path}; how = \"symlink\"; configureParent = true; }"
    ) mountedHostKeys;
  }
  {
    name = "machine-id";
    fails = isPlaced && !idIsGiven && idIsThere > step.activation;
    says =
      if idIsThere == step.never then
        ''
          /etc/machine-id is not persisted: at each boot this is another machine, with an empty journal, and to the
          network a new one.''
      else
        ''
          /etc/machine-id is put in place after systemd has read it: at each boot this is another machine until then, and
          a part of the journal is under another name.'';
    mend = persist "files" [ "/etc/machine-id" ];
  }
  {
    name = "secrets";
    fails = isPlaced && (isWithoutAgenix || isWithout sopsKeys lateSops);
    says = ''
      ${if isWithoutAgenix then "agenix" else "sops"} decrypts with ${
        lib.concatStringsSep ", " (if isWithoutAgenix then lateAgenix else lateSops)
      }, which is not there when it does: what is bound from storage comes later. There would be no secrets, nor
      passwords of them.'';
    mend =
      if isWithoutAgenix then
        "age.identityPaths = ${quotedList (map inStorage lateAgenix)};"
      else
        lib.concatStringsSep "\n" (
          one "sops.age.keyFile" sops.age.keyFile
          ++ several "sops.age.sshKeyPaths" sops.age.sshKeyPaths
          ++ one "sops.gnupg.home" sops.gnupg.home
          ++ several "sops.gnupg.sshKeyPaths" sops.gnupg.sshKeyPaths
        );
  }
]
