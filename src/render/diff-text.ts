import { verdicts } from '../core/category.ts';
import { folded } from '../core/fold.ts';
import type { RawName, RawPath } from '../core/rawpath.ts';
import type { Change, DiffReport } from '../core/report.ts';
import { sorted } from '../core/rows.ts';
import { changeTable, firstOfEachVerdict } from './change-table.ts';
import { flow } from './columns.ts';
import { display } from './escape.ts';
import { nextSteps } from './next-steps.ts';
import { painter } from './style.ts';
import { ageText, counted, countText, durationText } from './units.ts';

export interface DiffTextOptions {
  /** Columns of the terminal; undefined where it is not one: no path is cut then. */
  readonly width: number | undefined;
  readonly colour: boolean;
  /** Every row by itself, however many they are. */
  readonly unfolded?: boolean;
  /** Where old roots are, if it was named: the commands that are proposed have to name it, too. */
  readonly oldRoots?: RawPath | undefined;
}

/** Rows that a person can take in; with more of them, those of one directory are summed up. */
const readable = 40;
/** Rows on a terminal, and anywhere else, whatever could be summed up. */
const mostOnTerminal = 100;
const mostElsewhere = 1000;
/** Where there is no terminal, the heading is broken at this many columns. */
const headingWidth = 120;

/** What `ebb diff` prints, in parts: a table may have a hundred thousand rows. */
export function* diffText(full: DiffReport, options: DiffTextOptions): Iterable<string> {
  const { width } = options;
  const folds = options.unfolded !== true && full.changes.length > readable;
  const report = folds ? { ...full, changes: sorted(folded(full.changes, readable)) } : full;
  const paint = painter(options.colour);
  const most = width === undefined ? mostElsewhere : mostOnTerminal;
  const limit = options.unfolded === true ? Infinity : most;
  const shown = firstOfEachVerdict(report.changes, limit);
  const inner = width === undefined ? undefined : width - 2;
  const indented = (segments: readonly string[], separator?: string) =>
    flow(segments, inner, separator).map((line) => `  ${line}`);

  yield* lines(flow(headingOf(report), inner ?? headingWidth).map((line, i) => (i === 0 ? line : `  ${line}`)));
  yield '\n';
  if (report.changes.length === 0) yield* lines(indented([nothingLost(report)]));
  else {
    yield* lines(changeTable(shown, { title: tableTitle(report), now: report.now, width, paint }));
    const more = indented(shown.length === report.changes.length ? [] : moreThan(shown, report.changes));
    yield* lines(more.map((line) => paint('faint', line)));
  }
  const footer = [
    ...indented(footerOf(report)),
    ...indented(notSeen(report)).map((line) => paint('faint', line)),
    ...nextSteps(stepsOf(report, options), inner, paint).map((line) => `  ${line}`),
  ];
  if (footer.length > 0) yield '\n';
  yield* lines(footer);
}

function* lines(texts: Iterable<string>): Iterable<string> {
  for (const text of texts) yield `${text}\n`;
}

function headingOf(report: DiffReport): string[] {
  const { root } = report;
  if (root.oldRoot !== undefined) {
    const segments = [`old root ${display(root.oldRoot)}: ${display(root.filesystem)}`];
    if (report.baseline.oldRoot === undefined) segments.push('what that boot left behind');
    return [...segments, `compared with ${reference(report)}`];
  }
  // A plain directory that is looked at as a root is of its own name.
  const isNamed = root.subvolume !== undefined && `/${root.subvolume}` !== root.mount;
  const what = [root.filesystem, ...(isNamed ? [root.subvolume] : [])].map(display).join(' ');
  const mount = display(root.mount);
  const atBoot = root.filesystem === 'tmpfs' || root.filesystem === 'ramfs' ? 'empty at every boot' : 'reset at boot';
  const segments = root.ephemeral.value
    ? [`${mount} is ephemeral: ${what}, ${atBoot}`]
    : [`${mount} is not ephemeral: ${what}`, display(root.ephemeral.reason)];
  // A root that is mounted elsewhere is not the one that runs: this machine's uptime says nothing about it.
  if (root.mount === '/') segments.push(`up ${durationText(report.uptime)}`);
  return [...segments, `compared with ${reference(report)}`];
}

function reference({ baseline, root, now }: DiffReport): string {
  if (baseline.oldRoot !== undefined) return `the old root ${display(baseline.oldRoot)}`;
  switch (baseline.kind) {
    case 'baseline':
      if (!baseline.complete && baseline.at !== undefined) return `a baseline recorded ${ageText(now, baseline.at)}`;
      return root.mount === '/' ? 'the baseline of this boot' : 'its own baseline';
    case 'boot':
    case 'directory':
    case 'packages':
      return display(baseline.detail);
    case 'nothing':
      return 'an empty root';
  }
}

function tableTitle({ root, baseline }: DiffReport): string {
  if (baseline.oldRoot !== undefined) return `changed since ${display(baseline.oldRoot)}`;
  if (root.oldRoot !== undefined) return 'lost with that boot';
  if (!root.ephemeral.value) return 'an ephemeral root would lose';
  return root.mount === '/' ? 'lost at the next reboot' : 'lost when it boots next';
}

