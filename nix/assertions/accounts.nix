# Who may log in after a reset, and whose numbers files have.
{
  cfg,
  config,
  lib,
  isPlaced,
  there,
  step,
  quoted,
  persist,
  ...
}:

let
  inherit (config) users services;
  names = lib.concatMapStringsSep ", " (user: user.name);

  accounts = lib.filter (user: user.enable or true) (lib.attrValues users.users);

  usesUserborn = services.userborn.enable;
  usesSysusers = config.systemd.sysusers.enable;
  # Both are services of the system; else accounts are made by a script of activation.
  accountsAreMadeAt = if usesUserborn || usesSysusers then step.activation else step.initrd;
  accountFiles = if usesUserborn then services.userborn.passwordFilesLocation else "/etc";

  # Users cannot change what the configuration says: `passwd` is only for what is mutable.
  keepsPasswords = there "${accountFiles}/shadow" != step.never;
  forgets = isPlaced && users.mutableUsers && !users.allowNoPasswordLogin && !keepsPasswords;

  opens =
    hash:
    hash != null
    && !lib.elem hash [
      "!"
      "!!"
      "*"
    ];
  isInitial = user: user.initialPassword != null || opens user.initialHashedPassword;
  hasPassword =
    user:
    opens user.hashedPassword
    || user.password != null
    || user.hashedPasswordFile != null
    || isInitial user;
  hasKeys =
    user:
    services.openssh.enable
    && (
      user.openssh.authorizedKeys.keys != [ ]
      || user.openssh.authorizedKeys.keyFiles != [ ]
      || there "${user.home}/.ssh/authorized_keys" != step.never
    );
  isLoggedIn =
    user:
    lib.elem user.name [
      (services.getty.autologinUser or null)
      (services.displayManager.autoLogin.user or null)
    ];
  mayLogIn = user: hasPassword user || hasKeys user || isLoggedIn user;

  people = lib.filter (user: user.isNormalUser) accounts;
  locked = lib.filter (user: !mayLogIn user) people;
  # A server on which root alone logs in.
  isRootLocked = people == [ ] && !lib.any mayLogIn (lib.filter (user: user.uid == 0) accounts);

  isAdministrator = user: user.group == "wheel" || lib.elem "wheel" user.extraGroups;
  asksForPassword = config.security.sudo.enable && (config.security.sudo.wheelNeedsPassword or true);
  powerless = lib.filter (user: isAdministrator user && mayLogIn user && !hasPassword user) people;
  initial = lib.filter (
    user:
    isInitial user
    && user.hashedPasswordFile == null
    && user.hashedPassword == null
    && user.password == null
  ) accounts;

  # Absolute paths: what is made by the configuration is in the store.
  lateFiles = lib.filter (
    user: user.hashedPasswordFile != null && there user.hashedPasswordFile > accountsAreMadeAt
  ) accounts;
  file = (lib.head lateFiles).hashedPasswordFile;

  readPasswordFrom = path: name: "users.users.${quoted name}.hashedPasswordFile = ${quoted path};";
  # What mkpasswd(1) writes.
  setPasswordFile = name: readPasswordFrom "${cfg.storage}/passwords/${name}" name;

  unnumbered =
    map (user: "the user ${user.name}") (lib.filter (user: user.uid == null) accounts)
    ++ map (group: "the group ${group.name}") (
      lib.filter (group: group.gid == null) (lib.attrValues users.groups)
    );
  more = lib.length unnumbered - 3;
  # userborn gives the numbers that it finds in its files, the others those that they have noted.
  numbers = if usesUserborn then accountFiles else "/var/lib/nixos";
  isStatic = usesUserborn && (services.userborn.static or false);

  # Since 26.05 userborn tells accounts of the configuration from others by what it has noted of the last one.
  notes = dirOf (
    config.systemd.services.userborn.environment.USERBORN_PREVIOUS_CONFIG or "/var/lib/userborn/x"
  );
  forgetsDeclared =
    usesUserborn
    && config.systemd.services.userborn.environment.USERBORN_PREVIOUS_CONFIG or null != null
    && there "${accountFiles}/passwd" != step.never
    && there notes == step.never;
in
[
  {
    name = "passwords";
    fails = forgets && (locked != [ ] || isRootLocked);
    says =
      let
        who = if locked != [ ] then names locked else "root";
        how = if locked != [ ] then " by that name" else "";
      in
      ''
        the password of ${who} is only in /etc/shadow, which is made anew at each boot: after the first reset nobody can
        log in${how}.'';
    mend = setPasswordFile (if locked != [ ] then (lib.head locked).name else "root");
  }
  {
    name = "password-files";
    fails = isPlaced && lateFiles != [ ];
    says =
      "${file}, the password of ${(lib.head lateFiles).name}, "
      + (
        if there file == step.never then
          "lies on the root: after the first reset it is gone."
        else
          "is put in place after accounts are made."
      )
      + " The account would have no password.";
    mend = readPasswordFrom "${cfg.storage}${file}" (lib.head lateFiles).name;
  }
  {
    # A warning: whether they ever had one, nobody knows.
    name = "sudo-passwords";
    isWarning = true;
    fails = forgets && locked == [ ] && asksForPassword && powerless != [ ];
    says = ''
      ${names powerless} may log in by a key, and use sudo by a password that is only in /etc/shadow: it is forgotten at
      each boot.'';
    mend = setPasswordFile (lib.head powerless).name;
  }
  {
    # A warning: one may want it, on a machine for trying things.
    name = "initial-passwords";
    isWarning = true;
    fails = forgets && initial != [ ];
    says = "the password of ${names initial} is again the initial one after each boot, whatever passwd(1) has made of it.";
    mend = setPasswordFile (lib.head initial).name;
  }
  {
    name = "ids";
    fails = isPlaced && unnumbered != [ ] && !isStatic && there numbers > accountsAreMadeAt;
    says =
      "the numbers of ${
        lib.concatStringsSep ", " (lib.take 3 unnumbered)
        + lib.optionalString (more > 0) " and ${toString more} more"
      } are noted in ${numbers}, which "
      + (
        if there numbers == step.never then
          "is thrown away with the root."
        else
          "is put in place after they are given."
      )
      + " At some boot they are other ones, and files in storage belong to somebody else.";
    mend =
      if usesUserborn then
        "services.userborn.passwordFilesLocation = ${quoted "${cfg.storage}/etc"};"
      else
        persist "directories" [ "/var/lib/nixos" ];
  }
  {
    # A warning: who never takes an account out of the configuration loses nothing.
    name = "userborn";
    isWarning = true;
    fails = isPlaced && forgetsDeclared;
    says = ''
      userborn notes in ${notes} which accounts the configuration has, and that is thrown away with the root: one that is
      taken out of the configuration would stay, with its password.'';
    mend = persist "directories" [ notes ];
  }
]
