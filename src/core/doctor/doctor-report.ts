import type { EntryTypeName } from '../change.ts';
import type { PersistenceModule } from '../configuration.ts';
import type { RawName, RawPath } from '../rawpath.ts';
import type { RootFacts, Warning } from '../report.ts';

/** How bad it is, the worst first. */
export const severities = [
  /** State, a key or an identity is gone that an old root has. */
  'lost',
  /** Something does not work now. */
  'broken',
  /** Something is about to be lost, or goes wrong one day. */
  'risk',
  /** Worth knowing: left out unless everything is asked for. */
  'note',
] as const;
export type Severity = (typeof severities)[number];

export const doctorKinds = [
  /** A path is gone, or was made anew in place of what an old root has. */
  'lost',
  /** A unit failed. */
  'failed',
  /** A path was missed that no old root has. */
  'missing',
  /** A program set itself up anew; no old root tells that it had been before. */
  'first-run',
  /** A path may not be used by who needs it. */
  'denied',
  /** A key or number by which others know the machine is another one. */
  'identity',
  /** A declared path is not kept. */
  'not-kept',
  /** An owner is not who it should be. */
  'owner',
  /** A container's state lies on the root. */
  'container',
  /** Persisted paths take long to mount. */
  'mounts',
] as const;
export type DoctorKind = (typeof doctorKinds)[number];

/** A message of the journal that speaks for a finding. Byte strings. */
export interface Quotation {
  readonly text: string;
  readonly by: string | undefined;
  /** How often it came, and when: seconds since 1970. */
  readonly count: number;
  readonly first: number;
  readonly last: number;
}

/** Where a path was before. */
export interface Was {
  /** The newest old root that has it. */
  readonly oldRoot: RawName;
  /** When that was reset: seconds since 1970; undefined where nothing tells. */
  readonly resetAt: number | undefined;
  readonly type: EntryTypeName;
  /** What lies there: files, and bytes of these. */
  readonly files: number;
  readonly bytes: number;
  /** There is more than was counted. */
  readonly more: boolean;
}

/** What mends it, or keeps it from happening again. */
export type Remedy =
  /** To be run, word by word: byte strings. */
  | { readonly kind: 'command'; readonly words: readonly string[] }
  /** To be declared: of `storage`, which keeps it. */
  | {
      readonly kind: 'declare';
      readonly storage: RawPath;
      readonly path: RawPath;
      readonly type: 'directory' | 'file';
      readonly user: string | undefined;
      readonly group: string | undefined;
      readonly mode: string | undefined;
    };

/** What happened, to what, how that is known, and what to do. Texts are byte strings. */
export interface DoctorFinding {
  readonly kind: DoctorKind;
  readonly severity: Severity;
  /** A sentence without its full stop. */
  readonly what: string;
  readonly units: readonly string[];
  /** Those of them that failed. */
  readonly failed: readonly string[];
  readonly container: string | undefined;
  /** What it is about, most of all. */
  readonly path: RawPath | undefined;
  readonly type: EntryTypeName | undefined;
  /** Other paths, at it or below it, that were named. */
  readonly paths: readonly RawPath[];
  readonly messages: readonly Quotation[];
  /** All messages that say so. */
  readonly count: number;
  readonly was: Was | undefined;
  /** What else speaks for it, a sentence each. */
  readonly evidence: readonly string[];
  readonly remedies: readonly Remedy[];
}

export interface DoctorReport {
  readonly host: string;
  readonly now: number;
  readonly root: RootFacts;
  /** It is NixOS: what to declare is said in Nix. */
  readonly isNixos: boolean;
  readonly module: PersistenceModule;
  readonly journal: {
    /** `running`, or where it was read from. */
    readonly source: string;
    readonly boot: string;
    readonly entries: number;
    readonly complete: boolean;
    /** Of the first and the last message: seconds since 1970. */
    readonly first: number | undefined;
    readonly last: number | undefined;
  };
  /** undefined where there are none. */
  readonly oldRoots:
    | { readonly directory: RawPath; readonly given: boolean; readonly searched: number; readonly failed: number }
    | undefined;
  readonly findings: readonly DoctorFinding[];
  /** Notes that are not among them. */
  readonly hidden: number;
  readonly warnings: readonly Warning[];
}
