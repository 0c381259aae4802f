import { buildCommand } from '@stricli/core';
import type { Category } from '../../core/category.ts';
import { failingCategories } from '../../core/category.ts';
import { checkText } from '../../render/check-text.ts';
import { checkJson } from '../../render/json.ts';
import { warningsText } from '../../render/warnings.ts';
import { check } from '../../usecases/check.ts';
import type { Context } from '../context.ts';
import { type ComparisonFlags, comparisonFlags, requestOf } from '../diff-options.ts';
import { ExitStatus } from '../exit-status.ts';
import { helpText, parseCategory } from '../options.ts';
import { writeParts } from '../output.ts';

interface Flags extends Pick<ComparisonFlags, 'root' | 'against' | 'noSync' | 'json'> {
  readonly failOn?: readonly Category[];
  readonly quiet: boolean;
  readonly blocking: boolean;
}

export const checkCommand = buildCommand<Flags, string[], Context>({
  async func(flags, ...paths) {
    const request = requestOf(this, { ...flags, checksum: false, all: false }, paths);
    const machine = await this.machine();
    if (flags.blocking && !machine.configuration().blocksShutdown) return;
    const ports = { machine, progress: (entries: number) => this.progress(entries) };
    const failOn = flags.failOn === undefined ? failingCategories : new Set(flags.failOn);
    const report = await check({ ...request, failOn }, ports);
    if (!flags.quiet) {
      const others = report.diff.warnings.filter((warning) => warning.code !== 'not-covered');
      this.err.write(warningsText(others, { colour: this.err.colour }));
    }
    if (!report.passed) this.exit(ExitStatus.findings);
    if (flags.quiet) return;
    if (flags.json) writeParts(this.out, checkJson(report));
    else this.out.write(checkText(report, { width: this.out.width, colour: this.out.colour, quiet: false }));
  },
  parameters: {
    flags: {
      root: comparisonFlags.root,
      against: comparisonFlags.against,
      noSync: comparisonFlags.noSync,
      json: comparisonFlags.json,
      failOn: {
        kind: 'parsed',
        parse: parseCategory,
        variadic: ',',
        optional: true,
        placeholder: 'C,…',
        brief: 'Categories that fail the check; state, secret, home and unknown where nothing is asked',
      },
      quiet: { kind: 'boolean', default: false, withNegated: false, brief: 'Print nothing: the exit status says it' },
      blocking: {
        kind: 'boolean',
        default: false,
        withNegated: false,
        brief: 'Pass without a look where the configuration does not say [check] block = true',
      },
    },
    aliases: { q: 'quiet' },
    positional: {
      kind: 'array',
      parameter: {
        parse: (input: string) => input,
        brief: 'Only what is at or below these paths',
        placeholder: 'PATH',
      },
    },
  },
  docs: {
    customUsage: ['[-q] [--blocking] [--json] [--fail-on C,…] [--against WHAT] [--root DIR] [PATH…]'],
    brief: 'Whether a reboot would lose anything: exit 1 where it would',
    fullDescription: helpText(
      'Fails where a change of state, secret, home or unknown category would be lost at the next reboot, or where\na declared path is not covered. For scripts, timers and the moment before a reboot.',
      [
        ['ebb check', 'one line, and what would be lost'],
        ['ebb check -q && reboot', 'reboot only if nothing is lost'],
        ['ebb check --fail-on state,secret', 'let unknown paths pass'],
      ],
      'something would be lost, or a declared path is not covered',
    ),
  },
});
