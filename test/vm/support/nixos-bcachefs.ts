/** A bcachefs that spans two disks, for a machine with NixOS: only the machine itself can mount it. */
import { run, type Workplace } from '../../support/workplace.ts';
import type { BcachefsTools } from './bcachefs-tools.ts';
import { placeUnits } from './nixos-parts.ts';
import type { Tree } from './tree.ts';

export const UUID = '5e2c9a5e-7c0a-4d54-9a4f-0c6f5f0b8e11';

/** Two disks with an empty one. */
export function makeBcachefs(workplace: Workplace, tools: BcachefsTools): string[] {
  const disks = ['disk0', 'disk1'].map((name) => `${workplace.path}/${name}`);
  run('truncate', ['-s', '256M', ...disks]);
  tools.run(['format', '-f', '--replicas=2', `--uuid=${UUID}`, ...disks]);
  return disks;
}

const install = `#!/bin/sh
set -e
mkdir /install/top
mount -t bcachefs /dev/vda:/dev/vdb /install/top
cd /install/top
for name in @root @nix @persist; do bcachefs subvolume create $name; done
echo first >@root/marker
echo kept >@persist/state
cp -r /install/nix/. @nix/
cd /
umount /install/top
`;
const unit = `[Unit]
DefaultDependencies=no
Wants=dev-vda.device dev-vdb.device
After=dev-vda.device dev-vdb.device
Before=ebb-reset.service

[Service]
Type=oneshot
RemainAfterExit=yes
StandardOutput=file:/dev/console
StandardError=file:/dev/console
ExecStart=/install/install
`;

/** Has an initrd install what a machine of another filesystem is made with; `nix` is what is mounted at /nix. */
export function installInInitrd(initrd: Tree, nix: Tree): void {
  initrd.add('install/nix', nix);
  initrd.file('install/install', install);
  placeUnits(initrd, { 'install.service': { text: unit, wantedBy: ['sysroot.mount'], requiredBy: [] } });
}
