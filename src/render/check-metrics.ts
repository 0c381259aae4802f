import { categories } from '../core/category.ts';
import type { CheckRun } from '../core/check-run.ts';
import { rawFromText } from '../core/rawpath.ts';
import type { CheckReport } from '../core/report.ts';
import { display } from './escape.ts';

type Labels = Readonly<Record<string, string | undefined>>;

interface Sample {
  readonly value: number;
  readonly labels?: Labels;
}

/**
 * A run of the check in the text format of Prometheus, as the textfile collector of its node exporter reads it. What is
 * not known is left out; what a machine calls its files is nobody's label.
 */
export function checkMetrics(run: CheckRun, version: string): string {
  const { report, oldRoots, boot, startedAt, seconds } = run;
  const families: string[] = [
    gauge('ebb_build_info', 'The ebb that wrote this; always 1.', [{ labels: { version }, value: 1 }]),
    gauge('ebb_check_success', 'Whether the last check could look (1), or failed itself (0).', [
      { value: bit(report !== undefined) },
    ]),
    gauge('ebb_check_timestamp_seconds', 'When the last check began, in seconds since 1970.', [{ value: startedAt }]),
    gauge('ebb_check_duration_seconds', 'How long the last check took.', [{ value: seconds }]),
  ];
  if (report !== undefined) families.push(...findings(report));
  if (oldRoots !== undefined) {
    families.push(gauge('ebb_old_roots', 'Roots of earlier boots that are kept.', [{ value: oldRoots }]));
  }
  if (boot !== undefined) {
    const { kernel, generation } = boot;
    families.push(
      gauge('ebb_boot_sequence', 'Number of this boot.', [{ value: boot.sequence }]),
      gauge('ebb_boot_info', 'What this boot is; always 1.', [{ labels: { kernel, generation }, value: 1 }]),
    );
  }
  return families.join('');
}

function findings({ diff, losing, uncovered, resetFailed, passed, failOn }: CheckReport): string[] {
  const counted = categories.filter((category) => failOn.includes(category));
  const sums = (of: 'changes' | 'entries' | 'bytes'): Sample[] =>
    counted.map((category) => ({
      labels: { category },
      value: losing
        .filter((change) => change.category === category)
        .reduce((sum, change) => sum + (of === 'changes' ? 1 : change[of]), 0),
    }));
  return [
    gauge('ebb_check_passed', 'Whether the last check found nothing.', [{ value: bit(passed) }]),
    gauge('ebb_root_ephemeral', 'Whether the root is reset at boot.', [{ value: bit(diff.root.ephemeral.value) }]),
    gauge('ebb_losing_changes', 'Changes that a reset of the root would lose.', sums('changes')),
    gauge('ebb_losing_entries', 'Files and directories that a reset of the root would lose.', sums('entries')),
    gauge('ebb_losing_bytes', 'Bytes that a reset of the root would lose.', sums('bytes')),
    gauge('ebb_uncovered_paths', 'Declared paths on which a write does not survive a reset.', [
      { value: uncovered.length },
    ]),
    gauge('ebb_unreadable_directories', 'Directories that the check could not read.', [
      { value: diff.view.unreadable },
    ]),
    gauge('ebb_reset_failed', 'Whether the last boot could not reset the root.', [
      { value: bit(resetFailed !== undefined) },
    ]),
  ];
}

function bit(value: boolean): number {
  return value ? 1 : 0;
}

/** One metric: what it is, its type, its samples. */
function gauge(name: string, help: string, samples: readonly Sample[]): string {
  const lines = samples.map(({ value, labels }) => `${name}${labelsText(labels ?? {})} ${value}\n`);
  return `# HELP ${name} ${help}\n# TYPE ${name} gauge\n${lines.join('')}`;
}

function labelsText(labels: Labels): string {
  const pairs = Object.entries(labels).flatMap(([name, value]) =>
    value === undefined ? [] : [`${name}="${labelValue(value)}"`],
  );
  return pairs.length === 0 ? '' : `{${pairs.join(',')}}`;
}

/** What cannot be seen is spelled out, so that of what the format wants escaped only these two are left. */
function labelValue(text: string): string {
  return display(rawFromText(text)).replace(/["\\]/g, '\\$&');
}
