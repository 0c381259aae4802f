import { existsSync, readdirSync } from 'node:fs';
import { Failure } from '../../core/failure.ts';
import { fateOf, type Mount, type MountTable } from '../../core/mount-table.ts';
import type { NixosFacts } from '../../core/nixos-proposal.ts';
import type { RawPath } from '../../core/rawpath.ts';
import { deviceNumber } from '../system/device-number.ts';
import { readMountTable } from '../system/mount-view.ts';
import { lastingName } from './facts.ts';

/** Where people have persistent storage. */
const STORAGES = ['/persist', '/nix/persist', '/persistent', '/persistence', '/state'] as RawPath[];
/** Where scripts keep old roots, at the top level: that of impermanence's README, and others after it. */
export const OLD_ROOTS = ['old_roots', '@old_roots', 'old-roots', 'snapshots/old_roots'];
const UNITS = '/etc/systemd/system';

/** What is mounted, and by what names it stays; the rest of the facts is not the mount table's. */
export function nixosFacts(configured: readonly RawPath[]): Omit<NixosFacts, 'oldRoots' | 'isWiped'> {
  const table = readMountTable();
  const root = table.root();
  if (root === undefined) throw new Failure('failed', 'this machine shows no root filesystem');
  const nix = mountAt(table, '/nix' as RawPath);
  const storage = [...configured, ...STORAGES]
    .map((point) => mountAt(table, point))
    .find((mount) => mount !== undefined && fateOf(mount, root) === 'persistent');
  const inMemory = root.filesystem === 'tmpfs' || root.filesystem === 'ramfs';
  const device = inMemory ? (nix ?? storage ?? root) : root;
  const nameOf = (mount: Mount): string | undefined =>
    mount.device === device.device && mount.subtree !== '/' ? mount.subtree.slice(1) : undefined;
  return {
    ...{ filesystem: root.filesystem, subtree: root.subtree },
    device: { type: device.filesystem, ...devicesOf(device) },
    nix: nix === undefined ? 'none' : nameOf(nix),
    storage: storage && { point: storage.point, name: nameOf(storage) },
    module: moduleInUse(),
  };
}

function mountAt(table: MountTable, point: RawPath): Mount | undefined {
  const mount = table.of(point);
  return mount?.point === point ? mount : undefined;
}

/** A bcachefs of several devices has them all as its source, and one number that they share. */
function devicesOf({ source, filesystem }: Mount): { names: string[]; uuid: string | undefined } {
  const sources = filesystem === 'bcachefs' ? source.split(':') : [source];
  if (sources.length === 1) return { names: [lastingName(source)], uuid: undefined };
  const numbers = sources.map(deviceNumber);
  const uuid = namesIn('/dev/disk/by-uuid').find((name) => {
    const number = deviceNumber(`/dev/disk/by-uuid/${name}`);
    return number !== undefined && numbers.includes(number);
  });
  return { names: sources.map((one) => lastingName(one, ['/dev/disk/by-partuuid', '/dev/disk/by-id'])), uuid };
}

function moduleInUse(): NixosFacts['module'] {
  if (existsSync(`${UNITS}/preservation.target`)) return 'preservation';
  const isPersisting = /^persist-.*\.service$/;
  return namesIn(UNITS).some((name) => isPersisting.test(name)) ? 'impermanence' : undefined;
}

function namesIn(directory: string): string[] {
  try {
    return readdirSync(directory);
  } catch {
    return [];
  }
}
