import type {
  ContainerMount,
  DiskKey,
  KeptPath,
  SurveyContainer,
  SurveyDatabase,
  SurveyGroup,
  SurveyItem,
  SurveyKey,
  SurveyReport,
  SurveyVolume,
} from '../core/survey/report.ts';
import { flow, shortenPath, widthOf } from './columns.ts';
import { display } from './escape.ts';
import { nextSteps } from './next-steps.ts';
import { type Paint, painter, type Tone, toneOfCategory } from './style.ts';
import {
  copyText,
  diskKeyText,
  engineText,
  fateText,
  itemNote,
  itemPath,
  keptText,
  mountText,
  restText,
  rootWords,
  summaryWords,
  usersText,
} from './survey-words.ts';
import { beginningOf, type TableColumn, table } from './table.ts';
import { ageText, bytesText, counted, countText } from './units.ts';

export interface SurveyTextOptions {
  readonly width: number | undefined;
  readonly colour: boolean;
}

/** Rows of one section; what is beyond them is in the other formats. */
const MOST = 60;
const MOST_LINES = 200;
/** What a person still reads of what an item is; on a terminal what is left of about its width. */
const LONGEST_NOTE = 80;
const SHORTEST_NOTE = 24;
const BESIDES_NOTE = 92;

interface Printing {
  readonly width: number | undefined;
  readonly paint: Paint;
  readonly now: number;
}

/** What `ebb survey` prints. */
export function surveyText(report: SurveyReport, options: SurveyTextOptions): string {
  const { width } = options;
  const paint = painter(options.colour);
  const inner = width === undefined ? undefined : width - 2;
  const printing: Printing = { width, paint, now: report.diff.now };
  const heading = [`survey of ${display(report.diff.host)}`, ...rootWords(report)];
  const blocks = [flow(heading, inner).map((line, i) => (i === 0 ? line : `  ${line}`))];
  const section = (title: string, lines: readonly string[]): void => {
    if (lines.length > 0) blocks.push([paint('strong', title), ...lines]);
  };
  section('services', groupLines(report.services, printing));
  section('databases: a copy of their files is not good enough', databaseLines(report.databases, printing));
  section('containers', containerLines(report.containers, printing));
  section('volumes of containers', volumeLines(report.volumes, printing));
  section('keys and identities', keyLines(report, printing));
  section('keys of disks: without them the machine does not boot', diskKeyLines(report.diskKeys, printing));
  section('accounts', accountLines(report, inner));
  section('homes', groupLines(report.homes, printing));
  section('system', groupLines([report.system], printing));
  section('kept already', keptLines(report.kept, printing));
  section('nobody claims', itemLines(report.unclaimed, printing));
  blocks.push([
    ...flow(summaryWords(report), inner).map((line) => `  ${line}`),
    ...nextSteps(stepsOf(report), inner, paint).map((line) => `  ${line}`),
  ]);
  return `${blocks.map((lines) => lines.join('\n')).join('\n\n')}\n`;
}

function stepsOf({ diff: { root } }: SurveyReport): string[] {
  // A word that a shell takes as it stands.
  if (!/^[\w@%+=:,./-]{1,48}$/.test(root.mount)) return [];
  const where = root.mount === '/' ? '' : ` --root ${root.mount}`;
  return [`ebb survey${where} --format markdown`, `ebb survey${where} --format nix`];
}

/** The items of all groups in one table, with the title of each group above its own. */
function groupLines(groups: readonly SurveyGroup[], printing: Printing): string[] {
  const { width, paint } = printing;
  const shown = groups.filter(({ items, rest }) => items.length > 0 || rest.bytes > 0);
  const isTitled = shown.some(({ title }) => title !== 'system');
  const inner = { paint, width: width === undefined || !isTitled ? width : width - 2 };
  const items = shown.flatMap((group) => group.items);
  const [heading = '', ...lines] = items.length === 0 ? [] : table(items, itemColumns(printing), inner);
  const indent = isTitled ? '  ' : '';
  const result = heading === '' ? [] : [indent + heading];
  for (const group of shown) {
    if (isTitled) result.push(`  ${paint('strong', titleOf(group))}`);
    result.push(...lines.splice(0, group.items.length).map((line) => indent + line));
    const rest = restText(group);
    if (rest !== '') result.push(`  ${indent}${paint('faint', rest)}`);
  }
  if (result.length <= MOST_LINES) return result;
  const left = result.length - MOST_LINES;
  return [...result.slice(0, MOST_LINES), paint('faint', `  … and ${counted(left, 'line')} more (--json has all)`)];
}

