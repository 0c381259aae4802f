import { rawFromText } from '../core/rawpath.ts';
import type { AdoptedOldRoot, AdoptReport, PinReport } from '../core/report.ts';
import { display } from './escape.ts';
import { momentText } from './ls-text.ts';
import { counted } from './units.ts';

/** What `ebb pin` and `ebb unpin` print. */
export function pinText({ name, pinned, unchanged }: PinReport): string {
  const note = pinned === undefined || pinned.note === '' ? '' : `: ${display(rawFromText(pinned.note))}`;
  if (pinned === undefined) return `${display(name)} ${unchanged ? 'was not pinned' : 'is no longer pinned'}\n`;
  return `${display(name)} ${unchanged ? 'was pinned already' : 'is pinned, and gc keeps it'}${note}\n`;
}

/** What `ebb adopt` prints: one line each. */
export function adoptText({ oldRoots, passedOver }: AdoptReport, dryRun: boolean): string {
  const lines = oldRoots.map((oldRoot) => `${display(oldRoot.name)} ${outcomeText(oldRoot, dryRun)}`);
  if (oldRoots.length === 0) lines.push('nothing to adopt');
  if (passedOver.length > 0) {
    const names = passedOver.map(display).join(', ');
    const what = counted(passedOver.length, 'directory', 'directories');
    lines.push(`${what} not adopted, as nothing tells the time, or that it is a root: ${names}`);
    lines.push('  ebb adopt NAME takes one all the same; without a time gc keeps it');
  }
  return `${lines.join('\n')}\n`;
}

function outcomeText({ outcome, bootedAt, format, error = '' }: AdoptedOldRoot, dryRun: boolean): string {
  if (outcome === 'failed') return `could not be adopted: ${display(error)}`;
  if (outcome === 'unchanged') return 'is under gc already';
  const done = dryRun ? 'would be adopted' : 'is adopted';
  if (bootedAt === undefined) return `${done}, of unknown time: gc keeps it`;
  return `${done}, of ${momentText(bootedAt)} UTC (${format})`;
}
