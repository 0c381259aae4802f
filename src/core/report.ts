import type { CataloguePath } from './catalogue-entry.ts';
import type { Category, Verdict } from './category.ts';
import type { ChangeKind, EntryTypeName } from './change.ts';
import type { PersistenceModule } from './configuration.ts';
import type { Evidence } from './evidence.ts';
import type { WeighedEvidence } from './judge.ts';
import type { OldRoot } from './old-root.ts';
import type { RawName, RawPath } from './rawpath.ts';
import type { RetentionPolicy } from './retention.ts';

/** One row: a path, or a directory that is wholly new and stands for what is below it. */
export interface Change {
  readonly path: RawPath;
  readonly kind: ChangeKind;
  readonly type: EntryTypeName;
  readonly category: Category;
  readonly verdict: Verdict;
  /** Paths that the row stands for, its own included. */
  readonly entries: number;
  /** Allocated bytes; a file with several hard links counts once in the whole report. */
  readonly bytes: number;
  /** Newest modification among its entries: seconds since 1970, with a fraction. */
  readonly mtime: number;
  /** Paths below it that are rows of their own, being of another category. */
  readonly apart: number;
  /** Rows that are summed up in it, with --depth or in a long text; 1 for a row of its own. */
  readonly folds: number;
  /** Lies hidden under a mount. */
  readonly shadowed: boolean;
  /** Named under `[ignore]` of the configuration. */
  readonly ignored: boolean;
  readonly evidence: readonly Evidence[];
}

/** Whether the root is reset at boot, and how that is known. */
export interface EphemeralFact {
  readonly value: boolean;
  readonly reason: string;
}

export interface RootFacts {
  /** Where it is mounted on this machine: `/`, or the directory given with --root. */
  readonly mount: RawPath;
  readonly filesystem: string;
  /** What the mount shows of its filesystem, without the leading slash (`@root`); undefined where it is all of it. */
  readonly subvolume: string | undefined;
  readonly ephemeral: EphemeralFact;
  /** It is the old root of this name. */
  readonly oldRoot?: RawName;
}

export type BaselineKind = 'baseline' | 'boot' | 'directory' | 'packages' | 'nothing';

export interface BaselineFacts {
  readonly kind: BaselineKind;
  /** When the baseline was recorded or the machine booted: seconds since 1970; undefined where there is no such time. */
  readonly at: number | undefined;
  /** What it is, in a few words, or the directory. */
  readonly detail: string;
  /** All that a reset would lose shows as a change: it is what the root began with, or less. */
  readonly complete: boolean;
  /** It is the old root of this name. */
  readonly oldRoot?: RawName;
  /** Of a directory: files of the same size and time were read too, and not taken for the same. */
  readonly contents?: boolean;
}

/** How the root was looked at, and what could not be seen. */
export interface ViewFacts {
  /** `open_tree`: a detached clone of the root's mount, which also shows what mounts hide. */
  readonly method: 'open_tree' | 'mount-table';
  /** `tree-search`: only what btrfs says is newer than the baseline. */
  readonly search: 'walk' | 'tree-search';
  /** Data hidden under mounts could be seen. */
  readonly seesShadowed: boolean;
  /** Directories that could not be read. */
  readonly unreadable: number;
}

export interface Warning {
  readonly code:
    | 'unreadable'
    | 'not-covered'
    | 'shadowed'
    | 'slow-sync'
    | 'no-koffi'
    | 'ordinary-user'
    | 'packages'
    | 'other-filesystem'
    | 'search'
    | 'old-root'
    | 'boot'
    | 'clock'
    | 'configuration'
    | 'not-kept'
    | 'setup'
    | 'evidence'
    | 'journal'
    | 'units'
    | 'output'
    | 'watch';
  /** A byte string: it may quote paths. */
  readonly message: string;
  /** What the message ends with: a command that helps, word by word. */
  readonly command?: readonly string[];
}

export interface Totals {
  readonly entries: number;
  readonly bytes: number;
}

export interface DiffSummary extends Totals {
  readonly byCategory: Readonly<Partial<Record<Category, Totals>>>;
  /** Left out of `changes` because of their category, or named under `[ignore]`: entries. */
  readonly hidden: Readonly<{ generated: number; runtime: number; ignored: number }>;
}

export interface DiffReport {
  readonly host: string;
  /** Seconds since 1970, when the report was made, and since when the machine is up. */
  readonly now: number;
  readonly uptime: number;
  readonly root: RootFacts;
  readonly baseline: BaselineFacts;
  readonly view: ViewFacts;
  /** Only some paths, categories or kinds were asked for: nothing can be said of the others. */
  readonly selective: boolean;
  /** Where persisted paths go: `/persist` unless the configuration or the mounts say otherwise. */
  readonly storage: RawPath;
  /** What a declaration in Nix is for. */
  readonly module: PersistenceModule;
  readonly changes: readonly Change[];
  readonly summary: DiffSummary;
  readonly warnings: readonly Warning[];
}

export interface UncoveredDeclaration {
  readonly path: RawPath;
  /** Where it is declared: `/etc/ebb/config.toml`, or an option of NixOS. A byte string. */
  readonly declaredIn: string;
  /** What is wrong: `not mounted`, `replaced by a file of the root`… */
  readonly problem: string;
}

export interface CheckReport {
  readonly diff: DiffReport;
  /** The changes that fail the check. */
  readonly losing: readonly Change[];
  readonly uncovered: readonly UncoveredDeclaration[];
  readonly failOn: readonly Category[];
  /** Why the last boot did not reset the root: a byte string; undefined where it did, or nothing tells. */
  readonly resetFailed: string | undefined;
  readonly passed: boolean;
}

