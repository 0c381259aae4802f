import type { ResetReport } from '../core/report.ts';
import { display } from './escape.ts';
import { documentText, path as named } from './json.ts';

/** What `ebb reset` did, or would do. */
export function resetText({ dryRun, armed, done, lines, top }: ResetReport): string {
  const said = lines.map((line) => display(line.replace(/^ebb: /, '')));
  if (done && armed && !dryRun) said.push(`the first reset of ${display(top)} is not refused`);
  if (done && said.length === 0) said.push('nothing to do: it was reset in this boot');
  return said.map((line) => `${line}\n`).join('');
}

/** `ebb.reset/1`; what holds of all documents is said in json.ts. */
export function resetJson({ top, dryRun, armed, done, lines }: ResetReport): string {
  const said = lines.map((line) => display(line));
  return documentText({ schema: 'ebb.reset/1', ...named('root', top), dryRun, armed, done, said });
}
