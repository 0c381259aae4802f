import { buildCommand } from '@stricli/core';
import { Failure } from '../../core/failure.ts';
import { textOf } from '../../core/rawpath.ts';
import { pinText } from '../../render/old-root-changes.ts';
import { pinJson } from '../../render/old-roots-json.ts';
import { pin } from '../../usecases/pin.ts';
import type { Context } from '../context.ts';
import { comparisonFlags } from '../diff-options.ts';
import { namePositional, oldRootName, type PlaceFlags, placeFlags, placeOf } from '../old-roots-options.ts';
import { helpText } from '../options.ts';

interface Flags extends PlaceFlags {
  readonly note?: string;
  readonly json: boolean;
}

export const pinCommand = buildCommand<Flags, [string], Context>({
  async func(flags, typed) {
    const note = textOf(flags.note ?? '');
    if (note === undefined) throw new Failure('usage', 'the note is not UTF-8');
    const request = { oldRoots: placeOf(this, flags), name: oldRootName(typed), pinned: { note } };
    const report = pin(request, await this.machine());
    this.out.write(flags.json ? pinJson(report) : pinText(report));
  },
  parameters: {
    flags: {
      ...placeFlags,
      note: {
        kind: 'parsed',
        parse: (input: string) => input,
        placeholder: 'TEXT',
        optional: true,
        brief: 'Why it is kept, for ebb ls',
      },
      json: comparisonFlags.json,
    },
    positional: namePositional,
  },
  docs: {
    brief: 'Keep an old root from gc',
    fullDescription: helpText(
      'gc never deletes a pinned old root, whatever the policy says. A second pin replaces the note.',
      [
        ['ebb pin 2026-11-20_08-15-02', 'keep it'],
        ['ebb pin 2026-11-20_08-15-02 --note "before the upgrade"', 'and say why'],
      ],
      undefined,
      ['locked'],
    ),
  },
});
