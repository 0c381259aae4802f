import { Failure } from './failure.ts';
import { covers, type RawPath, ROOT } from './rawpath.ts';

/** What makes the initrd of a machine. */
export type InitrdTarget = 'dracut' | 'initramfs-tools' | 'systemd-initrd';
export const initrdTargets: readonly InitrdTarget[] = ['systemd-initrd', 'dracut', 'initramfs-tools'];

/** What `init` has to know of the machine that runs. */
export interface SetupFacts {
  /** The mount at `/`. */
  readonly root: {
    readonly filesystem: string;
    /** What of its filesystem it shows. */
    readonly subtree: RawPath;
    /** The device, by a name that stays. */
    readonly device: string;
  };
  readonly commandLine: string;
  readonly isNixos: boolean;
  readonly hasSystemd: boolean;
  /** What is installed that makes initrds, the one in use first. */
  readonly initrdTools: readonly InitrdTarget[];
  /** This root was made by a reset. */
  readonly isFresh: boolean;
  /** What is mounted at the directory of persistent storage, if anything is. */
  readonly storage: { readonly subtree: RawPath; readonly isOnDevice: boolean } | undefined;
  /** What mounts something there at boot. */
  readonly storageMounter: 'fstab' | 'unit' | undefined;
  /** Nothing is mounted there, and yet it holds something. */
  readonly hidesStorage: boolean;
  /** `/boot` is a filesystem of its own. */
  readonly hasBootMount: boolean;
  /** Where systemd finds `ebb`; undefined: nowhere. */
  readonly installedEbb: RawPath | undefined;
  /** What starts this ebb, and whether it is gone after a reboot; undefined where it was started in another way. */
  readonly launcher: { readonly path: RawPath; readonly isVolatile: boolean } | undefined;
}

/** Where everything is, or is to be. Names at the top level are without a slash before them. */
export interface Layout {
  readonly filesystem: 'btrfs' | 'bcachefs' | 'directory';
  /** As mount(8) names it. */
  readonly type: string;
  readonly device: string;
  readonly root: string;
  readonly oldRoots: string;
  readonly blank: string;
  /** Where persistent storage is mounted. */
  readonly storage: RawPath;
  /** What of the device it is; undefined where it is another filesystem's. */
  readonly storageAt: string | undefined;
  /** Nothing mounts it yet. */
  readonly mountsStorage: boolean;
  readonly onFailure: 'boot' | 'halt';
  readonly target: InitrdTarget;
}

/** What is asked for or configured, before the usual. */
export interface LayoutChoices {
  readonly target: InitrdTarget | undefined;
  readonly device: string | undefined;
  readonly oldRoots: string;
  readonly blank: string;
  readonly storage: RawPath;
  readonly onFailure: 'boot' | 'halt';
}

/** Of names that go into units and settings: nothing that these would take for more than a name. */
const plain = /^[\w@:.+-][\w@:.+/-]*$/;
const GUIDE = 'docs/guide/set-up.md says how';

/** @throws Failure where this machine cannot be set up, with what to do about it. */
export function layoutOf(facts: SetupFacts, choices: LayoutChoices): Layout {
  const { root, storage } = facts;
  if (facts.isNixos) {
    throw new Failure('failed', 'this is NixOS, which is set up by its configuration', 'docs/guide/nixos.md says how');
  }
  if (!facts.hasSystemd) throw new Failure('failed', 'this machine has no systemd, whose units run the parts of ebb');
  if (root.filesystem === 'tmpfs') {
    const hint = 'put the units into the image that it boots from: docs/guide/tmpfs-root.md';
    throw new Failure('failed', '/ is a tmpfs: what is installed in it is gone at the next boot', hint);
  }
  if (facts.installedEbb === undefined && facts.launcher === undefined) {
    throw new Failure(
      'failed',
      'the units start ebb, and it is in no directory that systemd looks into',
      'link it to /usr/local/bin/ebb',
    );
  }
  const filesystem = root.filesystem === 'btrfs' || root.filesystem === 'bcachefs' ? root.filesystem : 'directory';
  if (root.subtree === ROOT) {
    const what = filesystem === 'directory' ? 'a directory' : 'a subvolume';
    const message = `/ is the top level of its ${root.filesystem}: it has to be ${what} in it, such as @root, to be reset`;
    throw new Failure('failed', message, GUIDE);
  }
  const name = root.subtree.slice(1);
  if (filesystem === 'btrfs') checkBootsByName(facts.commandLine, name);
  const storageAt = storage === undefined ? '@persist' : storage.isOnDevice ? storage.subtree.slice(1) : undefined;
  if (storageAt === '' || covers(root.subtree, `/${storageAt}`)) {
    throw new Failure('failed', `${choices.storage} holds the root, or lies in it: it does not outlive a reset`, GUIDE);
  }
  if (facts.hidesStorage) {
    const hint = 'move it away, or mount persistent storage there';
    throw new Failure('failed', `${choices.storage} is part of the root, and what it holds would be hidden`, hint);
  }
  if (storage === undefined && facts.storageMounter === 'fstab') {
    // A unit of ebb's would take the place of what is there.
    const message = `/etc/fstab has ${choices.storage}, and nothing is mounted there`;
    throw new Failure('failed', message, `mount ${choices.storage}`);
  }
  const mountsStorage = storage === undefined || facts.storageMounter === undefined;
  if (mountsStorage && storage?.isOnDevice === false) {
    throw new Failure('failed', `nothing mounts ${choices.storage} at boot`, 'put it into /etc/fstab');
  }
  const device = choices.device ?? root.device;
  if (!/^(\/|UUID=|LABEL=|PARTUUID=|PARTLABEL=)/.test(device)) {
    throw new Failure(
      'failed',
      `${device} is no device that the initrd can mount`,
      'name it by its path or UUID: --device /dev/…, --device UUID=…',
    );
  }
  for (const word of [name, choices.oldRoots, choices.blank, storageAt ?? 'x', choices.storage.slice(1)]) {
    if (!plain.test(word)) throw new Failure('failed', `${word}: init writes no such name into units`, GUIDE);
  }
  if (!/^[\w@:.+/=-]+$/.test(device)) throw new Failure('failed', `${device}: init writes no such name into units`);
  return {
    ...{ filesystem, type: root.filesystem, device, root: name, oldRoots: choices.oldRoots, blank: choices.blank },
    ...{ storage: choices.storage, storageAt, mountsStorage, onFailure: choices.onFailure },
    target: choices.target ?? usualTarget(facts),
  };
}

function usualTarget({ initrdTools: [first] }: SetupFacts): InitrdTarget {
  if (first !== undefined) return first;
  const hint = 'say what makes it: --target systemd-initrd|dracut|initramfs-tools';
  throw new Failure('failed', 'what makes the initrd of this machine is not known', hint);
}

/** A fresh root has the name of the one before, and another number: who mounts by anything else would not get it. */
function checkBootsByName(commandLine: string, name: string): void {
  const words = commandLine.split(/\s+/).filter((word) => word.startsWith('rootflags='));
  const options = words.at(-1)?.slice('rootflags='.length).split(',') ?? [];
  const subvolume = options.filter((option) => option.startsWith('subvol=')).at(-1);
  const isNamed = subvolume?.slice('subvol='.length).replace(/^\/+/, '') === name;
  if (isNamed && !options.some((option) => option.startsWith('subvolid='))) return;
  const message = `the kernel command line does not name ${name} as the root: a fresh one would not be mounted`;
  throw new Failure('failed', message, `boot with rootflags=subvol=${name} first: ${GUIDE}`);
}
