import type { RawPath } from './rawpath.ts';
import { defaultPolicy, type RetentionPolicy } from './retention.ts';

/** A path that the configuration says is kept in persistent storage. */
export interface DeclaredPath {
  readonly path: RawPath;
  readonly kind: 'directory' | 'file';
  readonly storage: RawPath;
  /** What it is made with where it is missing. */
  readonly owner: Owner;
  /** A file may be a symlink into the storage instead of a mount. */
  readonly method: 'bind' | 'link';
  /** Not shown among the drives of a desktop. */
  readonly hidden: boolean;
  /** Of what is declared for a user. */
  readonly home: { readonly path: RawPath; readonly user: string } | undefined;
  /** Where, for people: the configuration, or the option of NixOS that it was written from. A byte string. */
  readonly declaredIn: string;
}

/** What puts persisted paths in place on NixOS: nix-community's modules. */
export type PersistenceModule = 'impermanence' | 'preservation';

/** As chown(1) and chmod(1) take them. */
export interface Owner {
  readonly user: string;
  /** undefined: that of the user. */
  readonly group: string | undefined;
  readonly mode: string;
}

/** Paths are relative to the top level of the device. */
export interface ConfiguredRoot {
  readonly filesystem: string;
  /** A path on the machine; undefined: what is mounted at `/`. */
  readonly device: string | undefined;
  readonly subvolume: string | undefined;
  /** What a fresh root is a copy of. */
  readonly blank: string | undefined;
  /** Of a tmpfs root: an absolute path on the machine, in persistent storage. */
  readonly oldRoots: string | undefined;
  /** What a boot does whose reset failed: go on with the root that is there, or stop. */
  readonly onFailure: 'boot' | 'halt';
}

/** Each does what those before it do: say on all terminals what is lost; hold it back while a check fails. */
export const shutdownActions = ['nothing', 'warn', 'block'] as const;
export type AtShutdown = (typeof shutdownActions)[number];

/** `/etc/ebb/config.toml`, as far as seeing needs it. */
export interface Configuration {
  /** Where it was read from; undefined where there is none. */
  readonly file: RawPath | undefined;
  /** Why a file that may be there was not read; `file` as this machine names it. */
  readonly unread: { readonly file: RawPath; readonly problem: string } | undefined;
  readonly root: ConfiguredRoot | undefined;
  readonly retention: RetentionPolicy;
  /** Bytes that a capture may have; undefined: what there is room for. */
  readonly maxCapture: number | undefined;
  /** What is done about a shutdown that would lose something. */
  readonly atShutdown: AtShutdown;
  /** Storage directories, in the order of the file. */
  readonly storages: readonly RawPath[];
  readonly declared: readonly DeclaredPath[];
  /** What declarations are for on NixOS. */
  readonly module: PersistenceModule;
  /** Mount points beside the root whose filesystems are thrown away like it. */
  readonly ephemeralMounts: readonly RawPath[];
  /** Patterns under `[ignore]`: byte strings of the form that the catalogue uses. */
  readonly ignored: readonly string[];
}

export const noConfiguration: Configuration = {
  ...{
    file: undefined,
    unread: undefined,
    root: undefined,
    retention: defaultPolicy,
    maxCapture: undefined,
    atShutdown: 'warn',
    storages: [],
    declared: [],
    module: 'impermanence',
    ephemeralMounts: [],
    ignored: [],
  },
};

export const DEFAULT_SUBVOLUME = '@root';
export const DEFAULT_OLD_ROOTS = '@snapshots/old_roots';
export const DEFAULT_STORAGE = '/persist' as RawPath;
export const CONFIGURATION_FILE = '/etc/ebb/config.toml' as RawPath;
