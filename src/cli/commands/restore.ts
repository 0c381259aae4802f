import { buildCommand } from '@stricli/core';
import { Failure } from '../../core/failure.ts';
import { ROOT } from '../../core/rawpath.ts';
import { restoreJson } from '../../render/restore-json.ts';
import { restoreProblemsText, restoreText } from '../../render/restore-text.ts';
import { warningsText } from '../../render/warnings.ts';
import { restore } from '../../usecases/restore.ts';
import type { Context } from '../context.ts';
import { comparisonFlags } from '../diff-options.ts';
import { ExitStatus } from '../exit-status.ts';
import { oldRootName } from '../old-roots-options.ts';
import { helpText, parseText, pathFrom } from '../options.ts';

interface Flags {
  readonly from?: string;
  readonly to?: string;
  readonly force: boolean;
  readonly dryRun: boolean;
  readonly oldRoots?: string;
  readonly json: boolean;
}

export const restoreCommand = buildCommand<Flags, string[], Context>({
  async func(flags, ...paths) {
    if (paths.length === 0) throw new Failure('usage', 'name what to restore: ebb restore PATH…');
    const { openRestoreTarget } = await import('../../linux/old-roots/restore-target.ts');
    const report = restore(
      {
        paths: paths.map((path) => pathFrom(this, path)),
        from: flags.from === undefined ? undefined : oldRootName(flags.from),
        to: flags.to === undefined ? ROOT : pathFrom(this, flags.to),
        force: flags.force,
        dryRun: flags.dryRun,
        oldRoots: flags.oldRoots === undefined ? undefined : pathFrom(this, flags.oldRoots),
      },
      {
        machine: await this.machine(),
        openTarget: openRestoreTarget,
        progress: (entries) => this.progress(entries),
      },
    );
    if (report.failures.length > 0 || report.stopped !== undefined) this.exit(ExitStatus.partial);
    this.err.write(restoreProblemsText(report, { colour: this.err.colour }));
    this.err.write(warningsText(report.warnings, { colour: this.err.colour }));
    this.out.write(flags.json ? restoreJson(report) : restoreText(report, { colour: this.out.colour }));
  },
  parameters: {
    flags: {
      from: {
        kind: 'parsed',
        parse: parseText,
        placeholder: 'OLD_ROOT',
        optional: true,
        brief: 'Take them from this old root; else each from the newest that has it',
      },
      to: {
        kind: 'parsed',
        parse: parseText,
        placeholder: 'DIR',
        optional: true,
        brief: 'Restore below DIR, /etc/x as DIR/etc/x, instead of in place',
      },
      force: {
        kind: 'boolean',
        default: false,
        withNegated: false,
        brief: 'Replace what is there and differs; a directory that is there gets its owner, mode and times back',
      },
      dryRun: { kind: 'boolean', default: false, withNegated: false, brief: 'Say what would be done, and do nothing' },
      oldRoots: {
        kind: 'parsed',
        parse: parseText,
        placeholder: 'DIR',
        optional: true,
        brief: 'Where old roots are kept, if not where the configuration says',
      },
      json: comparisonFlags.json,
    },
    positional: {
      kind: 'array',
      parameter: {
        parse: parseText,
        brief: 'What to restore; directories with all that is in them',
        placeholder: 'PATH',
      },
    },
  },
  docs: {
    customUsage: ['[--from OLD_ROOT] [--to DIR] [--force] [--dry-run] [--old-roots DIR] [--json] PATH…'],
    brief: 'Bring paths back from an old root',
    fullDescription: helpText(
      'Copies paths out of an old root to where they were, with owner, mode, ACLs, attributes, times and hard links.\nNothing that is there is overwritten without --force. It can be stopped anywhere and started again.\nA relative path is seen from the working directory; globs are for ebb find, which prints the command for each path.',
      [
        ['ebb restore /etc/nginx', 'from the newest old root that has it'],
        ['ebb restore --dry-run --force /etc/nginx', 'what would be replaced, and which is newer'],
        ['mkdir /tmp/look && ebb restore --to /tmp/look /home/josh', 'beside, to look at it first'],
      ],
      undefined,
      ['partial', 'locked'],
    ),
  },
});
