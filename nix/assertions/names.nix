# What `ebb.allow` may name: what is then known, and wanted.
{
  activation = "What impermanence does by scripts of activation is not done.";
  boot-loader = "What the boot loader reads lies on the root.";
  dynamic-users = "A service with a dynamic user finds its directory mounted where it makes a link.";
  etc-directories = "A directory is persisted in which the configuration writes files of its own.";
  etc-image = "What is persisted in {file}`/etc` is not put in place, as {file}`/etc` is an image that nobody writes to.";
  host-key-mounts = "Host keys of sshd are mounted one by one, and cannot be made by the first boot.";
  host-keys = "sshd has other host keys after each boot.";
  ids = "Numbers of users and groups are given anew at each boot.";
  initial-passwords = "Passwords are again the initial ones after each boot.";
  initrd-shell = "The initrd has no shell to run the reset with.";
  inside-root = "The store, persistent storage or old roots lie on the root.";
  key-files = "A key that opens a disk lies on the root.";
  machine-id = "The machine has another id after each boot.";
  mounted-twice = "What is persisted is a file system of its own, too.";
  nested-storage = "Persistent storage is inside of what is persisted in it, or the other way round.";
  old-roots = "Old roots of a root in memory are kept nowhere.";
  password-files = "Files of passwords are not there when they are read.";
  passwords = "Somebody's password is forgotten at each boot, and there is no other way to log in.";
  resume = "The root may be reset before a hibernated system resumes.";
  root-elsewhere = "What is mounted as root is not what is reset.";
  second-reset = "Something else resets the root, too.";
  secrets = "Keys of agenix or sops are not there when they are read.";
  storage-late = "Persistent storage is mounted after what needs it.";
  sudo-passwords = "Who may use sudo has no password after a boot.";
  swap-files = "A swap file lies on the root.";
  unlock = "The reset does not wait until the device is unlocked.";
  userborn = "Accounts that are taken out of the configuration stay.";
  written-twice = "What is persisted is written by the configuration, too.";
}
