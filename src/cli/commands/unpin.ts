import { buildCommand } from '@stricli/core';
import { pinText } from '../../render/old-root-changes.ts';
import { pinJson } from '../../render/old-roots-json.ts';
import { pin } from '../../usecases/pin.ts';
import type { Context } from '../context.ts';
import { comparisonFlags } from '../diff-options.ts';
import { namePositional, oldRootName, type PlaceFlags, placeFlags, placeOf } from '../old-roots-options.ts';
import { helpText } from '../options.ts';

interface Flags extends PlaceFlags {
  readonly json: boolean;
}

export const unpinCommand = buildCommand<Flags, [string], Context>({
  async func(flags, typed) {
    const request = { oldRoots: placeOf(this, flags), name: oldRootName(typed), pinned: undefined };
    const report = pin(request, await this.machine());
    this.out.write(flags.json ? pinJson(report) : pinText(report));
  },
  parameters: { flags: { ...placeFlags, json: comparisonFlags.json }, positional: namePositional },
  docs: {
    brief: 'Leave a pinned old root to gc again',
    fullDescription: helpText(
      'Takes the pin away: the policy says again whether gc keeps the old root.',
      [['ebb unpin 2026-11-20_08-15-02', 'no longer kept for its pin']],
      undefined,
      ['locked'],
    ),
  },
});
