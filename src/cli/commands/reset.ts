import { buildCommand } from '@stricli/core';
import { resetJson, resetText } from '../../render/reset-text.ts';
import { reset } from '../../usecases/reset.ts';
import type { Context } from '../context.ts';
import { comparisonFlags } from '../diff-options.ts';
import { ExitStatus } from '../exit-status.ts';
import { helpText, pathFrom } from '../options.ts';

interface Flags {
  readonly root?: string;
  readonly arm: boolean;
  readonly dryRun: boolean;
  readonly json: boolean;
}

export const resetCommand = buildCommand<Flags, [], Context>({
  async func({ root, arm, dryRun, json }) {
    const top = root === undefined ? undefined : pathFrom(this, root);
    const report = reset({ top, arm, dryRun }, await this.machine());
    const failed = report.outcome === 'failed' || report.outcome === 'refused';
    if (failed) this.exit(ExitStatus.failed);
    const text = resetText(report);
    if (json) this.out.write(resetJson(report));
    else if (failed) this.err.write(`ebb: ${text}`);
    else this.out.write(text);
  },
  parameters: {
    flags: {
      root: {
        kind: 'parsed',
        parse: (input: string) => input,
        placeholder: 'TOPLEVEL',
        optional: true,
        brief: 'Where the top level of the filesystem is mounted',
      },
      arm: {
        kind: 'boolean',
        default: false,
        withNegated: false,
        brief: 'Only let the first reset happen with empty persistent storage',
      },
      dryRun: { kind: 'boolean', default: false, withNegated: false, brief: 'Say the steps, and do nothing' },
      json: comparisonFlags.json,
    },
  },
  docs: {
    customUsage: ['--root TOPLEVEL [--arm] [--dry-run] [--json]', '--arm [--dry-run] [--json]'],
    brief: 'Reset a root that is not running, as the boot does',
    fullDescription: helpText(
      'Runs the script of the boot on a top level that is mounted: from a rescue system, or to try it.\nThe root becomes an old root, a fresh one takes its place; nothing is deleted.',
      [
        ['ebb reset --root /mnt --dry-run', 'the steps'],
        ['ebb reset --root /mnt', 'reset it'],
        ['ebb reset --arm', 'of this machine: persistent storage is meant to be empty'],
        ['ebb reset --root /mnt --arm', 'the same from a rescue system'],
      ],
      undefined,
      ['locked'],
    ),
  },
});
