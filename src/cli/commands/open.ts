import { buildCommand } from '@stricli/core';
import { bytesOf } from '../../core/rawpath.ts';
import { openJson } from '../../render/old-roots-json.ts';
import { openOldRoot } from '../../usecases/open-old-root.ts';
import type { Context } from '../context.ts';
import { comparisonFlags } from '../diff-options.ts';
import { namePositional, oldRootName, type PlaceFlags, placeFlags, placeOf } from '../old-roots-options.ts';
import { helpText } from '../options.ts';

interface Flags extends PlaceFlags {
  readonly json: boolean;
}

export const openCommand = buildCommand<Flags, [string], Context>({
  async func(flags, typed) {
    const report = openOldRoot({ oldRoots: placeOf(this, flags), name: oldRootName(typed) }, await this.machine());
    // Its bytes as they are: a shell takes them from here.
    this.out.write(flags.json ? openJson(report) : bytesOf(`${report.path}\n`));
  },
  parameters: { flags: { ...placeFlags, json: comparisonFlags.json }, positional: namePositional },
  docs: {
    brief: 'Where an old root lies, to look around in it',
    fullDescription: helpText(
      'Prints the path of the old root. What is changed there is changed for good: take a copy, or ebb restore.',
      [['cd "$(ebb open 2026-11-20_08-15-02)"', 'look around']],
      undefined,
      ['locked'],
    ),
  },
});
