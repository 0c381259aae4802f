import { buildCommand } from '@stricli/core';
import { lsText } from '../../render/ls-text.ts';
import { lsJson } from '../../render/old-roots-json.ts';
import { warningsText } from '../../render/warnings.ts';
import { listOldRoots } from '../../usecases/list-old-roots.ts';
import type { Context } from '../context.ts';
import { comparisonFlags } from '../diff-options.ts';
import {
  type PlaceFlags,
  parseCount,
  placeFlags,
  placeOf,
  policyOf,
  type RetentionFlags,
  retentionFlags,
} from '../old-roots-options.ts';
import { helpText } from '../options.ts';

interface Flags extends PlaceFlags, RetentionFlags {
  readonly count?: number;
  readonly sizes: boolean;
  readonly json: boolean;
}

export const lsCommand = buildCommand<Flags, [], Context>({
  async func(flags) {
    const report = await listOldRoots(
      { oldRoots: placeOf(this, flags), policy: policyOf(flags), count: flags.count, sizes: flags.sizes },
      { machine: await this.machine(), progress: (entries) => this.progress(entries) },
    );
    this.err.write(warningsText(report.warnings, { colour: this.err.colour }));
    this.out.write(flags.json ? lsJson(report) : lsText(report, { width: this.out.width, colour: this.out.colour }));
  },
  parameters: {
    flags: {
      ...placeFlags,
      count: {
        kind: 'parsed',
        parse: parseCount,
        placeholder: 'N',
        optional: true,
        brief: 'Only the newest N',
      },
      sizes: {
        kind: 'boolean',
        default: false,
        withNegated: false,
        brief: 'Work out every size that is not known yet, however long it takes',
      },
      ...retentionFlags,
      json: comparisonFlags.json,
    },
    aliases: { n: 'count' },
  },
  docs: {
    customUsage: ['[-n N] [--sizes] [--json] [--old-roots DIR]'],
    brief: 'The old roots, and which of them gc would delete',
    fullDescription: helpText(
      'Lists the roots of earlier boots, newest first: when they booted, whether they were shut down in order, what\nthey left behind beyond their own baseline, and why gc keeps or deletes them. A size is worked out once; those\nthat are not known yet for half a second at most, unless --sizes asks for all.',
      [
        ['ebb ls', 'all of them'],
        ['ebb ls -n 10', 'the newest ten'],
        ['ebb ls --sizes', 'with every size'],
        ['ebb ls --old-roots /mnt/@snapshots/old_roots', 'those of another disk'],
      ],
    ),
  },
});
