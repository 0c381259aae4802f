# A root in memory: what it would lose is captured at shutdown, and then and when while it runs.
{ ebb }:

{
  name = "ebb-tmpfs";

  nodes.machine = {
    imports = [
      (import ./machine.nix {
        inherit ebb;
        format = ''
          mkfs.ext4 -q -L nixos /dev/vda
          mount -t ext4 /dev/vda /tmp/top-level
          mkdir /tmp/top-level/@nix /tmp/top-level/@persist
          umount /tmp/top-level
        '';
      })
    ];

    ebb = {
      enable = true;
      root = {
        filesystem = "tmpfs";
        type = "ext4";
        device = "/dev/disk/by-label/nixos";
        size = "50%";
      };
      capture.interval = "1h";
    };
  };

  testScript = import ./script.nix + ''
    boot()

    with subtest("The root is in memory, store and storage are not"):
        assert machine.succeed("findmnt --noheadings --output FSTYPE /").strip() == "tmpfs"
        assert machine.succeed("findmnt --noheadings --output FSTYPE /persist").strip() == "ext4"

    with subtest("What a boot leaves is captured at its end, and comes back"):
        machine.succeed("mkdir -p /srv && echo lost >/srv/notes.txt")
        assert "/srv/notes.txt" in lost()
        reboot()
        machine.fail("test -e /srv/notes.txt")
        assert {root["ended"] for root in old_roots()} == {"clean"}, old_roots()
        machine.succeed("ebb restore /srv/notes.txt")
        assert content("/srv/notes.txt") == "lost"

    with subtest("After a power cut there is what was captured last"):
        machine.succeed("echo captured >/srv/early.txt", "systemctl start ebb-capture.service")
        machine.succeed("echo late >/srv/late.txt")
        machine.crash()
        boot()
        machine.succeed("ebb restore /srv/early.txt")
        machine.fail("ebb restore /srv/late.txt")

    machine.shutdown()
  '';
}
