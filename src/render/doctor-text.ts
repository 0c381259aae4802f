import type { DoctorFinding, DoctorReport, Quotation, Remedy, Severity, Was } from '../core/doctor/doctor-report.ts';
import { severities } from '../core/doctor/doctor-report.ts';
import { flow, padRight, shortenText, widthOf } from './columns.ts';
import { declareNix, declareToml } from './declare-text.ts';
import { display } from './escape.ts';
import { commandLine } from './shell-quote.ts';
import { type Paint, painter, type Tone } from './style.ts';
import { ageText, bytesText, counted, countText, rfc3339 } from './units.ts';

export interface DoctorTextOptions {
  readonly width: number | undefined;
  readonly colour: boolean;
}

const tones: Readonly<Record<Severity, Tone>> = { lost: 'alarm', broken: 'care', risk: 'care', note: 'faint' };
/** The widest word of severity, and what stands before and behind it. */
const indent = ' '.repeat(10);
/** Of a message. */
const mostQuoted = 200;
const mostPaths = 3;
const mostUnits = 3;

/** What `ebb doctor` prints: the worst first, each with what it is known by and what mends it. */
export function doctorText(report: DoctorReport, { width, colour }: DoctorTextOptions): string {
  const paint = painter(colour);
  const blocks = [headline(report, width, paint)];
  for (const finding of report.findings) blocks.push(blockOf(finding, report, width, paint));
  if (report.hidden > 0) blocks.push([paint('faint', `  ${counted(report.hidden, 'note')} left out (--all)`)]);
  return `${blocks.map((lines) => lines.join('\n')).join('\n\n')}\n`;
}

function headline(report: DoctorReport, width: number | undefined, paint: Paint): string[] {
  const { findings, root } = report;
  const counts = severities.flatMap((severity) => {
    const count = findings.filter((finding) => finding.severity === severity).length;
    return count === 0
      ? []
      : [severity === 'lost' || severity === 'broken' ? `${count} ${severity}` : counted(count, severity)];
  });
  const outcome = counts.length === 0 ? 'nothing is wrong, as far as this tells' : counts.join(', ');
  const whose = root.mount === '/' ? display(report.host) : display(root.mount);
  const segments = [outcome, whose, journalText(report), pastText(report)];
  const [first = '', ...others] = flow(segments, width === undefined ? undefined : width - 'ebb doctor: '.length);
  const tone = findings.some(({ severity }) => severity !== 'note') ? 'alarm' : 'good';
  return [`${paint(tone, 'ebb doctor:')} ${first}`, ...others.map((line) => `  ${line}`)];
}

function journalText({ journal }: DoctorReport): string {
  const { source, boot, entries, complete } = journal;
  if (source === 'none' || (entries === 0 && !complete)) return 'no journal';
  const which =
    boot === '0'
      ? source === 'running'
        ? 'this boot'
        : 'the last boot'
      : boot === 'all'
        ? 'all boots'
        : `boot ${display(boot)}`;
  const where = source === 'running' ? '' : ` in ${display(source)}`;
  return `${which}${where}: ${counted(entries, 'message')}${complete ? '' : ' read, not all'}`;
}

function pastText({ oldRoots }: DoctorReport): string {
  return oldRoots === undefined ? 'no old roots' : `${counted(oldRoots.searched, 'old root')} asked`;
}

function blockOf(finding: DoctorFinding, report: DoctorReport, width: number | undefined, paint: Paint): string[] {
  const { severity, what, was, evidence, messages, remedies } = finding;
  const title = titleOf(finding, paint);
  const lines = [`  ${paint(tones[severity], padRight(severity, 6))}  ${title}`];
  const room = width === undefined ? undefined : Math.max(30, width - indent.length);
  const say = (text: string, tone: Tone = 'plain'): void => {
    for (const [i, line] of flow([text], room).entries())
      lines.push(`${indent}${i === 0 ? '' : '  '}${paint(tone, line)}`);
  };
  if (what !== '') say(display(what));
  if (was !== undefined) say(wasText(was));
  for (const sentence of evidence) say(display(sentence));
  if (finding.paths.length > 0 && finding.count > 0) say(pathsText(finding));
  for (const quotation of messages) {
    for (const line of quotationLines(quotation, report.now, room)) lines.push(`${indent}${paint('faint', line)}`);
  }
  // Whole, however long: they are there to be copied.
  for (const remedy of remedies) lines.push(`${indent}${paint('good', remedyText(remedy, report))}`);
  return lines;
}

/** What it is about: the path, with the units that it concerns; or these; or who said it. */
function titleOf({ path, type, units, failed, container, messages }: DoctorFinding, paint: Paint): string {
  const named = path === undefined ? undefined : `${display(path)}${type === 'directory' && path !== '/' ? '/' : ''}`;
  const shown = units.slice(0, mostUnits).map((unit) => `${display(unit)}${failed.includes(unit) ? ' failed' : ''}`);
  if (units.length > shown.length) shown.push(`${countText(units.length - shown.length)} more`);
  if (container !== undefined) shown.unshift(`container ${display(container)}`);
  if (named === undefined && shown.length === 0) shown.push(display(messages[0]?.by ?? 'somebody'));
  const whose = shown.join(', ');
  if (named === undefined) return paint('strong', whose);
  return whose === '' ? paint('strong', named) : `${paint('strong', named)}   ${whose}`;
}

function wasText({ oldRoot, resetAt, type, files, bytes, more }: Was): string {
  const until = timeText(resetAt);
  const last =
    until === undefined ? `was last in the old root ${display(oldRoot)}` : `was there until the reset of ${until}`;
  const count = type === 'directory' ? `${more ? 'more than ' : ''}${counted(files, 'file')}, ` : '';
  const where = until === undefined ? '' : ` (old root ${display(oldRoot)})`;
  return `${last}: ${count}${bytesText(bytes)}${where}`;
}

function timeText(seconds: number | undefined): string | undefined {
  return seconds === undefined
    ? undefined
    : rfc3339(Math.floor(seconds))?.slice(0, 16).replace('T', ' ').concat(' UTC');
}

function pathsText({ paths }: DoctorFinding): string {
  const shown = paths.slice(0, mostPaths).map(display);
  const more = paths.length - shown.length;
  return `named: ${shown.join(', ')}${more > 0 ? ` and ${countText(more)} more` : ''}`;
}

/** Who said it stands behind it, or below it where the message needs the line. */
function quotationLines({ text, by, count, last }: Quotation, now: number, room: number | undefined): string[] {
  const [line = ''] = text.split('\n', 1);
  const times = count === 1 ? '' : `, ${counted(count, 'time')}`;
  const who = `(${by === undefined ? '' : `${display(by)}, `}${ageText(now, last)}${times})`;
  const quoted = `"${shortenText(display(line), Math.min(mostQuoted, room === undefined ? mostQuoted : room - 2))}"`;
  const isOne = room === undefined || widthOf(quoted) + 1 + widthOf(who) <= room;
  return isOne ? [`${quoted} ${who}`] : [quoted, `  ${who}`];
}

function remedyText(remedy: Remedy, { isNixos, module }: DoctorReport): string {
  if (remedy.kind === 'command') return `$ ${commandLine(remedy.words)}`;
  return `keep it: ${isNixos ? declareNix(remedy, module) : declareToml(remedy)}`;
}