/** What the catalogue says of a path beyond its category. */
export interface KnownPath
  extends Pick<CataloguePath, 'why' | 'breaks' | 'instead' | 'owner' | 'group' | 'mode' | 'stop' | 'dump'> {
  /** What it belongs to: `Forgejo`. */
  readonly title: string;
}

export interface WhyReport {
  readonly root: RootFacts;
  readonly path: RawPath;
  readonly exists: boolean;
  readonly type: EntryTypeName | undefined;
  /** Where the path really is once the kernel has followed every link. */
  readonly resolved: RawPath;
  readonly mount: {
    readonly point: RawPath;
    readonly filesystem: string;
    readonly source: string;
    /** What the mount shows of its filesystem. */
    readonly subtree: string;
  };
  /** `traditional`: on a root that is not ephemeral; an ephemeral one would lose it. */
  readonly fate: 'lost' | 'kept' | 'volatile' | 'traditional';
  /** As what it is compared with has it, so that a diff leaves it out; where a reset brings that back, not lost. */
  readonly unchanged: { readonly comesBack: boolean; readonly package: string | undefined } | undefined;
  /** What keeps it, or why it is lost; one fact a line, byte strings. */
  readonly reasons: readonly Evidence[];
  /** What speaks for its category, and how it counted: the heaviest first. */
  readonly evidence: readonly WeighedEvidence[];
  readonly category: Category;
  readonly verdict: Verdict;
  readonly rule: { readonly pattern: string; readonly file: string } | undefined;
  /** What the catalogue knows of it. */
  readonly known: KnownPath | undefined;
  readonly warnings: readonly Warning[];
}

export interface BaselineReport {
  readonly root: RootFacts;
  /** The file, as a path of the root. */
  readonly path: RawPath;
  readonly entries: number;
  /** False for a dry run. */
  readonly recorded: boolean;
}

/** An old root with what `gc` would do with it, and why (`retain`). */
export interface JudgedOldRoot extends OldRoot {
  readonly decision: 'keep' | 'delete';
  readonly reasons: readonly string[];
}

/** Bytes on the disk. */
export interface Space {
  /** That others hold, too. */
  readonly shared: number;
  /** That would be free without it. */
  readonly exclusive: number;
}

export interface ListedOldRoot extends JudgedOldRoot {
  /** undefined where the filesystem does not count it. */
  readonly space: Space | undefined;
  /** What that boot left behind, beyond its own baseline; undefined where it has none, or was not worked out yet. */
  readonly size: Totals | undefined;
  readonly hasBaseline: boolean;
}

export interface OldRootsReport {
  readonly now: number;
  readonly directory: RawPath;
  /** `directory` was given, so that other commands have to be given it too. */
  readonly directoryGiven: boolean;
  readonly backend: string;
  /** What the filesystem can do beyond keeping directories. */
  readonly supports: { readonly snapshots: boolean; readonly exclusiveBytes: boolean };
  readonly policy: RetentionPolicy;
  /** Newest first. */
  readonly oldRoots: readonly ListedOldRoot[];
  /** How many there are, listed or not; and how many of them `gc` would delete. */
  readonly total: number;
  readonly condemned: number;
  /** Of those listed: what could be worked out, and was not, as it takes time. */
  readonly unsized: number;
  readonly warnings: readonly Warning[];
}

/** `left`: in use when its turn came, and so for the next time. */
export type GcOutcome = 'kept' | 'to-delete' | 'deleted' | 'left' | 'failed';

export interface CollectedOldRoot extends JudgedOldRoot {
  readonly outcome: GcOutcome;
  /** Why it failed, or what uses it: a byte string. */
  readonly error: string | undefined;
}

export interface GcReport {
  readonly now: number;
  readonly directory: RawPath;
  readonly policy: RetentionPolicy;
  /** Nothing was deleted: a dry run, or somebody said no. */
  readonly planned: boolean;
  /** Newest first. */
  readonly oldRoots: readonly CollectedOldRoot[];
  /** Among them: what was kept because its records could not be read. */
  readonly warnings: readonly Warning[];
}

export interface PinReport {
  readonly name: RawName;
  readonly pinned: { readonly note: string } | undefined;
  /** It was so before. */
  readonly unchanged: boolean;
}

export interface AdoptedOldRoot {
  readonly name: RawName;
  /** `unchanged`: it was adopted before, or ebb made it. */
  readonly outcome: 'adopted' | 'unchanged' | 'failed';
  /** Seconds since 1970; undefined where nothing tells: `gc` keeps it then. */
  readonly bootedAt: number | undefined;
  readonly format: string;
  readonly error: string | undefined;
}

export interface AdoptReport {
  readonly oldRoots: readonly AdoptedOldRoot[];
  /** Not taken by --all, as nothing tells their time, or that they are roots. */
  readonly passedOver: readonly RawName[];
}

/** What became of a reset: `nothing` had to be done, `refused` is a first one that was not armed. */
export type ResetOutcome = 'reset' | 'armed' | 'planned' | 'nothing' | 'refused' | 'failed';

/** What the script that resets the root said and did. */
export interface ResetReport {
  /** Where the top level is mounted; undefined: nowhere, it is the one that the running root lies in. */
  readonly top: RawPath | undefined;
  readonly dryRun: boolean;
  readonly arm: boolean;
  readonly outcome: ResetOutcome;
  /** Byte strings; where it failed or was refused they say why, and the root is as it was. */
  readonly lines: readonly string[];
}

export interface OpenOldRootReport {
  readonly name: RawName;
  /** On this machine. */
  readonly path: RawPath;
}