function nothingLost({ root, view, selective, baseline }: DiffReport): string {
  if (!baseline.complete) {
    const how = baseline.contents === false ? ' (by size and time: --checksum reads the files)' : '';
    return `${selective ? 'nothing of what was asked for has changed' : 'nothing has changed'}${how}`;
  }
  const nothing = selective ? 'nothing of what was asked for' : 'nothing';
  if (root.oldRoot !== undefined) return `${nothing} was lost with that boot`;
  const what = view.unreadable > 0 ? `${nothing} that can be seen would be lost` : `${nothing} would be lost`;
  if (!root.ephemeral.value) return `${what} with an ephemeral root`;
  return root.mount === '/' ? `${what} at the next reboot` : `${what} when it boots next`;
}

function moreThan(shown: readonly Change[], all: readonly Change[]): string[] {
  const endings = { persist: 'to persist', decide: 'to decide', ignore: 'to ignore' };
  const parts = verdicts.flatMap((verdict) => {
    const of = (changes: readonly Change[]) => changes.filter((change) => change.verdict === verdict).length;
    const more = of(all) - of(shown);
    return more === 0 ? [] : [`${countText(more)} more ${endings[verdict]}`];
  });
  return [`… and ${parts.join(', ')}`, 'all of them: --all, or --json'];
}

/** A person decides about every row with an arrow: `persist` is ebb's proposal, `decide` is where it has none. */
function footerOf({ changes, root, summary: { hidden } }: DiffReport): string[] {
  const open = changes.filter(({ verdict }) => verdict !== 'ignore').length;
  const parts = [
    ...(hidden.generated > 0
      ? [`${countText(hidden.generated)} generated${root.ephemeral.value ? ' at boot' : ''}`]
      : []),
    ...(hidden.runtime > 0 ? [`${countText(hidden.runtime)} runtime`] : []),
    ...(hidden.ignored > 0 ? [`${countText(hidden.ignored)} ignored`] : []),
  ];
  return [
    ...(changes.length === 0 ? [] : [open === 0 ? 'nothing to decide' : `${countText(open)} to decide`]),
    ...(parts.length === 0 ? [] : [`hidden: ${parts.join(', ')} (--all)`]),
  ];
}

function notSeen({ view }: DiffReport): string[] {
  const parts = [
    ...(view.unreadable > 0 ? [counted(view.unreadable, 'unreadable directory', 'unreadable directories')] : []),
    ...(view.seesShadowed ? [] : ['what mounts hide']),
  ];
  return parts.length === 0 ? [] : [`not seen: ${parts.join(', ')} (root sees more)`];
}

/** A path that a shell takes as it stands, and that leaves room for the other commands. */
const typeable = /^[\w@%+=:,./-]{1,48}$/;

function stepsOf({ changes, root, baseline, selective }: DiffReport, { oldRoots }: DiffTextOptions): string[] {
  const open = changes.filter(({ verdict }) => verdict !== 'ignore');
  if (open.length === 0) return [];
  if (root.oldRoot !== undefined) return oldRootSteps(open, root.oldRoot, oldRoots);
  const same = sameReference(baseline, oldRoots);
  if (same === undefined) return [];
  // The largest of what was summed up is worth a closer look.
  const [fold] = changes.filter(({ path, folds }) => folds > 1 && typeable.test(path));
  // `why` asks the mounts of this machine.
  if (root.mount !== '/') return typeable.test(root.mount) ? [`ebb diff --root ${root.mount}${same} --format nix`] : [];
  const askable = open.filter(({ path, kind, folds }) => folds === 1 && kind !== 'deleted' && typeable.test(path));
  const example = askable.find(({ verdict }) => verdict === 'decide') ?? askable[0];
  const closer = fold === undefined ? [] : [`ebb diff${same} ${fold.path}`];
  // Of a part, a declaration for the whole root is another answer.
  const nix = selective ? [] : [`ebb diff${same} --format nix`];
  return [`ebb why ${example?.path ?? 'PATH'}`, ...closer, ...nix];
}

/** What names it again in another command; undefined where a shell would not take it as it stands. */
function sameReference(
  { oldRoot, contents, detail }: DiffReport['baseline'],
  directory: RawPath | undefined,
): string | undefined {
  if (oldRoot === undefined) {
    if (contents === undefined) return '';
    return typeable.test(detail) ? ` --against ${detail}${contents ? ' --checksum' : ''}` : undefined;
  }
  if (!typeable.test(oldRoot) || !typeable.test(directory ?? '/')) return undefined;
  return ` --against ${oldRoot}${directory === undefined ? '' : ` --old-roots ${directory}`}`;
}

/** The old roots are in `directory`, where that is not the configured place. */
function oldRootSteps(open: readonly Change[], oldRoot: RawName, directory: RawPath | undefined): string[] {
  const wanted = open.find(({ path, kind, folds }) => folds === 1 && kind !== 'deleted' && typeable.test(path));
  const place = directory === undefined ? '' : ` --old-roots ${directory}`;
  if (wanted === undefined || !typeable.test(directory ?? '/') || !typeable.test(oldRoot)) return [];
  const from = oldRoot.startsWith('-') ? `--from=${oldRoot}` : `--from ${oldRoot}`;
  return [`ebb find ${wanted.path}${place}`, `ebb restore ${wanted.path} ${from}${place}`];
}
