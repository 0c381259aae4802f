import type { Category } from '../core/category.ts';
import { keptInstead } from '../core/instead.ts';
import type { WeighedEvidence } from '../core/judge.ts';
import type { RawPath } from '../core/rawpath.ts';
import type { KnownPath, WhyReport } from '../core/report.ts';
import { pathText } from './change-table.ts';
import { flow, padRight } from './columns.ts';
import { display } from './escape.ts';
import type { Paint, Tone } from './style.ts';
import { painter, toneOfCategory, toneOfVerdict } from './style.ts';

export interface WhyTextOptions {
  readonly width: number | undefined;
  readonly colour: boolean;
}

/** What `ebb why PATH` prints: what happens to the path, and every fact that says so. */
export function whyText(report: WhyReport, options: WhyTextOptions): string {
  const paint = painter(options.colour);
  const path = pathText({ path: report.path, type: report.type ?? 'unknown' });
  const [tone, fate] = fateText(report);
  const lines = [`${paint('strong', path)} ${paint(tone, fate)}`, ''];
  for (const [label, texts] of factsOf(report, paint)) {
    texts.forEach(({ text, painted, tone: ofText }, i) => {
      const room = options.width === undefined ? undefined : Math.max(20, options.width - labelColumn - 2);
      const name = paint('faint', padRight(i === 0 ? label : '', labelColumn - 2));
      flow([text], room).forEach((line, at) => {
        lines.push(
          `  ${at === 0 ? name : ' '.repeat(labelColumn)}${painted ?? (ofText === undefined ? line : paint(ofText, line))}`.trimEnd(),
        );
      });
    });
  }
  return `${lines.join('\n')}\n`;
}

const labelColumn = 13;

function fateText({ fate, exists, root, unchanged }: WhyReport): [Tone, string] {
  if (unchanged?.comesBack === true) {
    const { package: owner } = unchanged;
    const whence = owner === undefined ? 'was set up by the boot' : `was installed by the package ${display(owner)}`;
    return ['good', `${whence} and is unchanged: ebb diff leaves it out`];
  }
  const absent = exists ? '' : 'does not exist; made now, it ';
  switch (fate) {
    case 'lost':
      return ['care', `${absent}would be lost ${root.mount === '/' ? 'at the next reboot' : 'when it boots next'}`];
    case 'kept':
      return ['good', exists ? 'survives a reboot' : `${absent}would survive a reboot`];
    case 'volatile':
      return ['faint', `${absent}does not survive a boot: each starts without it`];
    case 'traditional':
      return ['care', `${absent}would be lost with an ephemeral root`];
  }
}

interface Fact {
  readonly text: string;
  /** The same in colour, for a text that is short enough never to be broken. */
  readonly painted?: string;
  readonly tone?: Tone;
}

function factsOf(report: WhyReport, paint: Paint): [string, Fact[]][] {
  const { mount, category, verdict, evidence, known } = report;
  const facts: [string, Fact[]][] = [];
  if (report.reasons.length > 0) {
    facts.push([
      'because',
      report.reasons.map(({ source, detail }) => ({ text: `${display(detail)} (${display(source)})` })),
    ]);
  }
  if (report.resolved !== report.path) facts.push(['really at', [{ text: display(report.resolved) }]]);
  const subtree = mount.subtree === '' || mount.subtree === '/' ? '' : ` ${display(mount.subtree)}`;
  facts.push([
    'mount',
    [{ text: `${display(mount.point)} · ${display(mount.filesystem)}${subtree} on ${display(mount.source)}` }],
  ]);
  // What is kept needs no advice.
  const advice = report.fate === 'kept' || verdict === 'ignore' ? '' : `→ ${verdict}`;
  const painted = `${paint(toneOfCategory(category), category)}${advice === '' ? '' : `  ${paint(toneOfVerdict(verdict), advice)}`}`;
  facts.push(['category', [{ text: advice === '' ? category : `${category}  ${advice}`, painted }]]);
  if (evidence.length > 0) facts.push(['evidence', evidence.map((piece) => evidenceFact(piece, category))]);
  if (known !== undefined) facts.push(...knownFacts(known, report.path));
  return facts;
}

/** What a piece speaks for, how much it counted, and what it says. */
function evidenceFact(piece: WeighedEvidence, decided: Category): Fact {
  const { source, detail, category, weight, outweighed } = piece;
  const said = `${display(detail)} (${display(source)})`;
  if (category === undefined) return { text: said };
  const counts = outweighed ? 'outweighed' : `${weight}`;
  const text = `${category} ${counts}: ${said}`;
  return outweighed || category !== decided ? { text, tone: 'faint' } : { text };
}

function knownFacts(known: KnownPath, path: RawPath): [string, Fact[]][] {
  const { title, breaks, instead, owner, group, mode, stop, dump } = known;
  const facts: [string, Fact[]][] = [['known as', [{ text: display(title) }]]];
  const add = (label: string, text: string): void => {
    facts.push([label, [{ text }]]);
  };
  if (breaks !== undefined) add('without', display(breaks));
  if (instead !== undefined) add('instead', insteadText(instead, path));
  const whose = [owner ?? '', group ?? ''].join(':').replace(/^:$/, '').replace(/:$/, '');
  const modes = [whose, mode ?? ''].filter((text) => text !== '');
  if (modes.length > 0) add('owner', display(modes.join(' ')));
  if (stop.length > 0) add('to copy', `stop ${stop.map(display).join(', ')} first`);
  if (dump !== undefined) add(stop.length > 0 ? 'or dump' : 'to copy', display(dump));
  return facts;
}

function insteadText(instead: RawPath, path: RawPath): string {
  const replaced = 'it is replaced as a whole, which a mount on it forbids';
  if (keptInstead(path, instead) !== undefined) return `persist ${display(instead)}: ${replaced}`;
  return `move it to ${display(instead)}, if its program looks there, and persist that: ${replaced}`;
}
