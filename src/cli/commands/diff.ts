import { buildCommand } from '@stricli/core';
import { Failure } from '../../core/failure.ts';
import { diffText } from '../../render/diff-text.ts';
import { diffJson } from '../../render/json.ts';
import { diffNix } from '../../render/nix.ts';
import { diffToml } from '../../render/toml.ts';
import { warningsText } from '../../render/warnings.ts';
import { diff, diffPaths } from '../../usecases/diff.ts';
import type { Context } from '../context.ts';
import { type ComparisonFlags, comparisonFlags, requestOf } from '../diff-options.ts';
import { ExitStatus } from '../exit-status.ts';
import { helpText } from '../options.ts';

const formats = ['text', 'json', 'nix', 'toml', 'paths'] as const;

interface Flags extends ComparisonFlags {
  readonly format?: (typeof formats)[number];
  readonly null: boolean;
  readonly exitCode: boolean;
}

export const diffCommand = buildCommand<Flags, string[], Context>({
  async func(flags, ...paths) {
    const format = flags.format ?? (flags.json ? 'json' : flags.null ? 'paths' : 'text');
    if (flags.json && format !== 'json')
      throw new Failure('usage', `--json and --format ${format} ask for two formats`);
    if (flags.null && format !== 'paths') throw new Failure('usage', `-0 goes with --format paths, not with ${format}`);
    if (flags.depth !== undefined && format === 'paths') {
      throw new Failure('usage', '--depth sums up rows, and --format paths has none');
    }
    const request = requestOf(this, flags, paths);
    const ports = { machine: await this.machine(), progress: (entries: number) => this.progress(entries) };
    if (format === 'paths') {
      const warnings = await diffPaths(request, flags.null, ports, (bytes) => {
        if (flags.exitCode) this.exit(ExitStatus.findings);
        this.out.write(bytes);
      });
      this.err.write(warningsText(warnings, { colour: this.err.colour }));
      return;
    }
    const report = await diff(request, ports);
    if (flags.exitCode && report.changes.length > 0) this.exit(ExitStatus.findings);
    this.err.write(warningsText(report.warnings, { colour: this.err.colour }));
    switch (format) {
      case 'text':
        this.out.write(
          diffText(report, {
            width: this.out.width,
            colour: this.out.colour,
            unfolded: flags.all || flags.depth !== undefined,
          }),
        );
        break;
      case 'json':
        this.out.write(diffJson(report));
        break;
      case 'nix':
        this.out.write(diffNix(report));
        break;
      case 'toml':
        this.out.write(diffToml(report));
        break;
    }
  },
  parameters: {
    flags: {
      ...comparisonFlags,
      format: { kind: 'enum', values: formats, optional: true, brief: 'How to print it; text where nothing is asked' },
      null: { kind: 'boolean', default: false, withNegated: false, brief: '-0: each path as it is, ended by NUL' },
      exitCode: { kind: 'boolean', default: false, withNegated: false, brief: 'Exit with 1 where there are changes' },
    },
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
    customUsage: ['[--all] [--category C,…] [--format F | --json | -0] [--against WHAT] [--root DIR] [PATH…]'],
    brief: 'What the next reboot washes away',
    fullDescription: helpText(
      'Shows what is on the ephemeral root and on no persistent storage, as the kernel sees it: what the next\nreboot washes away. On a machine whose root is not ephemeral, what an ephemeral root would lose.',
      [
        ['ebb diff', 'the whole root'],
        ['ebb diff /var/lib /etc', 'only what is below these'],
        ['ebb diff --category state,secret', 'only what should be kept'],
        ['ebb diff --format nix', 'a declaration for environment.persistence'],
        ['ebb diff -0 | xargs -0 ls -ld', 'every path, for other programs'],
        ['ebb diff --root /mnt', 'a root that is mounted at /mnt'],
      ],
      'there are changes, and --exit-code was given',
    ),
  },
});
