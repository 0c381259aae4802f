import { buildCommand } from '@stricli/core';
import { Failure } from '../../core/failure.ts';
import { bytesOf } from '../../core/rawpath.ts';
import { openJson } from '../../render/old-roots-json.ts';
import { openOldRoot } from '../../usecases/open-old-root.ts';
import type { Context } from '../context.ts';
import { comparisonFlags } from '../diff-options.ts';
import { namePositional, oldRootName, type PlaceFlags, placeFlags, placeOf } from '../old-roots-options.ts';
import { helpText } from '../options.ts';

interface Flags extends PlaceFlags {
  readonly shell: boolean;
  readonly json: boolean;
}

export const openCommand = buildCommand<Flags, [string], Context>({
  async func(flags, typed) {
    const { shell, json } = flags;
    if (shell && json) throw new Failure('usage', '--shell prints nothing, and --json prints a document');
    const request = { oldRoots: placeOf(this, flags), name: oldRootName(typed), shell };
    const report = openOldRoot(request, await this.machine());
    if (shell) return;
    // Its bytes as they are: a shell takes them from here.
    this.out.write(json ? openJson(report) : bytesOf(`${report.path}\n`));
  },
  parameters: {
    flags: {
      ...placeFlags,
      shell: {
        kind: 'boolean',
        default: false,
        withNegated: false,
        brief: 'Start a shell there that can change nothing, instead of printing the path',
      },
      json: comparisonFlags.json,
    },
    positional: namePositional,
  },
  docs: {
    brief: 'Where an old root lies, to look around in it',
    fullDescription: helpText(
      'Prints the path of the old root. What is changed there is changed for good; --shell mounts it read-only, for the\nshell alone, and gc leaves it meanwhile.',
      [
        ['ebb open 2026-11-20_08-15-02', 'its path'],
        ['ebb open --shell 2026-11-20_08-15-02', 'look around'],
      ],
      undefined,
      ['locked'],
    ),
  },
});
