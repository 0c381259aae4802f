# A btrfs in LUKS, unlocked in the initrd: the reset waits for that.
{ ebb }:

{
  name = "ebb-luks";

  nodes.machine =
    { pkgs, ... }:
    {
      imports = [
        (import ./machine.nix {
          inherit ebb;
          format = ''
            cryptsetup luksFormat -q --pbkdf pbkdf2 --iter-time 1 --key-file /etc/luks-key /dev/vda
            cryptsetup open --key-file /etc/luks-key /dev/vda preparing
            mkfs.btrfs /dev/mapper/preparing
            mount -t btrfs /dev/mapper/preparing /tmp/top-level
            for name in @root @nix @persist @snapshots; do btrfs subvolume create /tmp/top-level/$name; done
            touch /tmp/top-level/@persist/prepared
            umount /tmp/top-level
            cryptsetup close preparing
          '';
        })
      ];

      boot.initrd = {
        systemd.initrdBin = [ pkgs.btrfs-progs ];
        systemd.contents."/etc/luks-key".text = "a key for a test";
        luks.devices.nixos = {
          device = "/dev/vda";
          keyFile = "/etc/luks-key";
        };
      };

      ebb = {
        enable = true;
        root = {
          filesystem = "btrfs";
          device = "/dev/mapper/nixos";
        };
      };
    };

  testScript = import ./script.nix + ''
    boot()
    assert "/dev/mapper/nixos" in machine.succeed("findmnt --noheadings --output SOURCE /")
    assert_reset_and_restored()

    with subtest("The reset came after the device was unlocked"):
        order = machine.succeed("journalctl --boot --output=cat --unit=systemd-cryptsetup@nixos --unit=ebb-reset")
        unlocked = order.index("Finished Cryptography Setup")
        assert unlocked < order.index("Finished Reset the ephemeral root"), order

    machine.shutdown()
  '';
}
