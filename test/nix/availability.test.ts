/** When what is at a path is there, as a boot goes on. */
import assert from 'node:assert/strict';
import { forEachLib } from '../support/nix-evaluation.ts';

const availability = '(import (repository + "/nix/lib.nix") { inherit lib; }).availability';
/** As `fileSystems` has them. */
const fileSystems = `
  builtins.mapAttrs
    (mountPoint: it: { inherit mountPoint; device = "/dev/sda2"; fsType = "btrfs"; options = [ ]; neededForBoot = false; } // it)
    {
      "/" = { options = [ "compress=zstd" "subvol=@root" ]; };
      "/nix" = { options = [ "subvol=/@nix" ]; };
      "/nix/var" = { options = [ "X-mount.subdir=@var" ]; };
      "/persist" = { options = [ "subvol=@persist" ]; neededForBoot = true; };
      "/persistent" = { options = [ "subvol=@other" ]; };
      "/srv" = { options = [ "subvol=@root/srv" ]; neededForBoot = true; };
      "/bound" = { device = "/persist/bound"; options = [ "bind" ]; };
      "/bound/early" = { device = "/persist/early"; options = [ "rbind" ]; neededForBoot = true; };
      "/bound/slow" = { device = "/persistent/slow"; options = [ "bind" ]; neededForBoot = true; };
      "/bound/lost" = { device = "/var/lost"; options = [ "bind" ]; neededForBoot = true; };
      "/loop" = { device = "/loop/again"; options = [ "bind" ]; neededForBoot = true; };
      "/scratch" = { options = [ "subvol=@scratch" ]; neededForBoot = true; };
      "/memory" = { device = "none"; fsType = "tmpfs"; };
    }`;

forEachLib('a path is held by the file system with the longest mount point above it', (evaluate) => {
  const paths = ['/', '/nix/store', '/nix/variety', '/nix/var/log', '/persistence', '/persist', '/etc'];
  const held = evaluate(`map (path: (${availability}.fileSystemOf (${fileSystems}) path).mountPoint) [
    ${paths.map((path) => `"${path}"`).join(' ')}
  ]`);
  assert.deepEqual(held, ['/', '/nix', '/nix', '/nix/var', '/', '/persist', '/']);
  assert.equal(evaluate(`${availability}.fileSystemOf { } "/etc"`), null);
});

forEachLib('what a file system is of its device is read from its options', (evaluate) => {
  const names =
    evaluate(`map (fsType: map (it: ${availability}.subvolumeOf { inherit fsType; options = [ "noatime" it ]; }) [
    "subvol=@root" "subvol=/@root" "X-mount.subdir=@a/b" "subvolid=5" "x-subvol=@root"
  ]) [ "btrfs" "bcachefs" ]`);
  assert.deepEqual(names, [
    ['@root', '@root', '@a/b', null, null],
    [null, null, '@a/b', null, null],
  ]);
});

forEachLib('what is mounted is there early, later, or never again', (evaluate) => {
  const steps = evaluate(`
    let
      at = ${availability}.ofFileSystems { fileSystems = ${fileSystems}; ephemeralMounts = [ "/scratch" ]; };
      named = builtins.listToAttrs (lib.mapAttrsToList (name: value: { name = toString value; value = name; }) ${availability}.step);
    in
    lib.genAttrs [
      "/etc" "/nix/store" "/nix/var" "/persist/x" "/persistent/x" "/srv/x" "/bound/x" "/bound/early/x" "/bound/slow" "/bound/lost"
      "/loop/x" "/scratch" "/memory" "/run/secrets" "/running"
    ] (path: named.\${toString (at path)})
  `);
  assert.deepEqual(steps, {
    '/etc': 'never',
    '/nix/store': 'initrd',
    // Not one of those that NixOS mounts early whatever is said of them.
    '/nix/var': 'mounts',
    '/persist/x': 'initrd',
    '/persistent/x': 'mounts',
    // A part of the root, by another way.
    '/srv/x': 'never',
    '/bound/x': 'mounts',
    '/bound/early/x': 'initrd',
    '/bound/slow': 'mounts',
    '/bound/lost': 'never',
    '/loop/x': 'initrd',
    '/scratch': 'never',
    '/memory': 'never',
    '/run/secrets': 'initrd',
    '/running': 'never',
  });
});

forEachLib('a device that is mounted as a whole twice is one root', (evaluate) => {
  const steps = evaluate(`
    let
      it = mountPoint: device: { inherit mountPoint device; fsType = "ext4"; options = [ "noatime" ]; neededForBoot = true; };
      at = ${availability}.ofFileSystems {
        fileSystems = builtins.mapAttrs it { "/" = "/dev/sda"; "/again" = "/dev/sda"; "/other" = "/dev/sdb"; };
      };
    in
    map at [ "/again" "/other" ]
  `);
  assert.deepEqual(steps, [3, 0]);
});

forEachLib('what is persisted is there when its module has put it in place', (evaluate) => {
  const steps = evaluate(`
    let
      entry = from: kind: path: inInitrd: { inherit from kind path inInitrd; };
      at = ${availability}.ofPersisted [
        (entry "environment.persistence" "file" "/etc/id" false)
        (entry "environment.persistence" "directory" "/etc/ssh" false)
        (entry "environment.persistence" "directory" "/var/lib" true)
        (entry "preservation" "file" "/etc/late" false)
        (entry "preservation" "file" "/etc/ssh/early" true)
      ] (_: ${availability}.step.never);
    in
    map at [ "/etc/id" "/etc/ssh/key" "/var/lib/nixos" "/etc/late" "/etc/ssh/early" "/etc/identity" ]
  `);
  assert.deepEqual(steps, [1, 2, 0, 2, 0, 3]);
});

forEachLib(
  'what is written to /etc is there when a system is set up, and no earlier than what it leads to',
  (evaluate) => {
    const steps = evaluate(`
    let
      file = target: source: { inherit target source; enable = true; };
      at = ${availability}.ofEtc {
        a = file "link" "/late/link";
        b = file "lost" "/lost/x";
        c = file "store" "/early/x";
        d = file "directory" "/late/directory";
        e = (file "off" "/early/x") // { enable = false; };
      } (path: if lib.hasPrefix "/late" path then 2 else if lib.hasPrefix "/early" path then 0 else 3);
    in
    map at [ "/etc/link" "/etc/lost" "/etc/store" "/etc/directory/x" "/etc/off" "/etc/linked" ]
  `);
    assert.deepEqual(steps, [2, 3, 1, 2, 3, 3]);
  },
);
