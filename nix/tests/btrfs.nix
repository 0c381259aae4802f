{ ebb }:

{
  name = "ebb-btrfs";

  nodes.machine =
    { pkgs, ... }:
    {
      imports = [
        (import ./machine.nix {
          inherit ebb;
          format = ''
            mkfs.btrfs -L nixos /dev/vda
            mount -t btrfs /dev/vda /tmp/top-level
            for name in @root @nix @persist @snapshots; do btrfs subvolume create /tmp/top-level/$name; done
            # Nobody has moved anything there yet, and the first reset would be refused.
            touch /tmp/top-level/@persist/prepared
            umount /tmp/top-level
          '';
        })
      ];
      boot.initrd.systemd.initrdBin = [ pkgs.btrfs-progs ];

      ebb = {
        enable = true;
        root = {
          filesystem = "btrfs";
          device = "/dev/disk/by-label/nixos";
          options = [ "compress=zstd" ];
        };
        ignore = [ "/srv/scratch" ];
        # Two of the same day are kept for nothing but their number.
        retention = {
          recent = 2;
          weekly = 0;
          monthly = 0;
        };
      };
    };

  testScript = import ./script.nix + ''
    boot()

    with subtest("The root is what the options say"):
        options = machine.succeed("findmnt --noheadings --output FSTYPE,OPTIONS /")
        assert "btrfs" in options and "subvol=/@root" in options and "compress=zstd" in options, options
        machine.succeed("mountpoint /nix", "mountpoint /persist", "mountpoint /.snapshots")

    with subtest("A boot records itself and what it begins with"):
        machine.wait_for_unit("ebb-boot.service")
        assert json.loads(content("/.ebb/boot.json"))["schema"] == "ebb.boot/1"
        machine.succeed("test -s /.ebb/baseline")
        report = json.loads(machine.succeed("ebb diff --json"))
        assert report["root"]["ephemeral"], report["root"]
        assert report["baseline"]["kind"] == "baseline", report["baseline"]

    with subtest("What is ignored passes"):
        machine.succeed("mkdir -p /srv && touch /srv/scratch")
        assert "/srv/scratch" not in lost()

    with subtest("A reset keeps the old root, and its files come back"):
        assert_reset_and_restored()

    with subtest("An old root tells how its boot ended"):
        roots = {root["name"]: root for root in old_roots()}
        assert roots[newest()]["ended"] == "clean", roots

    with subtest("Subvolumes within the root go with it, and are deleted with it"):
        machine.succeed("btrfs subvolume create /var/lib/nested", "touch /var/lib/nested/file")
        reboot()
        machine.fail("test -e /var/lib/nested")
        first = newest()
        reboot()
        reboot()
        machine.succeed("ebb gc --yes")
        names = [root["name"] for root in old_roots()]
        assert len(names) == 2 and first not in names, names

    with subtest("A pinned one stays"):
        pinned = newest()
        machine.succeed(f"ebb pin {pinned}")
        for _ in range(3):
            reboot()
        machine.succeed("ebb gc --yes")
        assert pinned in [root["name"] for root in old_roots()]

    machine.shutdown()
  '';
}
