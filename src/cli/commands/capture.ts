import { buildCommand } from '@stricli/core';
import { ROOT } from '../../core/rawpath.ts';
import { captureJson, captureProblemsText, captureText } from '../../render/capture-text.ts';
import { warningsText } from '../../render/warnings.ts';
import { capture } from '../../usecases/capture.ts';
import type { Context } from '../context.ts';
import { comparisonFlags } from '../diff-options.ts';
import { ExitStatus } from '../exit-status.ts';
import { type PlaceFlags, placeFlags, placeOf } from '../old-roots-options.ts';
import { helpText, pathFrom } from '../options.ts';

interface Flags extends PlaceFlags {
  readonly root?: string;
  readonly dryRun: boolean;
  readonly json: boolean;
}

export const captureCommand = buildCommand<Flags, [], Context>({
  async func(flags) {
    const report = await capture(
      {
        root: flags.root === undefined ? ROOT : pathFrom(this, flags.root),
        oldRoots: placeOf(this, flags),
        dryRun: flags.dryRun,
      },
      { machine: await this.machine(), progress: (entries) => this.progress(entries) },
    );
    if (report.failures.length > 0) this.exit(ExitStatus.partial);
    this.err.write(captureProblemsText(report));
    this.err.write(warningsText(report.warnings, { colour: this.err.colour }));
    this.out.write(flags.json ? captureJson(report) : captureText(report, { colour: this.out.colour }));
  },
  parameters: {
    flags: {
      ...placeFlags,
      root: comparisonFlags.root,
      dryRun: { kind: 'boolean', default: false, withNegated: false, brief: 'Say what would be done, and do nothing' },
      json: comparisonFlags.json,
    },
  },
  docs: {
    customUsage: ['[--old-roots DIR] [--root DIR] [--dry-run] [--json]'],
    brief: 'Keep what a tmpfs root would lose, as an old root',
    fullDescription: helpText(
      'Copies what the next reboot would wash away, but for caches and what is made anew, into persistent storage. A tmpfs\nroot leaves nothing behind by itself; ls, diff, find, restore and gc work on captures as on other old roots.\nAnother capture of the same boot takes the place of the earlier one when it is whole.',
      [
        ['ebb capture', 'before a shutdown'],
        ['ebb capture --dry-run', 'how much it would be'],
        ['ebb capture --old-roots /persist/captures', 'somewhere else'],
      ],
      undefined,
      ['partial', 'locked'],
    ),
  },
});
