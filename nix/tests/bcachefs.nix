# A bcachefs of two devices that keeps everything twice.
{ ebb }:

let
  uuid = "5e2c9a5e-7c0a-4d54-9a4f-0c6f5f0b8e11";
in
{
  name = "ebb-bcachefs";

  nodes.machine = {
    imports = [
      (import ./machine.nix {
        inherit ebb;
        disks = [
          2048
          2048
        ];
        format = ''
          bcachefs format --replicas=2 --uuid=${uuid} /dev/vda /dev/vdb
          mount -t bcachefs /dev/vda:/dev/vdb /tmp/top-level
          for name in @root @nix @persist @snapshots; do bcachefs subvolume create /tmp/top-level/$name; done
          touch /tmp/top-level/@persist/prepared
          umount /tmp/top-level
        '';
      })
    ];
    boot = {
      supportedFilesystems = [ "bcachefs" ];
      initrd.systemd.services.format-disks = {
        requires = [ "dev-vdb.device" ];
        after = [ "dev-vdb.device" ];
      };
    };

    ebb = {
      enable = true;
      root = {
        filesystem = "bcachefs";
        device = [
          "/dev/vda"
          "/dev/vdb"
        ];
        inherit uuid;
      };
    };
  };

  testScript = import ./script.nix + ''
    boot()
    assert machine.succeed("findmnt --noheadings --output FSTYPE /").strip() == "bcachefs"
    assert_reset_and_restored()
    machine.shutdown()
  '';
}