function titleOf({ title, units }: SurveyGroup): string {
  const others = units.filter((unit) => unit !== title);
  const [unit] = others;
  if (unit === undefined) return display(title);
  return `${display(title)} (${display(unit)}${others.length > 1 ? ` +${others.length - 1}` : ''})`;
}

function itemLines(items: readonly SurveyItem[], printing: Printing): string[] {
  return limited(items, printing, (shown) => table(shown, itemColumns(printing), printing));
}

function itemColumns({ now, width }: Printing): TableColumn<SurveyItem>[] {
  const longest = width === undefined ? LONGEST_NOTE : Math.max(SHORTEST_NOTE, width - BESIDES_NOTE);
  return [
    { title: 'category', text: ({ category }) => category, tone: ({ category }) => toneOfCategory(category) },
    { title: 'path', text: itemPath },
    { title: 'entries', text: ({ entries }) => countText(entries), numeric: true, dispensable: 3 },
    { title: 'size', text: ({ bytes }) => bytesText(bytes), numeric: true },
    { title: 'newest', text: ({ mtime }) => ageText(now, mtime), dispensable: 2 },
    {
      title: '',
      text: ({ fate, verdict }) => fateText(fate, verdict),
      tone: ({ fate, verdict }) => fateTone(fate, verdict === 'persist'),
    },
    {
      title: 'what it is',
      text: (item) => beginningOf(itemNote(item), longest),
      tone: () => 'faint',
      dispensable: 1,
    },
  ];
}

function fateTone(fate: ContainerMount['fate'], wanted: boolean): Tone {
  if (fate === 'kept') return 'good';
  return wanted ? 'alarm' : 'care';
}

/** The way to a copy stands on a line of its own, as it is to be copied itself. */
function databaseLines(databases: readonly SurveyDatabase[], { width, paint }: Printing): string[] {
  return databases.slice(0, MOST).flatMap((database) => {
    const { path, service, kind, fate } = database;
    const of = [...(service === undefined ? [] : [display(service)]), ...(kind === 'catalogue' ? [] : [kind])].join(
      ', ',
    );
    const room = width === undefined ? undefined : width - widthOf(of) - widthOf(fateText(fate)) - 7;
    const shown = room === undefined ? display(path) : shortenPath(display(path), Math.max(20, room));
    return [`  ${shown} (${of}) ${paint(fateTone(fate, true), fateText(fate))}`, `      ${copyText(database)}`];
  });
}

interface MountRow {
  readonly container: SurveyContainer | undefined;
  readonly text: string;
  readonly fate: ContainerMount['fate'] | undefined;
}

function containerLines(containers: readonly SurveyContainer[], printing: Printing): string[] {
  const rows = containers.flatMap((container): MountRow[] => {
    const { root, rootFate, mounts } = container;
    const places: Omit<MountRow, 'container'>[] = [
      ...(root === undefined ? [] : [{ text: `${display(root)}/`, fate: rootFate }]),
      ...(mounts ?? []).map((mount) => ({ text: mountText(mount), fate: mount.fate })),
    ];
    const nothing = mounts === undefined ? 'never started: its mounts are not written down' : 'no mounts';
    const [first = { text: nothing, fate: undefined }, ...others] = places;
    return [{ container, ...first }, ...others.map((place) => ({ container: undefined, ...place }))];
  });
  return limited(rows, printing, (shown) =>
    table(
      shown,
      [
        { title: 'container', text: ({ container }) => display(container?.name ?? ''), tone: () => 'strong' },
        {
          title: 'engine',
          text: ({ container }) => (container === undefined ? '' : engineText(container)),
          dispensable: 2,
        },
        { title: 'image', text: ({ container }) => display(container?.image ?? ''), dispensable: 1 },
        { title: 'files', text: ({ text }) => text },
        {
          title: '',
          text: ({ fate }) => (fate === undefined ? '' : fateText(fate)),
          tone: ({ fate = 'kept' }) => fateTone(fate, true),
        },
      ],
      printing,
    ),
  );
}

