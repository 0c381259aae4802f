# Sets and declarations, put in place by the module that is given: impermanence or preservation. What they keep
# survives, ebb knows it, and the rest is gone.
{
  ebb,
  name,
  module,
}:

{
  name = "ebb-${name}";

  nodes.machine =
    { pkgs, ... }:
    {
      imports = [
        module
        (import ./machine.nix {
          inherit ebb;
          format = ''
            mkfs.btrfs -L nixos /dev/vda
            mount -t btrfs /dev/vda /tmp/top-level
            for name in @root @nix @persist @snapshots; do btrfs subvolume create /tmp/top-level/$name; done
            touch /tmp/top-level/@persist/prepared
            umount /tmp/top-level
          '';
        })
      ];
      boot.initrd.systemd.initrdBin = [ pkgs.btrfs-progs ];

      services.openssh.enable = true;
      users.users.alice.isNormalUser = true;

      ebb = {
        enable = true;
        root = {
          filesystem = "btrfs";
          device = "/dev/disk/by-label/nixos";
        };
        sets = [ "server-minimal" ];
        declarations = ./persistence.json;
      };
    };

  testScript = import ./script.nix + ''
    boot()
    machine.wait_for_unit("sshd.service")

    with subtest("What is persisted is not lost, and its neighbours are"):
        machine.succeed("echo kept >/var/lib/app/file", "mkdir /var/lib/app-old", "echo lost >/var/lib/app-old/file")
        machine.succeed("echo kept >/home/alice/projects/file")
        paths = lost()
        assert "/var/lib/app-old/file" in paths, paths
        for path in ["/var/lib/app/file", "/home/alice/projects/file", "/etc/machine-id", "/etc/ssh/ssh_host_ed25519_key"]:
            assert path not in paths, paths

    with subtest("It has owner and mode"):
        assert machine.succeed("stat -c '%a %U' /var/lib/app").strip() == "750 root"
        assert machine.succeed("stat -c '%U' /home/alice/projects").strip() == "alice"

    with subtest("It is there after a boot, and who the machine is has not changed"):
        identity = [content("/etc/machine-id"), content("/etc/ssh/ssh_host_ed25519_key.pub")]
        uid = machine.succeed("id -u alice")
        reboot()
        machine.wait_for_unit("sshd.service")
        assert content("/var/lib/app/file") == "kept"
        assert content("/home/alice/projects/file") == "kept"
        machine.fail("test -e /var/lib/app-old")
        assert identity == [content("/etc/machine-id"), content("/etc/ssh/ssh_host_ed25519_key.pub")]
        assert machine.succeed("id -u alice") == uid
        assert len(machine.succeed("journalctl --list-boots --quiet").splitlines()) >= 2

    with subtest("ebb knows why it is kept"):
        report = json.loads(machine.succeed("ebb why --json /var/lib/app"))
        assert report["fate"] == "kept", report

    machine.shutdown()
  '';
}
