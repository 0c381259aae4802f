import { DEFAULT_STORAGE, DEFAULT_SUBVOLUME, type PersistenceModule } from './configuration.ts';
import { type RawPath, ROOT } from './rawpath.ts';

/** A machine with NixOS, as far as its module has to be told of it. Names are those at the top level of the device. */
export interface NixosFacts {
  /** Of the root. */
  readonly filesystem: string;
  /** What of its filesystem the root is. */
  readonly subtree: RawPath;
  /** What has the root; of a root in memory, what has `/nix`. Names of devices that stay, where there are any. */
  readonly device: { readonly type: string; readonly names: readonly string[]; readonly uuid: string | undefined };
  /** What is mounted at `/nix`: its name, or undefined where it is another filesystem's; `none`: it is part of the root. */
  readonly nix: string | undefined | 'none';
  /** The same of persistent storage; undefined: there is none. */
  readonly storage: { readonly point: RawPath; readonly name: string | undefined } | undefined;
  /** Where another program keeps old roots. */
  readonly oldRoots: string | undefined;
  /** Something throws the root away already. */
  readonly isWiped: boolean;
  /** undefined where neither is in use. */
  readonly module: PersistenceModule | undefined;
}

export type NixosValue = string | boolean | readonly string[];

/** What a configuration may say, to be reviewed. */
export interface NixosProposal {
  /** Options with values, in the order of the reference. */
  readonly settings: readonly (readonly [option: string, value: NixosValue])[];
  readonly module: PersistenceModule;
  /** What has to be seen to before it is used, a sentence each. Byte strings. */
  readonly before: readonly string[];
}

export function proposalFor(facts: NixosFacts): NixosProposal {
  const { subtree, storage, nix, device, oldRoots } = facts;
  const filesystem = kindOf(facts.filesystem);
  const isInMemory = filesystem === 'tmpfs';
  /** Nothing resets it by renaming yet: everything has still to be moved there. */
  const isWhole = !isInMemory && subtree === ROOT;
  const settings: (readonly [string, NixosValue])[] = [];
  const set = (option: string, value: NixosValue | undefined, usual?: string): void => {
    if (value !== undefined && value !== usual) settings.push([option, value]);
  };
  // Its mounts need an option that not every initrd knows.
  if (filesystem === 'bcachefs' || filesystem === 'directory') set('boot.initrd.systemd.enable', true);
  set('ebb.enable', true);
  set('ebb.storage', storage?.point, DEFAULT_STORAGE);
  set('ebb.root.filesystem', filesystem);
  if (!isInMemory) {
    set('ebb.root.device', device.names.length === 1 ? device.names[0] : device.names);
    if (device.names.length > 1) set('ebb.root.uuid', device.uuid);
    if (filesystem === 'directory') set('ebb.root.type', device.type);
    if (!isWhole) set('ebb.root.subvolume', subtree.slice(1), DEFAULT_SUBVOLUME);
    set('ebb.root.oldRoots', oldRoots);
    // Where they lie in the root, they stay at the top level, which a reset does not touch.
    const stays = (name: string): string | undefined => (isWhole && filesystem === 'directory' ? name : undefined);
    set('ebb.root.nix', nix === 'none' ? stays('nix') : nix, '@nix');
    set('ebb.root.persist', storage === undefined ? stays('persist') : storage.name, '@persist');
  }
  if (!isWhole) set('ebb.root.fileSystems', false);
  set('ebb.sets', ['server-minimal']);
  return { settings, module: facts.module ?? 'impermanence', before: before(facts, isWhole) };
}

function kindOf(filesystem: string): 'btrfs' | 'bcachefs' | 'tmpfs' | 'directory' {
  if (filesystem === 'ramfs') return 'tmpfs';
  return filesystem === 'btrfs' || filesystem === 'bcachefs' || filesystem === 'tmpfs' ? filesystem : 'directory';
}

function before({ filesystem, nix, storage, device, isWiped, subtree }: NixosFacts, isWhole: boolean): string[] {
  const isInMemory = kindOf(filesystem) === 'tmpfs';
  const told: string[] = [];
  if (isWhole) {
    told.push(`/ is the top level of its ${filesystem}: docs/guide/nixos-from-traditional.md says what to move first`);
  } else {
    if (isWiped && !isInMemory) {
      told.push('take out what wipes the root so far, never have both: docs/guide/nixos-migrate.md');
    }
    if (nix === 'none' && !isInMemory)
      told.push(`/nix lies in ${subtree.slice(1)}, which a reset takes away: move it first`);
    if (storage === undefined) told.push('no persistent storage is mounted: nothing would be kept');
    if (!isInMemory && storage !== undefined && storage.name === undefined) {
      told.push(`${storage.point} is another filesystem: ebb reset --arm lets the first reset happen`);
    }
  }
  for (const name of isInMemory ? [] : device.names) {
    if (!/^\/dev\/(disk|mapper)\//.test(name))
      told.push(`${name} may be another device at the next boot: name one that stays`);
  }
  if (device.names.length > 1 && device.uuid === undefined) {
    told.push('ebb.root.uuid is the external UUID that bcachefs show-super tells');
  }
  return told;
}
