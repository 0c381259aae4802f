import { buildCommand } from '@stricli/core';
import { ROOT } from '../../core/rawpath.ts';
import { captureJson, captureProblemsText, captureText } from '../../render/capture-text.ts';
import { warningsText } from '../../render/warnings.ts';
import { capture } from '../../usecases/capture.ts';
import type { Context } from '../context.ts';
import { comparisonFlags } from '../diff-options.ts';
import { ExitStatus } from '../exit-status.ts';
import { type PlaceFlags, placeFlags, placeOf } from '../old-roots-options.ts';
import { helpText, parseBytes, pathFrom } from '../options.ts';

interface Flags extends PlaceFlags {
  readonly root?: string;
  readonly maxSize?: number;
  readonly ending: boolean;
  readonly dryRun: boolean;
  readonly json: boolean;
}

export const captureCommand = buildCommand<Flags, [], Context>({
  async func(flags) {
    const report = await capture(
      {
        root: flags.root === undefined ? ROOT : pathFrom(this, flags.root),
        oldRoots: placeOf(this, flags),
        maxSize: flags.maxSize,
        ending: flags.ending,
        dryRun: flags.dryRun,
      },
      { machine: await this.machine(), progress: (entries) => this.progress(entries) },
    );
    if (report.failures.length > 0) this.exit(ExitStatus.partial);
    this.err.write(captureProblemsText(report));
    this.err.write(warningsText(report.warnings, { colour: this.err.colour }));
    this.out.write(
      flags.json ? captureJson(report) : captureText(report, { width: this.out.width, colour: this.out.colour }),
    );
  },
  parameters: {
    flags: {
      ...placeFlags,
      root: comparisonFlags.root,
      maxSize: {
        kind: 'parsed',
        parse: parseBytes,
        placeholder: 'SIZE',
        optional: true,
        brief: 'Capture nothing where it would be more than this (4GB, 500MiB); without it, what there is room for',
      },
      ending: {
        kind: 'boolean',
        default: false,
        withNegated: false,
        brief: 'Write down that this boot ends in order: for the unit that captures at shutdown',
      },
      dryRun: { kind: 'boolean', default: false, withNegated: false, brief: 'Say what would be done, and do nothing' },
      json: comparisonFlags.json,
    },
  },
  docs: {
    customUsage: ['[--old-roots DIR] [--root DIR] [--max-size SIZE] [--ending] [--dry-run] [--json]'],
    brief: 'Keep what a tmpfs root would lose, as an old root',
    fullDescription: helpText(
      'Copies what the next reboot would wash away, but for caches and what is made anew, into persistent storage. A tmpfs\nroot leaves nothing behind by itself; ls, diff, find, restore and gc work on captures as on other old roots. What did\nnot change since the last capture is stored once. A capture takes the place of the last one of the same root and\nboot where it holds all that that one holds; else both stay, and ebb gc thins them out. Where it would be too\nlarge, or there is no room, nothing is captured, and what was captured before stays.',
      [
        ['ebb capture', 'before a shutdown'],
        ['ebb capture --dry-run', 'how much it would be'],
        ['ebb capture --max-size 4GB', 'no more than that'],
        ['ebb capture --old-roots /persist/captures', 'somewhere else'],
      ],
      undefined,
      ['partial', 'locked'],
    ),
  },
});
