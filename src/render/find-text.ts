import type { FindReport, FoundPath, FoundVersion } from '../core/find-report.ts';
import { flow, padLeft, padRight, shortenText, widthOf } from './columns.ts';
import { display } from './escape.ts';
import { restoreCommand } from './find-command.ts';
import { type Paint, painter } from './style.ts';
import { ageText, bytesText, counted, countText } from './units.ts';

export interface FindTextOptions {
  /** Columns of the terminal; undefined where it is not one: everything is shown then. */
  readonly width: number | undefined;
  readonly colour: boolean;
}

/** Paths on a terminal, versions of each there, and old roots that are named of each version. */
const mostOnTerminal = 40;
const mostVersions = 20;
const mostNamed = 4;
/** Where `now` stands before a version. */
const indent = ' '.repeat(7);

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

function pathLines(found: FoundPath, report: FindReport, { width }: FindTextOptions, paint: Paint): string[] {
  const { path, versions, oldRoots } = found;
  const isDirectory = versions.every(({ type }) => type === 'directory');
  const name = display(path) + (isDirectory ? '/' : '');
  const count = `${isDirectory ? '' : `${counted(versions.length, 'version')}, `}in ${counted(oldRoots, 'old root')}`;
  const fits = width === undefined || widthOf(name) + 2 + widthOf(count) <= width;
  const shown = width === undefined ? versions : versions.slice(0, mostVersions);
  const facts = shown.map((version) => factsOf(version, report.now, width));
  const [whatWidth, whenWidth] = ([0, 1] as const).map((at) => Math.max(...facts.map((cells) => widthOf(cells[at]))));
  const more = versions.length - shown.length;
  return [
    `${paint('strong', name)}${fits ? '  ' : '\n  '}${paint('faint', count)}`,
    ...shown.flatMap((version, i) => {
      const [what = '', when = ''] = facts[i] ?? [];
      const beginning = `${padLeft(what, whatWidth ?? 0)}  ${padRight(when, whenWidth ?? 0)}  `;
      const words = holders(version);
      const line = beginning + words.join(' ');
      const isOne = width === undefined || widthOf(indent + line) <= width;
      const lines = isOne ? [line] : [beginning, ...flow(words, width - indent.length, ' ')];
      const command = restoreCommand(found, version, report);
      return [
        ...lines.map((line, at) => {
          const mark = at > 0 || !version.now ? indent : `  ${paint('good', 'now')}  `;
          return `${mark}${line}`.trimEnd();
        }),
        ...(version.line === undefined ? [] : [quotation(version.line, width, paint)]),
        // Whole, however long: it is there to be copied.
        ...(command === undefined ? [] : [`${indent}${paint('faint', command)}`]),
      ];
    }),
    ...(more === 0 ? [] : [`${indent}${paint('faint', `… and ${counted(more, 'more version')} (--json lists all)`)}`]),
  ];
}

function factsOf(
  { type, size, mtime, target }: FoundVersion,
  now: number,
  width: number | undefined,
): [what: string, when: string] {
  const when = `modified ${ageText(now, mtime)}`;
  switch (type) {
    case 'file':
      return [bytesText(size), when];
    case 'symlink': {
      const shown = target === undefined ? '?' : display(target);
      return [`→ ${width === undefined ? shown : shortenText(shown, Math.max(16, width - 40))}`, when];
    }
    default:
      return [type, when];
  }
}

/** The names of those that have it, and what else is to be said of them, word by word. */
function holders({ oldRoots, certain }: FoundVersion): string[] {
  const names = oldRoots.slice(0, mostNamed).map(({ name }) => display(name));
  const more = oldRoots.length - names.length;
  const last = oldRoots.at(-1);
  const words = names.map((name, i) => (i < names.length - 1 ? `${name},` : name));
  if (more > 0 && last !== undefined) words.push(`and ${countText(more)} more,`, `back to ${display(last.name)}`);
  if (!certain) words.push('(could not be read: it may be one of the others)');
  return words;
}

function quotation(
  { number, text }: { number: number; text: string },
  width: number | undefined,
  paint: Paint,
): string {
  const shown = `${countText(number)}: ${display(text)}`;
  return `${indent}${paint('care', width === undefined ? shown : shortenText(shown, Math.max(20, width - 8)))}`;
}
