import { buildCommand } from '@stricli/core';
import type { Category } from '../../core/category.ts';
import { failingCategories } from '../../core/category.ts';
import { type AtShutdown, shutdownActions } from '../../core/configuration.ts';
import { Failure } from '../../core/failure.ts';
import type { RawPath } from '../../core/rawpath.ts';
import type { CheckReport } from '../../core/report.ts';
import type { Machine } from '../../ports/machine.ts';
import { checkText } from '../../render/check-text.ts';
import { checkJson } from '../../render/json.ts';
import { warningsText } from '../../render/warnings.ts';
import { check } from '../../usecases/check.ts';
import { checkRun } from '../../usecases/check-run.ts';
import { leaveBehind } from '../check-files.ts';
import type { Context } from '../context.ts';
import { type ComparisonFlags, comparisonFlags, requestOf } from '../diff-options.ts';
import { ExitStatus } from '../exit-status.ts';
import { helpText, parseCategory, parseText, pathFrom } from '../options.ts';
import { writeParts } from '../output.ts';

interface Flags extends Pick<ComparisonFlags, 'root' | 'against' | 'noSync' | 'json'> {
  readonly failOn?: readonly Category[];
  readonly quiet: boolean;
  readonly metrics?: string;
  readonly message?: string;
  readonly atShutdown?: AtShutdown;
  readonly blocking: boolean;
}

function parseAtShutdown(input: string): AtShutdown {
  if (input === 'warn' || input === 'block') return input;
  throw new Error(`a shutdown is asked about to warn or to block, not to ${input}`);
}

export const checkCommand = buildCommand<Flags, string[], Context>({
  async func(flags, ...paths) {
    const request = requestOf(this, { ...flags, checksum: false, all: false }, paths);
    const atShutdown = flags.atShutdown ?? (flags.blocking ? 'block' : undefined);
    const fileAt = (typed: string | undefined) => (typed === undefined ? undefined : pathFrom(this, typed));
    const files = { metrics: fileAt(flags.metrics), message: fileAt(flags.message) };
    const leaves = files.metrics !== undefined || files.message !== undefined;
    if (leaves && atShutdown !== undefined) {
      throw new Failure('usage', '--at-shutdown may pass without a look, and --metrics and --message tell of one');
    }
    const machine = await this.machine();
    if (atShutdown !== undefined && !concernsShutdown(atShutdown, request.root, machine)) return;
    const ports = { machine, progress: (entries: number) => this.progress(entries) };
    const failOn = flags.failOn === undefined ? failingCategories : new Set(flags.failOn);
    if (!leaves) {
      show(this, flags, await check({ ...request, failOn }, ports));
      return;
    }
    const { run, failure } = await checkRun({ ...request, failOn }, ports);
    const failures = leaveBehind(run, files);
    if (run.report === undefined) {
      const warnings = failures.map(({ message }) => ({ code: 'output', message }) as const);
      this.err.write(warningsText(warnings, { colour: this.err.colour }));
      throw failure;
    }
    show(this, flags, run.report);
    const [first, ...others] = failures;
    if (first === undefined) return;
    this.exit(ExitStatus.failed);
    throw others.length === 0 ? first : new Failure('failed', failures.map(({ message }) => message).join('; '));
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
      metrics: {
        kind: 'parsed',
        parse: parseText,
        placeholder: 'FILE',
        optional: true,
        brief: 'Write Prometheus metrics to FILE, for the textfile collector of its node exporter',
      },
      message: {
        kind: 'parsed',
        parse: parseText,
        placeholder: 'FILE',
        optional: true,
        brief: 'Write what who logs in is told to FILE; there is none where nothing is lost',
      },
      atShutdown: {
        kind: 'parsed',
        parse: parseAtShutdown,
        placeholder: 'warn|block',
        optional: true,
        brief: 'Pass without a look where [check] at_shutdown asks for less, or the root stays',
      },
      blocking: {
        kind: 'boolean',
        default: false,
        withNegated: false,
        hidden: true,
        brief: 'The same as --at-shutdown block',
      },
    },
    aliases: { q: 'quiet' },
    positional: {
      kind: 'array',
      parameter: {
        parse: parseText,
        brief: 'Only what is at or below these paths',
        placeholder: 'PATH',
      },
    },
  },
  docs: {
    customUsage: [
      '[-q] [--json] [--fail-on C,…] [--metrics FILE] [--message FILE] [--against WHAT] [--root DIR] [PATH…]',
      '[-q] --at-shutdown warn|block',
    ],
    brief: 'Whether a reboot would lose anything: exit 1 where it would',
    fullDescription: helpText(
      'Fails where a change of state, secret, home or unknown category would be lost at the next reboot, or where\na declared path is not covered. For scripts, timers and the moment before a reboot.',
      [
        ['ebb check', 'one line, and what would be lost'],
        ['ebb check -q && reboot', 'reboot only if nothing is lost'],
        ['ebb check --fail-on state,secret', 'let unknown paths pass'],
        ['ebb check --message /run/motd.d/ebb-check', 'for who logs in, too'],
      ],
      'something would be lost, or a declared path is not covered',
    ),
  },
});

/** Whether the configuration asks for as much, and the root is one that a reboot takes. */
function concernsShutdown(asked: AtShutdown, directory: RawPath, machine: Machine): boolean {
  const { atShutdown } = machine.configuration();
  if (shutdownActions.indexOf(atShutdown) < shutdownActions.indexOf(asked)) return false;
  const root = machine.openRoot(directory);
  try {
    return root.facts.ephemeral.value;
  } finally {
    root.close();
  }
}

function show({ out, err, exit }: Context, { quiet, json }: Pick<Flags, 'quiet' | 'json'>, report: CheckReport): void {
  if (!quiet) {
    const others = report.diff.warnings.filter((warning) => warning.code !== 'not-covered');
    err.write(warningsText(others, { colour: err.colour }));
  }
  if (!report.passed) exit(ExitStatus.findings);
  if (quiet) return;
  if (json) writeParts(out, checkJson(report));
  else out.write(checkText(report, { width: out.width, colour: out.colour, quiet: false }));
}
