import type { WhyReport } from '../core/report.ts';
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
    texts.forEach(({ text, painted }, i) => {
      const room = options.width === undefined ? undefined : Math.max(20, options.width - labelColumn - 2);
      const name = paint('faint', padRight(i === 0 ? label : '', labelColumn - 2));
      flow([text], room).forEach((line, at) => {
        lines.push(`  ${at === 0 ? name : ' '.repeat(labelColumn)}${painted ?? line}`.trimEnd());
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
}

function factsOf(report: WhyReport, paint: Paint): [string, Fact[]][] {
  const { mount, category, verdict, rule } = report;
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
  if (rule !== undefined)
    facts.push(['rule', [{ text: `${display(rule.pattern)} (catalogue: ${display(rule.file)})` }]]);
  return facts;
}
