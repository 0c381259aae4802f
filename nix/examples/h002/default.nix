# h002, the NAS: a traditional host, on purpose. Its root stays as it is.
#
#   - It is there for its data, and data is what an ephemeral root does not touch: 40 TB would be one persisted path.
#   - bcachefs has two copies of each block already, and snapshots: a reset adds nothing that would protect it.
#   - What is left of the root are the settings of three services, which this configuration makes. An ephemeral root
#     would be one more thing that can go wrong before the disks are mounted, on the machine that the others back up
#     to.
#
# What it can use is the question that ebb asks: what has been written to the root that no configuration explains?
# `ebb check` looks each day; nobody is held back by it, for no reboot loses anything here. Who wants to move this
# host later begins with that list.
{
  imports = [ ../base.nix ];

  networking.hostName = "h002";
  nixpkgs.hostPlatform = "x86_64-linux";
  system.stateVersion = "25.11";

  boot = {
    loader.systemd-boot.enable = true;
    loader.efi.canTouchEfiVariables = true;
    initrd.availableKernelModules = [
      "ahci"
      "mpt3sas"
      "nvme"
      "sd_mod"
      "xhci_pci"
    ];
  };

  fileSystems = {
    "/" = {
      device = "/dev/disk/by-label/nixos";
      fsType = "ext4";
    };
    "/boot" = {
      device = "/dev/disk/by-label/ESP";
      fsType = "vfat";
      options = [ "umask=0077" ];
    };
    # The pool, by what its devices have in common.
    "/data" = {
      device = "UUID=0e6f1c52-4a7b-4f0d-8f3a-6f3f5f8f4a02";
      fsType = "bcachefs";
      options = [
        "nofail"
        "noatime"
      ];
    };
  };

  ebb = {
    enable = true;
    # No `root.filesystem`: nothing is reset.
    check.enable = true;
  };

  services.nfs.server = {
    enable = true;
    exports = ''
      /data 10.12.14.0/24(rw,no_subtree_check,crossmnt)
    '';
  };
  services.smartd.enable = true;
  networking.firewall.allowedTCPPorts = [ 2049 ];
}
