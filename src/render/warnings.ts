import type { Warning } from '../core/report.ts';
import { display } from './escape.ts';
import { commandLine } from './shell-quote.ts';
import { painter } from './style.ts';

/** One line a warning, for stderr: `ebb: warning: …`. Empty where there is none. */
export function warningsText(warnings: readonly Warning[], options: { readonly colour: boolean }): string {
  const paint = painter(options.colour);
  return warnings.map((warning) => `ebb: ${paint('care', 'warning:')} ${messageOf(warning)}\n`).join('');
}

export function messageOf({ message, command }: Warning): string {
  return display(message) + (command === undefined ? '' : `: ${commandLine(command)}`);
}
