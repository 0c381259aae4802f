import type { Warning } from '../core/report.ts';
import { display } from './escape.ts';
import { painter } from './style.ts';

/** One line a warning, for stderr: `ebb: warning: …`. Empty where there is none. */
export function warningsText(warnings: readonly Warning[], options: { readonly colour: boolean }): string {
  const paint = painter(options.colour);
  return warnings.map(({ message }) => `ebb: ${paint('care', 'warning:')} ${display(message)}\n`).join('');
}
