import { buildCommand } from '@stricli/core';
import { Failure } from '../../core/failure.ts';
import { adoptText } from '../../render/old-root-changes.ts';
import { adoptJson } from '../../render/old-roots-json.ts';
import { adopt } from '../../usecases/adopt.ts';
import type { Context } from '../context.ts';
import { comparisonFlags } from '../diff-options.ts';
import { ExitStatus } from '../exit-status.ts';
import { oldRootName, type PlaceFlags, placeFlags, placeOf } from '../old-roots-options.ts';
import { helpText } from '../options.ts';

interface Flags extends PlaceFlags {
  readonly all: boolean;
  readonly dryRun: boolean;
  readonly json: boolean;
}

export const adoptCommand = buildCommand<Flags, string[], Context>({
  async func(flags, ...typed) {
    const hint = 'ebb ls lists what can be adopted';
    if (flags.all && typed.length > 0) throw new Failure('usage', '--all names everything: give it or names', hint);
    if (!flags.all && typed.length === 0) throw new Failure('usage', 'name what to adopt, or give --all', hint);
    const names = flags.all ? 'all' : typed.map(oldRootName);
    const request = { oldRoots: placeOf(this, flags), names, dryRun: flags.dryRun } as const;
    const report = adopt(request, await this.machine());
    if (report.oldRoots.some(({ outcome }) => outcome === 'failed')) this.exit(ExitStatus.partial);
    this.out.write(flags.json ? adoptJson(report) : adoptText(report, flags.dryRun));
  },
  parameters: {
    flags: {
      ...placeFlags,
      all: {
        kind: 'boolean',
        default: false,
        withNegated: false,
        brief: 'Every root whose time can be told; other directories are to be named',
      },
      dryRun: {
        kind: 'boolean',
        default: false,
        withNegated: false,
        brief: 'Say what would be adopted, and as of when',
      },
      json: comparisonFlags.json,
    },
    positional: {
      kind: 'array',
      parameter: {
        parse: (input: string) => input,
        brief: 'What ebb ls shows as foreign',
        placeholder: 'NAME',
      },
    },
  },
  docs: {
    customUsage: ['[--dry-run] [--json] [--old-roots DIR] (NAME… | --all)'],
    brief: 'Take old roots that other programs made under gc',
    fullDescription: helpText(
      "ebb leaves directories that it did not make alone. An adopted one counts and is deleted like ebb's own. The time\nthat its name tells (wiping scripts, btrbk), or snapper's info.xml, is written down in it; one without a time\nis kept.",
      [
        ['ebb adopt --all --dry-run', 'what would be adopted, and as of when'],
        ['ebb adopt 2026-1-9_12:00:00', 'only this one'],
      ],
      undefined,
      ['partial'],
    ),
  },
});
