# A machine of a test: empty disks, the first of which has the root and all that outlives it. `format` prepares them in
# the initrd of the first boot, as an installer would, by way of /tmp/top-level. It comes before whatever asks for a
# filesystem.
{
  ebb,
  format,
  disks ? [ 2048 ],
}:

{ lib, pkgs, ... }:
{
  imports = [ ebb ];

  # Nobody logs in, and who the machine is matters only where a test says so.
  ebb.allow = [
    "ids"
    "machine-id"
    "passwords"
  ];

  virtualisation = {
    memorySize = 2048;
    diskImage = null;
    emptyDiskImages = disks;
    useDefaultFilesystems = false;
    # Or the mounts of the virtual machine would replace those of the module (nixpkgs: virtualisation/qemu-vm.nix).
    fileSystems = lib.mkForce { };
  };

  # What the virtual machine would mount: the store of the host.
  fileSystems = {
    "/nix/.ro-store" = {
      device = "nix-store";
      fsType = "9p";
      neededForBoot = true;
      options = [
        "trans=virtio"
        "version=9p2000.L"
        "cache=loose"
        "msize=16384"
        "x-systemd.requires=modprobe@9pnet_virtio.service"
      ];
    };
    "/nix/store" = {
      device = "/nix/.ro-store";
      fsType = "none";
      options = [ "bind" ];
    };
  };

  # QEMU boots the kernel.
  boot.loader.grub.enable = false;

  boot.initrd.systemd = {
    enable = true;
    initrdBin = [
      pkgs.cryptsetup
      pkgs.e2fsprogs
      pkgs.util-linux
    ];
    services.format-disks = {
      description = "Prepare the disks of a test";
      requires = [ "dev-vda.device" ];
      after = [ "dev-vda.device" ];
      before = [
        "ebb-reset.service"
        "initrd-root-device.target"
        "local-fs-pre.target"
        "sysroot.mount"
        "systemd-cryptsetup@nixos.service"
      ];
      requiredBy = [ "sysroot.mount" ];
      unitConfig.DefaultDependencies = false;
      serviceConfig = {
        Type = "oneshot";
        RemainAfterExit = true;
      };
      script = ''
        set -eu
        # They are, after the first boot.
        ! blkid /dev/vda || exit 0
        mkdir -p /tmp/top-level
        ${format}
        udevadm settle
      '';
    };
  };
}
