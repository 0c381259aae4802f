import { rawFromBytes, textOf } from '../core/rawpath.ts';
import type { SurveyGroup, SurveyItem, SurveyReport } from '../core/survey/report.ts';
import { display } from './escape.ts';
import { diffNix } from './nix.ts';
import type { DeclarationNotes } from './persistence.ts';
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
import { diffToml } from './toml.ts';
import { bytesText, countText, rfc3339 } from './units.ts';

/** The document of a host: what it keeps where. GitHub's Markdown, as it has tables. */
export function surveyMarkdown(report: SurveyReport, notes: DeclarationNotes): string {
  const { diff } = report;
  const parts: string[] = [
    `# ${prose(display(diff.host))}: what it keeps where`,
    `Surveyed ${rfc3339(Math.floor(diff.now)) ?? ''} by \`ebb survey\`. ${[...rootWords(report)].map(prose).join('; ')}.`,
    list(summaryWords(report).map(prose)),
  ];
  const section = (title: string, ...blocks: readonly string[]): void => {
    const filled = blocks.filter((block) => block !== '');
    if (filled.length > 0) parts.push(`## ${title}`, ...filled);
  };
  section('Services', ...report.services.map(groupBlock));
  section(
    'Databases',
    report.databases.length === 0 ? '' : 'A copy of their files is not good enough.',
    grid(
      ['path', 'of', 'for a copy', 'now'],
      report.databases.map((database) => [
        code(display(database.path)),
        cell(display(database.service ?? database.kind)),
        code(copyText(database)),
        fateText(database.fate),
      ]),
    ),
  );
  section(
    'Containers',
    grid(
      ['container', 'engine', 'image', 'files', 'now'],
      report.containers.flatMap((container) => {
        const { name, image, root, rootFate, mounts } = container;
        const places = [
          ...(root === undefined ? [] : [[code(display(root)), fateText(rootFate ?? 'absent')]]),
          ...(mounts ?? []).map((mount) => [code(mountText(mount)), fateText(mount.fate)]),
        ];
        if (places.length === 0) places.push([mounts === undefined ? 'never started' : 'no mounts', '']);
        const own = [cell(display(name)), cell(engineText(container)), code(display(image ?? ''))];
        return places.map((place, i) => [...(i === 0 ? own : ['', '', '']), ...place]);
      }),
    ),
  );
  section(
    'Volumes',
    grid(
      ['volume', 'engine', 'path', 'size', 'used by', 'now'],
      report.volumes.map((volume) => [
        cell(display(volume.name)),
        cell(engineText(volume)),
        code(display(volume.path)),
        volume.size === undefined ? '' : bytesText(volume.size.bytes),
        cell(usersText(volume)),
        fateText(volume.fate),
      ]),
    ),
  );
  section(
    'Keys and identities',
    grid(
      ['path', 'what', 'fingerprint', 'now'],
      report.keys.map(({ path, kind, fingerprint, fate }) => [
        code(display(path)),
        cell(kind),
        code(fingerprint ?? ''),
        fateText(fate),
      ]),
    ),
    report.moreKeys === 0 ? '' : `And ${countText(report.moreKeys)} more.`,
  );
  section(
    'Keys of disks',
    report.diskKeys.length === 0 ? '' : '**Without them the machine does not boot, or does not find its data.**',
    grid(
      ['path', 'named in', 'now'],
      report.diskKeys.map((key) => [code(display(key.path)), cell(diskKeyText(key)), fateText(key.fate)]),
    ),
  );
  section('Accounts', accounts(report));
  section('Homes', ...report.homes.map(groupBlock));
  section('System', groupBlock(report.system));
  section(
    'Kept already',
    grid(
      ['path', 'where', 'size', 'declared'],
      report.kept.map((kept) => [
        code(display(kept.path)),
        code(keptText(kept)),
        kept.size === undefined ? '' : bytesText(kept.size.bytes),
        kept.declared ? 'yes' : '',
      ]),
    ),
  );
  section('Nobody claims', itemGrid(report.unclaimed));
  section(
    'Declaration',
    report.isNixos
      ? fenced('nix', declaration(diffNix(diff, notes)))
      : `For \`/etc/ebb/config.toml\`:\n\n${fenced('toml', diffToml(diff, notes).trimEnd())}`,
  );
  section('Warnings', list(report.warnings.map(({ message }) => prose(display(message)))));
  return `${parts.join('\n\n')}\n`;
}

function groupBlock(group: SurveyGroup): string {
  const rest = restText(group);
  if (group.items.length === 0 && rest === '') return '';
  const units = group.units.filter((unit) => unit !== group.title).map((unit) => code(display(unit)));
  const title = group.title === 'system' ? '' : `### ${prose(display(group.title))}`;
  const blocks = [title, units.join(', '), itemGrid(group.items), rest === '' ? '' : `${prose(rest)}.`];
  return blocks.filter((block) => block !== '').join('\n\n');
}

function itemGrid(items: readonly SurveyItem[]): string {
  return grid(
    ['path', 'category', 'size', 'entries', 'now', 'what it is', 'without it'],
    items.map((item) => [
      code(itemPath(item)),
      item.category,
      bytesText(item.bytes),
      countText(item.entries),
      fateText(item.fate, item.verdict),
      cell(itemNote(item)),
      cell(display(item.breaks ?? '')),
    ]),
  );
}

function accounts({ passwords }: SurveyReport): string {
  if (passwords === undefined) return 'Who has a password was not seen: run it as root.';
  if (passwords.length === 0) return '';
  const names = passwords.map((name) => code(display(name))).join(', ');
  return `With a password in \`/etc/shadow\`, which is replaced as a whole, so that no mount keeps it: ${names}. Declare their hashes.`;
}

/** Nix holds names of any bytes, and Markdown is text: such a line is shown in a readable form. */
function declaration(nix: Uint8Array): string {
  const lines = rawFromBytes(nix).trimEnd().split('\n');
  return lines.map((line) => textOf(line) ?? display(line)).join('\n');
}

/** A table, without the columns that are empty; nothing where there are no rows. */
function grid(titles: readonly string[], rows: readonly (readonly string[])[]): string {
  if (rows.length === 0) return '';
  const shown = titles.map((_, column) => rows.some((row) => (row[column] ?? '') !== ''));
  const line = (cells: readonly string[]): string =>
    `| ${titles
      .map((_, i) => cells[i] ?? '')
      .filter((_, i) => shown[i])
      .join(' | ')} |`;
  return [line(titles), line(titles.map(() => '---')), ...rows.map(line)].join('\n');
}

function list(items: readonly string[]): string {
  return items.map((item) => `- ${item}`).join('\n');
}

/** A code span in a cell; a bar would end the cell even there. */
function code(text: string): string {
  if (text === '') return '';
  const longest = Math.max(0, ...(text.match(/`+/g) ?? []).map((run) => run.length));
  const fence = '`'.repeat(longest + 1);
  const space = longest > 0 ? ' ' : '';
  return `${fence}${space}${text.replaceAll('|', '\\|')}${space}${fence}`;
}

function cell(text: string): string {
  return prose(text);
}

/** Text in which Markdown finds nothing but text. */
function prose(text: string): string {
  return text.replace(/[\\`*_[\]<>|~&#]/g, '\\$&');
}

function fenced(language: string, text: string): string {
  const longest = Math.max(2, ...(text.match(/`+/g) ?? []).map((run) => run.length));
  const fence = '`'.repeat(longest + 1);
  return `${fence}${language}\n${text}\n${fence}`;
}
