import type { FindReport, FoundPath, FoundVersion } from '../core/find-report.ts';
import { shortenText } from './columns.ts';
import { display } from './escape.ts';
import { restoreCommand } from './find-command.ts';
import { type Paint, painter } from './style.ts';
import { ageText, bytesText, counted, countText } from './units.ts';

export interface FindTextOptions {
  /** Columns of the terminal; undefined where it is not one: everything is shown then. */
  readonly width: number | undefined;
  readonly colour: boolean;
}

/** Paths on a terminal, and old roots that are named of each version. */
const mostOnTerminal = 40;
const mostNamed = 4;

/** What `ebb find` prints: each path with its versions, newest first. Empty where nothing was found. */
export function findText(report: FindReport, options: FindTextOptions): string {
  const paint = painter(options.colour);
  const shown = options.width === undefined ? report.paths : report.paths.slice(0, mostOnTerminal);
  const blocks = shown.map((found) => pathLines(found, report, options, paint).join('\n'));
  const more = report.paths.length - shown.length;
  if (more > 0) blocks.push(paint('faint', `… and ${counted(more, 'more path')} (--json lists all)`));
  return blocks.length === 0 ? '' : `${blocks.join('\n\n')}\n`;
}

/** That nothing was found, for stderr. */
export function nothingFoundText({ pattern, directory, searched, text, paths }: FindReport): string {
  const what = text === undefined ? display(pattern) : `${display(pattern)} with "${display(text)}" in it`;
  const none = `ebb: none of ${counted(searched, 'old root')} in ${display(directory)} has ${what}\n`;
  return paths.length > 0 ? `${none}  only the running root has it\n` : none;
}

function pathLines(
  { path, versions, oldRoots }: FoundPath,
  report: FindReport,
  { width }: FindTextOptions,
  paint: Paint,
): string[] {
  const types = new Set(versions.map(({ type }) => type));
  const isDirectory = types.size === 1 && types.has('directory');
  const slash = isDirectory && path !== '/' ? '/' : '';
  const count = isDirectory ? '' : `${counted(versions.length, 'version')}, `;
  const heading = `${paint('strong', display(path) + slash)}  ${paint('faint', `${count}in ${counted(oldRoots, 'old root')}`)}`;
  const facts = versions.map((version) => factsOf(version, report.now));
  const widths = [0, 1].map((at) => Math.max(...facts.map((cells) => cells[at]?.length ?? 0)));
  return [
    heading,
    ...versions.flatMap((version, i) => {
      const [what = '', when = ''] = facts[i] ?? [];
      const mark = version.now ? 'now' : '   ';
      const beginning = `${what.padStart(widths[0] ?? 0)}  ${when.padEnd(widths[1] ?? 0)}`;
      const line = `  ${paint('good', mark)}  ${beginning}  ${holders(version)}`.trimEnd();
      const command = restoreCommand(path, version, report);
      return [
        line,
        ...(version.line === undefined ? [] : [quotation(version.line, width, paint)]),
        // Whole, however long: it is there to be copied.
        ...(command === undefined ? [] : [`       ${paint('faint', command)}`]),
      ];
    }),
  ];
}

function factsOf({ type, size, mtime, target }: FoundVersion, now: number): [what: string, when: string] {
  const when = `modified ${ageText(now, mtime)}`;
  switch (type) {
    case 'file':
      return [bytesText(size), when];
    case 'symlink':
      return [`→ ${display(target ?? '?')}`, when];
    default:
      return [type, when];
  }
}

function holders({ oldRoots, certain }: FoundVersion): string {
  const names = oldRoots.slice(0, mostNamed).map(({ name }) => display(name));
  const more = oldRoots.length - names.length;
  const last = oldRoots.at(-1);
  const rest = more > 0 && last !== undefined ? ` and ${countText(more)} more, back to ${display(last.name)}` : '';
  const doubt = certain ? '' : ' (could not be read: it may be one of the others)';
  return `${names.join(', ')}${rest}${doubt}`;
}

function quotation(
  { number, text }: { number: number; text: string },
  width: number | undefined,
  paint: Paint,
): string {
  const shown = `${countText(number)}: ${display(text)}`;
  return `       ${paint('care', width === undefined ? shown : shortenText(shown, Math.max(20, width - 8)))}`;
}
