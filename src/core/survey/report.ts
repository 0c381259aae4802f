import type { Category, Verdict } from '../category.ts';
import type { EntryTypeName } from '../change.ts';
import type { RawPath } from '../rawpath.ts';
import type { DiffReport, Totals, Warning } from '../report.ts';

/** What becomes of it at a reset: `root`: on a root that is not ephemeral, which an ephemeral one would lose. */
export type SurveyFate = 'lost' | 'root' | 'kept';

/** A path that somebody may miss. */
export interface SurveyItem extends Totals {
  readonly path: RawPath;
  readonly type: EntryTypeName;
  readonly category: Category;
  readonly verdict: Verdict;
  readonly fate: SurveyFate;
  /** Newest modification: seconds since 1970. */
  readonly mtime: number;
  /** Rows that are summed up in it; 1 for one of its own. */
  readonly folds: number;
  /** What it is, and what does not work without it; byte strings. */
  readonly why: string | undefined;
  readonly breaks: string | undefined;
}

/** What belongs together: a service, a unit, a user's home. */
export interface SurveyGroup {
  /** Of the catalogue: `forgejo`. */
  readonly id: string | undefined;
  /** A byte string: `Forgejo`, `backup.service`, a user's name. */
  readonly title: string;
  /** Units that it was known by: byte strings. */
  readonly units: readonly string[];
  readonly items: readonly SurveyItem[];
  /** Of what is to be kept or decided about, and of that what a reset loses. */
  readonly needed: Totals;
  readonly unkept: Totals;
  /** Caches, logs and what else nobody misses. */
  readonly rest: Totals;
}

/** What a copy of files is not good enough for. */
export interface SurveyDatabase {
  readonly path: RawPath;
  /** What it belongs to, a byte string; undefined where nobody knows. */
  readonly service: string | undefined;
  /** `catalogue`, or what was found there: `SQLite`, `PostgreSQL`… */
  readonly kind: string;
  /** The command that gives a copy while it runs; a byte string. */
  readonly dump: string | undefined;
  /** Units to be stopped for a copy. */
  readonly stop: readonly string[];
  readonly fate: SurveyFate;
}

export interface ContainerMount {
  readonly kind: 'volume' | 'bind';
  /** Of a volume. A byte string. */
  readonly name: string | undefined;
  /** On the machine, as the container's own configuration spells it. */
  readonly source: RawPath;
  readonly destination: string;
  readonly readOnly: boolean;
  readonly fate: SurveyFate | 'volatile' | 'absent';
}

export type ContainerEngine = 'docker' | 'podman' | 'nixos-container' | 'systemd-nspawn';

export interface SurveyContainer {
  readonly engine: ContainerEngine;
  readonly name: string;
  readonly image: string | undefined;
  /** Whose it is, where it is not the system's: the home that it was found in. */
  readonly home: RawPath | undefined;
  /** Where its own files are that outlive it; undefined where these are a layer that it is made with. */
  readonly root: RawPath | undefined;
  readonly rootFate: ContainerMount['fate'] | undefined;
  /** undefined where they are written down nowhere: it was never started. */
  readonly mounts: readonly ContainerMount[] | undefined;
}

export interface SurveyVolume {
  readonly engine: ContainerEngine;
  readonly name: string;
  readonly path: RawPath;
  readonly home: RawPath | undefined;
  /** Names of the containers that mount it. */
  readonly usedBy: readonly string[];
  readonly fate: ContainerMount['fate'];
  /** undefined where it could not be looked into. */
  readonly size: Totals | undefined;
}

/** A key, or what a machine or user is known by. Never what it holds. */
export interface SurveyKey {
  readonly path: RawPath;
  /** In a few words: `SSH host key (ed25519)`. */
  readonly kind: string;
  /** As ssh-keygen(1) shows it; of other keys a digest, by which two machines can be compared. */
  readonly fingerprint: string | undefined;
  readonly fate: SurveyFate | 'volatile';
}

/** A file that opens a disk. */
export interface DiskKey {
  readonly path: RawPath;
  /** Where it is named, or that its name tells. A byte string. */
  readonly from: string;
  /** What it opens, as that names it; a byte string. */
  readonly opens: string | undefined;
  readonly fate: ContainerMount['fate'];
}

/** A path on a filesystem that the reset does not touch. */
export interface KeptPath {
  readonly path: RawPath;
  readonly how: 'mount' | 'link';
  readonly filesystem: string;
  readonly source: string;
  /** What it shows of that filesystem. */
  readonly subtree: RawPath;
  readonly declared: boolean;
  /** undefined where it was not looked into: nobody asked, or it is no place of services. */
  readonly size: Totals | undefined;
}

export interface SurveyReport {
  /** What an ephemeral root loses, or would lose: for a declaration. Its host is the one that the root is of. */
  readonly diff: DiffReport;
  /** Its declarations are Nix. */
  readonly isNixos: boolean;
  /** Whose the paths of `diff` are, where that is known: byte strings. */
  readonly owners: ReadonlyMap<RawPath, string>;
  readonly services: readonly SurveyGroup[];
  readonly homes: readonly SurveyGroup[];
  /** Of the system itself. */
  readonly system: SurveyGroup;
  /** What nobody claims: to be decided by somebody who knows. */
  readonly unclaimed: readonly SurveyItem[];
  readonly databases: readonly SurveyDatabase[];
  readonly containers: readonly SurveyContainer[];
  readonly volumes: readonly SurveyVolume[];
  readonly keys: readonly SurveyKey[];
  /** Beyond those that are listed. */
  readonly moreKeys: number;
  readonly diskKeys: readonly DiskKey[];
  /** Who has a password in /etc/shadow: names, byte strings; undefined where this user may not know. */
  readonly passwords: readonly string[] | undefined;
  readonly kept: readonly KeptPath[];
  readonly warnings: readonly Warning[];
}
