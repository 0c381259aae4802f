import { categoryOf, isIgnored } from '../../core/class-code.ts';
import { Examination, type ExaminationOptions } from '../../core/examination.ts';
import type { Place, Sink } from '../../core/finding.ts';
import type { Gathered } from '../../core/gathered.ts';
import type { Output } from '../../core/output.ts';
import { PathGatherer } from '../../core/path-gatherer.ts';
import { type PackedPlaces, PendingPlaces } from '../../core/pending-places.ts';
import type { RawPath } from '../../core/rawpath.ts';
import type { Reference } from '../../core/reference.ts';
import { type HandedRows, RowGatherer } from '../../core/rollup.ts';
import type { Rule, Rules } from '../../core/rule.ts';
import { RuleSet } from '../../core/rules.ts';
import type { Tree } from '../../ports/tree.ts';
import { openTree } from '../tree/open-tree.ts';
import { openReference, type ReferenceSpec } from './reference-spec.ts';

/** An examination as plain data, so that a thread can be given it. Descriptors are shared by the process's threads. */
export interface ExaminationSpec {
  readonly rootFd: number;
  readonly reference: ReferenceSpec;
  readonly rules: Rules;
  readonly ignored: readonly Rule[];
  readonly mountPoints: ReadonlyMap<RawPath, ReadonlySet<string>>;
  readonly seesShadowed: boolean;
  readonly keptPrefixes: ReadonlySet<RawPath>;
  readonly output: Output;
}

/** What the threads' entry points bring in, since render and linux do not know each other. */
export interface ThreadWiring {
  readonly line: (path: string, nul: boolean) => Uint8Array;
}

/** Directories that could not be read. */
export interface Unreadable {
  count: number;
  readonly examples: RawPath[];
}

/** Work handed from one thread to another. */
export interface HandedOver {
  readonly places: PackedPlaces;
  /** Of the places, in their order; undefined where no rows are gathered. */
  readonly rows: HandedRows | undefined;
}

const EXAMPLES = 3;

/** The part of an examination that one thread does: its pending directories and what it gathered. */
export class ExaminationThread {
  readonly unreadable: Unreadable = { count: 0, examples: [] };
  /** Entries seen so far. */
  entries = 0;
  /** Those of them that were in directories looked at whole: where there are many, there may be many more. */
  walked = 0;
  readonly #tree: Tree;
  readonly #examination: Examination;
  readonly #rows: RowGatherer | undefined;
  readonly #paths: PathGatherer | undefined;
  readonly #reference: Reference;
  readonly #pending = new PendingPlaces();

  /** `thread` is 0 for the main one, 1 for the other. */
  constructor(spec: ExaminationSpec, wiring: ThreadWiring, thread: number, write: (bytes: Uint8Array) => void) {
    this.#tree = openTree(spec.rootFd);
    this.#reference = openReference(spec.reference);
    const options: ExaminationOptions = {
      reference: this.#reference,
      rules: new RuleSet(spec.rules),
      ignored: spec.ignored.length === 0 ? undefined : new RuleSet(spec.ignored),
      mountPoints: spec.mountPoints,
      seesShadowed: spec.seesShadowed,
      keptPrefixes: spec.keptPrefixes,
    };
    const { output } = spec;
    if (output.kind === 'rows') this.#rows = new RowGatherer(thread);
    else {
      const categories = new Set(output.categories);
      const kinds = new Set(output.kinds);
      this.#paths = new PathGatherer({
        nul: output.nul,
        wants: (code, kind) =>
          categories.has(categoryOf(code)) && kinds.has(kind) && (output.ignored || !isIgnored(code)),
        line: wiring.line,
        write,
      });
    }
    this.#examination = new Examination(options, (this.#rows ?? this.#paths) as Sink);
  }

  get unverified(): number {
    return this.#reference.unverified ?? 0;
  }

  get pending(): number {
    return this.#pending.length;
  }

  /** A directory to begin with. Its parents are known by their path alone. */
  start(place: Omit<Place, 'id'>): void {
    let id = 0;
    if (this.#rows !== undefined) {
      for (const name of place.path.split('/')) if (name !== '') id = this.#rows.start(id, name);
    }
    this.#pending.add({ ...place, id });
  }

  /** Examines pending directories until `entries` more entries were seen or none is left. */
  work(entries: number): void {
    const until = this.entries + entries;
    for (let place = this.#pending.pop(); place !== undefined; place = this.#pending.pop()) {
      this.#examine(place);
      if (this.entries >= until) return;
    }
  }

  /** Gives away half of what is pending, the oldest: those have the most below them. */
  giveHalf(): HandedOver {
    const places = this.#pending.takeHalf();
    return { places, rows: this.#rows?.handOver([...places.single.map(({ id }) => id), ...places.ids]) };
  }

  take({ places, rows }: HandedOver): void {
    const first = rows === undefined ? 0 : (this.#rows?.adopt(rows) ?? 0);
    this.#pending.addPacked(places, (index) => (rows === undefined ? 0 : first + index));
  }

  finish(): Gathered | undefined {
    this.#paths?.flush();
    this.#tree.close();
    this.#reference.close();
    return this.#rows?.gathered();
  }

  #examine(place: Place): void {
    const visit = this.#examination.visit(place, this.#pending);
    const { scope } = place;
    const batch = (listing: Parameters<typeof visit.batch>[0]): void => {
      this.entries += listing.count;
      if (scope === undefined) this.walked += listing.count;
      visit.batch(listing);
    };
    const outcome =
      scope === undefined || scope.entriesChanged
        ? this.#tree.list(place.path, batch)
        : this.#tree.look(place.path, [...scope.names.keys()], batch);
    if (outcome === 'denied') {
      this.unreadable.count++;
      if (this.unreadable.examples.length < EXAMPLES) this.unreadable.examples.push(place.path);
    }
    visit.finish(outcome === 'read');
  }
}
