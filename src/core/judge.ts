import { type Category, categories, type Verdict, verdictOf } from './category.ts';
import type { ChangeKind } from './change.ts';
import { type Evidence, type EvidenceKind, weights } from './evidence.ts';
import type { Persist } from './persist.ts';

/** What else is known of a change that bears on its verdict. */
export interface Circumstances {
  readonly kind: ChangeKind;
  /** Named under `[ignore]` of the configuration. */
  readonly ignored: boolean;
  /** Hidden below a mount: its path is covered, but this data is not what the mount shows. */
  readonly shadowed: boolean;
}

/** How a piece of evidence counted: `weight` for its category, or 0. */
export interface WeighedEvidence extends Evidence {
  readonly weight: number;
  /** It speaks for a category, and did not count. */
  readonly outweighed: boolean;
}

export interface Judged {
  readonly category: Category;
  readonly verdict: Verdict;
  readonly evidence: readonly WeighedEvidence[];
}

/**
 * What knows of paths by patterns. Of these only the heaviest counts, as the one that is closest to the path: that a lock
 * file lies in a state directory does not speak for the lock file.
 */
const byPattern: ReadonlySet<EvidenceKind> = new Set<EvidenceKind>([
  'exception',
  'general',
  'recreated',
  'catalogue',
  'unit-directory',
  'unit-path',
  'distribution',
  'place',
]);

/**
 * The category and the verdict of a path, by all that is known of it: the category for which most speaks; of several
 * the one that loses less. `known` is what the rules made of it, and stays where nothing speaks for anything.
 *
 * Of one kind a category is heard once, however many say the same.
 */
export function judge(known: Category, evidence: readonly Evidence[], circumstances: Circumstances): Judged {
  const closest = heaviestPattern(evidence);
  const heard = new Set<string>();
  const sums = new Map<Category, number>();
  const weighed = evidence.map((piece): WeighedEvidence => {
    const { kind, category } = piece;
    if (kind === undefined || category === undefined) return { ...piece, weight: 0, outweighed: false };
    const key = `${kind} ${category}`;
    if (heard.has(key) || (byPattern.has(kind) && piece !== closest)) return { ...piece, weight: 0, outweighed: true };
    heard.add(key);
    const weight = weights[kind];
    sums.set(category, (sums.get(category) ?? 0) + weight);
    return { ...piece, weight, outweighed: false };
  });
  const category = [...sums].reduce<readonly [Category, number]>(heavier, [known, sums.get(known) ?? 0])[0];
  return { category, verdict: verdictWith(category, persistBy(weighed, category), circumstances), evidence: weighed };
}

/** The weightiest that says what to do about it. */
function persistBy(evidence: readonly WeighedEvidence[], category: Category): Persist | undefined {
  let best: WeighedEvidence | undefined;
  for (const piece of evidence) {
    if (piece.category !== category || piece.persist === undefined) continue;
    if (piece.weight > (best?.weight ?? 0)) best = piece;
  }
  return best?.persist;
}

function heaviestPattern(evidence: readonly Evidence[]): Evidence | undefined {
  let heaviest: Evidence | undefined;
  for (const piece of evidence) {
    if (piece.kind === undefined || piece.category === undefined || !byPattern.has(piece.kind)) continue;
    if (heaviest?.kind === undefined || weights[piece.kind] > weights[heaviest.kind]) heaviest = piece;
  }
  return heaviest;
}

function heavier(a: readonly [Category, number], b: readonly [Category, number]): readonly [Category, number] {
  if (a[1] !== b[1]) return a[1] > b[1] ? a : b;
  // The order of the categories is also that of what hurts most.
  return categories.indexOf(a[0]) <= categories.indexOf(b[0]) ? a : b;
}

/** `persist`: where that is not what the category says. */
export function verdictWith(category: Category, persist: Persist | undefined, circumstances: Circumstances): Verdict {
  const { kind, ignored, shadowed } = circumstances;
  const usual = verdictOf(category);
  const said = persist === undefined ? usual : verdictOfPersist[persist];
  const verdict = ignored ? 'ignore' : said;
  // What was deleted cannot be persisted, and shadowed data must first be brought together with what hides it.
  return verdict === 'persist' && (kind === 'deleted' || shadowed) ? 'decide' : verdict;
}

const verdictOfPersist: Readonly<Record<Persist, Verdict>> = { yes: 'persist', optional: 'decide', no: 'ignore' };