function volumeLines(volumes: readonly SurveyVolume[], printing: Printing): string[] {
  return limited(volumes, printing, (shown) =>
    table(
      shown,
      [
        { title: 'volume', text: ({ name }) => display(name) },
        { title: 'engine', text: engineText, dispensable: 1 },
        {
          title: 'entries',
          text: ({ size }) => (size === undefined ? '' : countText(size.entries)),
          numeric: true,
          dispensable: 2,
        },
        { title: 'size', text: ({ size }) => (size === undefined ? '' : bytesText(size.bytes)), numeric: true },
        { title: 'used by', text: usersText },
        { title: '', text: ({ fate }) => fateText(fate), tone: ({ fate }) => fateTone(fate, true) },
      ],
      printing,
    ),
  );
}

function keyLines({ keys, moreKeys }: SurveyReport, printing: Printing): string[] {
  const columns: TableColumn<SurveyKey>[] = [
    { title: 'path', text: ({ path }) => display(path) },
    { title: 'what', text: ({ kind }) => kind },
    { title: '', text: ({ fate }) => fateText(fate), tone: ({ fate }) => fateTone(fate, true) },
    { title: 'fingerprint', text: ({ fingerprint }) => fingerprint ?? '', tone: () => 'faint', dispensable: 1 },
  ];
  return limited(keys, printing, (shown) => table(shown, columns, printing), moreKeys);
}

function diskKeyLines(keys: readonly DiskKey[], printing: Printing): string[] {
  return limited(keys, printing, (shown) =>
    table(
      shown,
      [
        { title: 'path', text: ({ path }) => display(path) },
        { title: '', text: ({ fate }) => fateText(fate), tone: ({ fate }) => fateTone(fate, true) },
        { title: 'named in', text: diskKeyText },
      ],
      printing,
    ),
  );
}

function accountLines({ passwords }: SurveyReport, inner: number | undefined): string[] {
  if (passwords === undefined) return ['  who has a password was not seen (root sees more)'];
  if (passwords.length === 0) return [];
  const many = counted(passwords.length, 'user');
  const text = `${many} with a password in /etc/shadow: ${passwords.map(display).join(', ')}`;
  const hint = 'that file is replaced as a whole, and no mount keeps it: declare their hashes';
  return flow([text, hint], inner).map((line) => `  ${line}`);
}

function keptLines(kept: readonly KeptPath[], printing: Printing): string[] {
  return limited(kept, printing, (shown) =>
    table(
      shown,
      [
        { title: 'path', text: ({ path }) => display(path) },
        { title: 'size', text: ({ size }) => (size === undefined ? '' : bytesText(size.bytes)), numeric: true },
        { title: '', text: ({ declared }) => (declared ? 'declared' : ''), dispensable: 1 },
        { title: 'where', text: keptText, tone: () => 'faint' },
      ],
      printing,
    ),
  );
}

/** The first rows, and how many more there are. */
function limited<R>(
  rows: readonly R[],
  { paint }: Printing,
  print: (shown: readonly R[]) => string[],
  more = 0,
): string[] {
  const left = Math.max(0, rows.length - MOST) + more;
  const lines = rows.length === 0 ? [] : print(rows.slice(0, MOST));
  return left === 0 ? lines : [...lines, paint('faint', `  … and ${counted(left, 'row')} more (--json has all)`)];
}
