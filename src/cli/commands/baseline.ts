import { buildCommand, buildRouteMap } from '@stricli/core';
import { ROOT } from '../../core/rawpath.ts';
import { baselineJson, baselineText } from '../../render/baseline.ts';
import { recordBaseline } from '../../usecases/record-baseline.ts';
import type { Context } from '../context.ts';
import { comparisonFlags } from '../diff-options.ts';
import { helpText, pathFrom } from '../options.ts';

interface Flags {
  readonly root?: string;
  readonly dryRun: boolean;
  readonly json: boolean;
}

const recordCommand = buildCommand<Flags, [], Context>({
  async func(flags) {
    const root = flags.root === undefined ? ROOT : pathFrom(this, flags.root);
    const report = await recordBaseline({ root, dryRun: flags.dryRun }, await this.machine());
    this.out.write(flags.json ? baselineJson(report) : baselineText(report));
  },
  parameters: {
    flags: {
      root: comparisonFlags.root,
      dryRun: {
        kind: 'boolean',
        default: false,
        withNegated: false,
        brief: 'Say what would be recorded, and write nothing',
      },
      json: comparisonFlags.json,
    },
  },
  docs: {
    brief: 'Record the root as it is now, as what `ebb diff` compares with',
    fullDescription: helpText(
      'Writes /.ebb/baseline, which `ebb diff` compares with from then on: it shows what changed since. What is\nthere already shows no more, although a reset would lose it. The earlier baseline is replaced.',
      [
        ['ebb baseline record', 'from here on'],
        ['ebb baseline record --root /mnt', 'for a root that is mounted at /mnt'],
      ],
    ),
  },
});

export const baselineRoutes = buildRouteMap({
  routes: { record: recordCommand },
  docs: { brief: 'The state of the root that changes are told from' },
});
