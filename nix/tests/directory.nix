# A root that is a plain directory of ext4, booted by the systemd of the initrd with X-mount.subdir.
{ ebb }:

{
  name = "ebb-directory";

  nodes.machine = {
    imports = [
      (import ./machine.nix {
        inherit ebb;
        format = ''
          mkfs.ext4 -q -L nixos /dev/vda
          mount -t ext4 /dev/vda /tmp/top-level
          mkdir /tmp/top-level/@root /tmp/top-level/@nix /tmp/top-level/@persist /tmp/top-level/@snapshots
          touch /tmp/top-level/@persist/prepared
          umount /tmp/top-level
        '';
      })
    ];

    ebb = {
      enable = true;
      root = {
        filesystem = "directory";
        type = "ext4";
        device = "/dev/disk/by-label/nixos";
      };
    };
  };

  testScript = import ./script.nix + ''
    boot()

    with subtest("The root is a directory of the filesystem, and not all of it"):
        assert machine.succeed("findmnt --noheadings --output FSTYPE /").strip() == "ext4"
        assert machine.succeed("findmnt --noheadings --output FSROOT /").strip() == "/@root"
        machine.fail("test -e /@persist")

    with subtest("A reset keeps the old root, and its files come back"):
        assert_reset_and_restored()

    with subtest("It is done anew at each boot"):
        reboot()
        machine.fail("test -e /srv/notes.txt")

    machine.shutdown()
  '';
}
