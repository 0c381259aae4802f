import { buildCommand } from '@stricli/core';
import { gcText } from '../../render/gc-text.ts';
import { gcJson } from '../../render/old-roots-json.ts';
import { counted } from '../../render/units.ts';
import { warningsText } from '../../render/warnings.ts';
import { gc } from '../../usecases/gc.ts';
import type { Context } from '../context.ts';
import { comparisonFlags } from '../diff-options.ts';
import { ExitStatus } from '../exit-status.ts';
import {
  type PlaceFlags,
  placeFlags,
  placeOf,
  policyOf,
  type RetentionFlags,
  retentionFlags,
} from '../old-roots-options.ts';
import { helpText } from '../options.ts';

interface Flags extends PlaceFlags, RetentionFlags {
  readonly dryRun: boolean;
  readonly yes: boolean;
  readonly json: boolean;
}

export const gcCommand = buildCommand<Flags, [], Context>({
  async func(flags) {
    const machine = await this.machine();
    const how = { width: this.out.width, colour: this.out.colour };
    let shown = false;
    const report = gc(
      {
        oldRoots: placeOf(this, flags),
        policy: policyOf(flags),
        dryRun: flags.dryRun,
        inBackground: this.out.width === undefined,
      },
      {
        machine,
        confirm: (plan) => {
          if (flags.yes) return true;
          const count = plan.oldRoots.filter(({ outcome }) => outcome === 'to-delete').length;
          const answer = this.ask(`Delete ${counted(count, 'old root')}?`, () => {
            if (flags.json) return;
            this.out.write(gcText(plan, how));
            shown = true;
          });
          // A timer has nobody to ask, and was set up on purpose.
          return answer ?? true;
        },
        deleting: () => {},
      },
    );
    this.err.write(warningsText(report.warnings, { colour: this.err.colour }));
    const undecided = !flags.dryRun && report.warnings.length > 0;
    if (undecided || report.oldRoots.some(({ outcome }) => outcome === 'failed')) this.exit(ExitStatus.partial);
    if (flags.json) this.out.write(gcJson(report));
    else if (!shown) this.out.write(gcText(report, how));
    else if (report.planned) this.out.write('  nothing was deleted\n');
    else this.out.write(gcText(report, { ...how, summaryOnly: true }));
  },
  parameters: {
    flags: {
      ...placeFlags,
      ...retentionFlags,
      dryRun: {
        kind: 'boolean',
        default: false,
        withNegated: false,
        brief: 'Say what would be deleted and why, and delete nothing',
      },
      yes: { kind: 'boolean', default: false, withNegated: false, brief: 'Do not ask, at a terminal either' },
      json: comparisonFlags.json,
    },
    aliases: { y: 'yes' },
  },
  docs: {
    customUsage: ['[-y] [--dry-run] [--recent N] [--weekly N] [--monthly N|all] [--json] [--old-roots DIR]'],
    brief: 'Delete the old roots that no rule keeps',
    fullDescription: helpText(
      'Keeps the newest old roots, one of each of the last weeks and one of every month, as the configuration or the\nflags say, and what is pinned, in use, or not made by ebb. Deletes the rest, the oldest first, and goes on where\none cannot be deleted. Asks before, where it is run at a terminal.',
      [
        ['ebb gc --dry-run', 'what would go, and why'],
        ['ebb gc -y', 'without a question'],
        ['ebb gc --recent 10 --monthly 6', 'another policy than the configured one'],
      ],
      undefined,
      ['partial', 'locked'],
    ),
  },
});
