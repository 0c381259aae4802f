# A composition as the modules that persist paths want it.
{ lib }:
let
  # Read, or written, before the mounts of the root itself: they have to be there in the initrd.
  early = [
    "/etc/machine-id"
    "/var/lib/nixos"
    "/var/lib/systemd/random-seed"
  ];

  # Of a file that is not there yet preservation makes an empty one, which a program takes for its own: sshd would have
  # an empty host key. Through a link that leads nowhere yet it makes the file where it is kept.
  preservedFile =
    file:
    let
      directory = builtins.dirOf file.file;
      isLinked = file.file != "/etc/machine-id";
    in
    file
    // lib.optionalAttrs isLinked {
      how = "symlink";
      configureParent = directory != "." && directory != "/";
      parent.mode = if directory == "/root" || directory == ".ssh" then "0700" else "0755";
    }
    // lib.optionalAttrs (builtins.elem file.file early) { inInitrd = true; };

  preservedDirectory =
    directory:
    directory
    // lib.optionalAttrs (lib.hasPrefix "/var/lib/private/" directory.directory) {
      # systemd refuses one that others may enter.
      configureParent = true;
      parent.mode = "0700";
    }
    // lib.optionalAttrs (builtins.elem directory.directory early) { inInitrd = true; };

  # In a home it is the user's.
  unowned =
    entry:
    removeAttrs entry [
      "user"
      "group"
    ];

  bare = key: entry: if builtins.attrNames entry == [ key ] then entry.${key} else entry;
in
{
  # environment.persistence.<storage>
  impermanence =
    {
      directories,
      files,
      users ? { },
      ...
    }:
    {
      directories = map (bare "directory") directories;
      # Its files have no owner: they are made by who writes them.
      files = map ({ file, ... }: file) files;
    }
    // lib.optionalAttrs (users != { }) {
      users = builtins.mapAttrs (_: home: {
        directories = map (directory: bare "directory" (unowned directory)) home.directories;
        files = map ({ file, ... }: file) home.files;
      }) users;
    };

  # preservation.preserveAt.<storage>
  preservation =
    {
      directories,
      files,
      users ? { },
      ...
    }:
    {
      directories = map (directory: bare "directory" (preservedDirectory directory)) directories;
      files = map preservedFile files;
    }
    // lib.optionalAttrs (users != { }) {
      users = builtins.mapAttrs (_: home: {
        directories = map (directory: bare "directory" (unowned directory)) home.directories;
        files = map (file: preservedFile (unowned file)) home.files;
      }) users;
    };
}
