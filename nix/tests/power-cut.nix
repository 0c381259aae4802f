# The power goes at each step of a reset. Whatever lies on the disk afterwards boots, and nothing that was there is
# lost.
{ ebb }:

{
  name = "ebb-power-cut";

  nodes.machine =
    { lib, pkgs, ... }:
    let
      # What changes a disk in a reset. `ebb-test.cut=N` on the kernel command line: stop before the Nth, and say so.
      programs = {
        btrfs = "${pkgs.btrfs-progs}/bin/btrfs";
        mkdir = "${pkgs.coreutils}/bin/mkdir";
        mv = "${pkgs.coreutils}/bin/mv";
        sync = "${pkgs.coreutils}/bin/sync";
      };
      counted = name: file: ''
        #!/bin/sh
        echo >>/run/ebb-test-steps
        step=$(wc -l </run/ebb-test-steps)
        case " $(cat /proc/cmdline) " in
        *" ebb-test.cut=$step "*)
          echo "<2>ebb-test: before step $step, ${name}" >/dev/kmsg
          sleep infinity
          ;;
        esac
        exec ${file} "$@"
      '';
    in
    {
      imports = [
        (import ./machine.nix {
          inherit ebb;
          format = ''
            mkfs.btrfs -L nixos /dev/vda
            mount -t btrfs /dev/vda /tmp/top-level
            for name in @root @nix @persist @snapshots; do btrfs subvolume create /tmp/top-level/$name; done
            echo kept >/tmp/top-level/@persist/notes.txt
            umount /tmp/top-level
          '';
        })
      ];

      boot.initrd.systemd = {
        initrdBin = [ pkgs.btrfs-progs ];
        contents = lib.mapAttrs' (
          name: file:
          lib.nameValuePair "/counted/${name}" {
            source = pkgs.writeScript "counted-${name}" (counted name file);
          }
        ) programs;
        storePaths = lib.attrValues programs;
        services.ebb-reset.environment.PATH = lib.mkForce "/counted:/bin:/sbin";
      };

      ebb = {
        enable = true;
        root = {
          filesystem = "btrfs";
          device = "/dev/disk/by-label/nixos";
        };
      };
    };

  testScript = import ./script.nix + ''
    import os

    boot()

    # A reset has twelve such steps, from making the place where it mounts the filesystem to the last sync.
    for step in range(1, 13):
        with subtest(f"The power goes before step {step}"):
            machine.succeed(f"echo {step} >/root-of", "sync")
            machine.shutdown()

            os.environ["QEMU_KERNEL_PARAMS"] = f"ebb-test.cut={step}"
            machine.start()
            machine.wait_for_console_text(f"ebb-test: before step {step},")
            machine.crash()

            del os.environ["QEMU_KERNEL_PARAMS"]
            boot()
            machine.fail("test -e /run/ebb/reset-failed")
            machine.fail("test -e /root-of")
            machine.succeed(f"grep -qx {step} /.snapshots/old_roots/*/root-of")
            assert content("/persist/notes.txt") == "kept"

    machine.shutdown()
  '';
}
