import { cpus, release, totalmem } from 'node:os';
import type { Result, Skipped } from './cases.ts';

export interface MachineFacts {
  readonly processor: string;
  readonly cores: number;
  /** Bytes. */
  readonly memory: number;
  readonly kernel: string;
  readonly node: string;
}

export function machineFacts(): MachineFacts {
  const processors = cpus();
  return {
    processor: processors[0]?.model.trim() ?? 'unknown',
    cores: processors.length,
    memory: totalmem(),
    kernel: release(),
    node: process.version,
  };
}

export function machineLine({ processor, cores, memory, kernel, node }: MachineFacts): string {
  return `${cores} cores (${processor}), ${(memory / 1e9).toFixed(0)} GB, Linux ${kernel}, Node ${node}`;
}

export function isSkipped(outcome: Result | Skipped): outcome is Skipped {
  return 'reason' in outcome;
}

/** undefined where nothing is aimed at. */
export function passes({ value, target }: Result): boolean | undefined {
  return target === undefined ? undefined : value <= target;
}

/** As Markdown, so that it can be read here and pasted into the documentation. */
export function tableText(outcomes: readonly (Result | Skipped)[]): string {
  const rows = outcomes.map((outcome) => (isSkipped(outcome) ? skippedRow(outcome) : resultRow(outcome)));
  const all = [['work', 'measured', 'target', '', 'from'], ...rows];
  const widths = all[0]?.map((_, column) => Math.max(3, ...all.map((row) => row[column]?.length ?? 0))) ?? [];
  const line = (row: readonly string[]): string =>
    `| ${widths.map((width, column) => (row[column] ?? '').padEnd(width)).join(' | ')} |`;
  const rule = `| ${widths.map((width) => '-'.repeat(width)).join(' | ')} |`;
  const [heading = [], ...body] = all.map(line);
  return [heading, rule, ...body].flat().join('\n');
}

function resultRow(result: Result): string[] {
  const { what, unit, value, target, detail } = result;
  const pass = passes(result);
  const shown = (number: number, digits: number): string => `${number.toFixed(digits)} ${unit}`;
  const digits = unit === '×' ? 3 : unit === 'ms' || unit === '%' ? 1 : 0;
  const aim = target === undefined ? '' : `≤ ${target} ${unit}`;
  return [what, shown(value, digits), aim, pass === undefined ? '' : pass ? 'pass' : 'MISS', detail];
}

function skippedRow({ what, reason }: Skipped): string[] {
  return [what, 'skipped', '', '', reason];
}
