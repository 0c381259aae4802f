/** Real directories of old roots, on each filesystem that this machine can make. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { RawPath } from '../../src/core/rawpath.ts';
import type { OldRoots } from '../../src/ports/old-roots.ts';
import type { BootOf } from './memory-old-roots.ts';
import { reasonAgainst } from './real-stage.ts';
import { bcachefsSubvolumes, btrfsSubvolumes, type Subvolumes } from './subvolumes.ts';
import { machine } from './test-host.ts';
import { isRoot, Workplace } from './workplace.ts';

export interface OldRootsPlace {
  /** Where the old roots lie. */
  readonly directory: string;
  /** A directory on the same filesystem that no deletion may touch. */
  readonly outside: string;
  readonly device: string | undefined;
  /** The path of an old root, or of what is in it: byte strings. */
  at(path: string): Buffer;
  /** Makes an old root: a subvolume where there are any. Without `boot`: ebb did not make it. */
  make(name: string, boot?: BootOf): void;
  open(): OldRoots;
}

export interface OldRootsPlaces {
  readonly kind: 'directory' | 'tmpfs' | 'ext4' | 'xfs' | 'btrfs' | 'bcachefs';
  readonly unavailable: string | undefined;
  /** Where roots are subvolumes. */
  readonly subvolumes: Subvolumes | undefined;
  open(): void;
  make(): OldRootsPlace;
  close(): void;
}

const bcachefs = process.env['EBB_TEST_BCACHEFS'];

export const places: readonly OldRootsPlaces[] = [
  placesOn('directory', undefined, () => undefined),
  placesOn('tmpfs', isRoot ? undefined : 'only root may mount a tmpfs', (workplace, top) => {
    workplace.mount(['-t', 'tmpfs', `ebb-test-${process.pid}`], top);
    return undefined;
  }),
  placesOn('ext4', reasonAgainst('mkfs.ext4'), mountImage('mkfs.ext4', 256)),
  placesOn('xfs', reasonAgainst('mkfs.xfs'), mountImage('mkfs.xfs', 512)),
  placesOn('btrfs', reasonAgainst('mkfs.btrfs'), mountImage('mkfs.btrfs', 512)),
  // Few kernels have it: the tests in test/vm/ boot one, and hand over where it is mounted.
  placesOn(
    'bcachefs',
    bcachefs === undefined ? 'EBB_TEST_BCACHEFS names no directory of one' : undefined,
    () => undefined,
  ),
];

type Mounting = (workplace: Workplace, top: string) => string | undefined;

export function mountImage(mkfs: string, megabytes: number): Mounting {
  return (workplace, top) => {
    const device = workplace.image(mkfs, megabytes);
    workplace.mount([device], top);
    return device;
  };
}

function placesOn(kind: OldRootsPlaces['kind'], unavailable: string | undefined, mounting: Mounting): OldRootsPlaces {
  let workplace: Workplace;
  let top: string;
  let device: string | undefined;
  let count = 0;
  return {
    kind,
    unavailable,
    subvolumes: subvolumesOf(kind),
    open: () => {
      workplace = new Workplace(kind === 'bcachefs' ? bcachefs : undefined);
      top = workplace.make('top');
      device = mounting(workplace, top);
    },
    make: () => {
      const home = join(top, `${count++}`);
      mkdirSync(home);
      return placeAt(kind, home, device);
    },
    // The images of bcachefs are thrown away, and take no rm: what is read-only there stays so.
    close: () => (kind === 'bcachefs' ? undefined : workplace.close()),
  };
}

function subvolumesOf(kind: OldRootsPlaces['kind']): Subvolumes | undefined {
  return { btrfs: btrfsSubvolumes, bcachefs: bcachefsSubvolumes }[kind as string];
}

export function placeAt(kind: OldRootsPlaces['kind'], home: string, device: string | undefined): OldRootsPlace {
  const directory = join(home, 'old_roots');
  const outside = join(home, 'outside');
  mkdirSync(directory);
  mkdirSync(outside);
  writeFileSync(join(outside, 'precious'), 'precious');
  const at = (path: string): Buffer => Buffer.from(`${directory}/${path}`, 'latin1');
  return {
    ...{ directory, outside, device, at },
    make: (name, boot) => {
      const subvolumes = subvolumesOf(kind);
      if (subvolumes === undefined) mkdirSync(at(name));
      else subvolumes.create(`${directory}/${name}`);
      if (boot === undefined) return;
      mkdirSync(at(`${name}/.ebb`), 0o700);
      const facts = {
        schema: 'ebb.boot/1',
        sequence: boot.sequence,
        bootedAt: new Date(boot.bootedAt * 1000).toISOString(),
        ended: boot.endedClean === undefined ? undefined : boot.endedClean ? 'clean' : 'running',
      };
      writeFileSync(at(`${name}/.ebb/boot.json`), JSON.stringify(facts));
    },
    open: () => machine().oldRoots(directory as RawPath),
  };
}
