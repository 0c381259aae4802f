import type { ResetReport } from '../core/report.ts';
import { display } from './escape.ts';
import { documentText, path as named } from './json.ts';
import { shellQuote } from './shell-quote.ts';

/** What `ebb reset` did, or would do. */
export function resetText({ outcome, lines, top }: ResetReport): string {
  const said = lines.map((line) => display(line.replace(/^ebb: /, '')));
  if (outcome === 'armed')
    said.push(`the first reset of ${top === undefined ? 'this root' : display(top)} is not refused`);
  if (outcome === 'nothing') said.push('nothing to do: it was reset in this boot');
  if (outcome === 'refused' && top !== undefined) said.push(`next: ebb reset --root ${shellQuote(top)} --arm`);
  return said.map((line) => `${line}\n`).join('');
}

/** `ebb.reset/1`; what holds of all documents is said in json.ts. */
export function resetJson({ top, dryRun, arm, outcome, lines }: ResetReport): string {
  const root = top === undefined ? { root: null } : named('root', top);
  const done = outcome === 'reset' || outcome === 'armed';
  const said = lines.map((line) => display(line));
  return documentText({ schema: 'ebb.reset/1', ...root, dryRun, armed: arm, outcome, done, said });
}
