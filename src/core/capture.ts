import type { Category } from './category.ts';
import { BOOT_SCHEMA, type BootFacts, type CaptureMark, parseBoot } from './old-root.ts';
import { componentsOf, join, type RawName, type RawPath, ROOT } from './rawpath.ts';
import type { Totals, Warning } from './report.ts';

/** What is captured: what somebody could miss. */
export const capturedCategories: readonly Category[] = ['state', 'secret', 'home', 'unknown', 'log'];

/** What of a capture's storage stays free, of all that it has room for. */
export const STAYS_FREE = 0.05;

export interface CaptureReport {
  readonly root: RawPath;
  /** Where captures are kept. */
  readonly directory: RawPath;
  /** The other commands have to be told where. */
  readonly directoryGiven: boolean;
  readonly name: RawName;
  /** The last capture of this root in this boot, and what became of it. */
  readonly earlier: EarlierCapture | undefined;
  readonly dryRun: boolean;
  /** Changed paths that are in it, as `ls` counts them. In a dry run bytes are those of the root. */
  readonly entries: number;
  readonly bytes: number;
  /** Paths that its baseline has and the root has not. */
  readonly deletions: number;
  /** Of the files in it those that the earlier capture has too: stored once. */
  readonly shared: { readonly files: number; readonly bytes: number };
  readonly leftOut: readonly RawPath[];
  /** Changes of the root that are not captured, by category; `ignored`: named under `[ignore]`. */
  readonly excluded: Excluded;
  readonly failures: readonly { readonly path: RawPath; readonly problem: string }[];
  readonly warnings: readonly Warning[];
}

export type Excluded = Readonly<Partial<Record<Category | 'ignored', Totals>>>;

export type EarlierCapture =
  /** `unchanged`: nothing changed since, so that it is the report's capture itself, and no other was made. */
  | { readonly name: RawName; readonly outcome: 'replaced' | 'unchanged' }
  /** `lacking`: a path of it whose content the later one has not. */
  | { readonly name: RawName; readonly outcome: 'kept'; readonly because: 'pinned' | 'unreadable' | 'in use' }
  | { readonly name: RawName; readonly outcome: 'kept'; readonly because: 'lacking'; readonly lacking: RawPath };

/** The boot that a root is of. */
export interface Boot {
  readonly bootId: string;
  /** The document that the root itself has; undefined where it has none. */
  readonly own: { readonly facts: BootFacts; readonly document: object } | undefined;
}

/** As the root's own `/.ebb/boot.json` has it, else that of the machine. */
export function bootOf(document: string | undefined, machineBootId: string): Boot {
  const own = document === undefined ? undefined : parsed(document);
  return { bootId: own?.facts.bootId ?? machineBootId, own };
}

/** `boot.json` of a capture. `fallback`: what the machine and the captures before tell where the root does not. */
export function captureDocument(
  { own, bootId }: Boot,
  fallback: { readonly sequence: number; readonly bootedAt: number; readonly kernel: string },
  mark: CaptureMark,
  ended: boolean,
): string {
  const { sequence, bootedAt, kernel } = fallback;
  const made = { schema: BOOT_SCHEMA, sequence, bootId, bootedAt: utc(bootedAt), kernel };
  // What the root promises of its end is not for a capture to keep.
  const end = ended ? 'clean' : undefined;
  return `${JSON.stringify({ ...(own?.document ?? made), capture: { ...mark, at: utc(mark.at) }, ended: end })}\n`;
}

function utc(seconds: number): string {
  return new Date(seconds * 1000).toISOString();
}

function parsed(text: string): Boot['own'] {
  try {
    const document = JSON.parse(text) as object;
    const reading = parseBoot(document);
    return 'facts' in reading ? { facts: reading.facts, document } : undefined;
  } catch {
    return undefined;
  }
}

/** Components of a path that a person thinks of as one thing: `/var/lib/app`, `/home/josh/videos`. */
const PLACE_DEPTH = 3;

/** Sums up sizes by places, to say which are the largest. */
export class Places {
  readonly #bytes = new Map<RawPath, number>();

  add(path: RawPath, bytes: number): void {
    const place = componentsOf(path).slice(0, PLACE_DEPTH).reduce<RawPath>(join, ROOT);
    this.#bytes.set(place, (this.#bytes.get(place) ?? 0) + bytes);
  }

  largest(count: number): { readonly path: RawPath; readonly bytes: number }[] {
    const places = [...this.#bytes].map(([path, bytes]) => ({ path, bytes }));
    return places.sort((a, b) => b.bytes - a.bytes).slice(0, count);
  }
}
