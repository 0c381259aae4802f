import { buildCommand } from '@stricli/core';
import { noDeclarations } from '../../core/declarations-document.ts';
import { Failure } from '../../core/failure.ts';
import { readDeclarations } from '../../linux/declarations-file.ts';
import { diffDeclarations } from '../../render/declarations.ts';
import { diffText } from '../../render/diff-text.ts';
import { diffJson } from '../../render/json.ts';
import { diffNix } from '../../render/nix.ts';
import { diffToml } from '../../render/toml.ts';
import { warningsText } from '../../render/warnings.ts';
import { type DiffRequest, diff, diffPaths } from '../../usecases/diff.ts';
import type { Context } from '../context.ts';
import { type ComparisonFlags, comparisonFlags, comparisonOf } from '../diff-options.ts';
import { ExitStatus } from '../exit-status.ts';
import { type PlaceFlags, placeFlags, placeOf } from '../old-roots-options.ts';
import { helpText, parseText, pathFrom } from '../options.ts';
import { writeParts } from '../output.ts';

const formats = ['text', 'json', 'nix', 'toml', 'declarations', 'paths'] as const;

type Format = (typeof formats)[number];

interface Flags extends ComparisonFlags, PlaceFlags {
  readonly format?: Format;
  readonly onto?: string;
  readonly null: boolean;
  readonly exitCode: boolean;
}

export const diffCommand = buildCommand<Flags, string[], Context>({
  async func(flags, ...words) {
    const format = flags.format ?? (flags.json ? 'json' : flags.null ? 'paths' : 'text');
    if (flags.json && format !== 'json')
      throw new Failure('usage', `--json and --format ${format} ask for two formats`);
    if (flags.null && format !== 'paths') throw new Failure('usage', `-0 goes with --format paths, not with ${format}`);
    if (flags.depth !== undefined && format === 'paths') {
      throw new Failure('usage', '--depth sums up rows, and --format paths has none');
    }
    if (flags.onto !== undefined && format !== 'declarations') {
      throw new Failure('usage', `--onto goes with --format declarations, not with ${format}`);
    }
    const comparison = await comparisonOf(this, flags, words);
    try {
      await show(this, { ...flags, format }, comparison.request);
    } finally {
      comparison.close();
    }
  },
  parameters: {
    flags: {
      ...comparisonFlags,
      against: {
        ...comparisonFlags.against,
        brief: 'Compare with: baseline, boot (changed since this boot), packages, nothing, an old root, or a directory',
      },
      ...placeFlags,
      format: { kind: 'enum', values: formats, optional: true, brief: 'How to print it; text where nothing is asked' },
      onto: {
        kind: 'parsed',
        parse: parseText,
        optional: true,
        placeholder: 'FILE',
        brief: 'With --format declarations: together with what FILE, such a document, declares',
      },
      null: { kind: 'boolean', default: false, withNegated: false, brief: '-0: each path as it is, ended by NUL' },
      exitCode: { kind: 'boolean', default: false, withNegated: false, brief: 'Exit with 1 where there are changes' },
    },
    positional: {
      kind: 'array',
      parameter: {
        parse: parseText,
        brief: 'One old root, or two to be compared; and paths: only what is at or below these',
        placeholder: 'OLD_ROOT|PATH',
      },
    },
  },
  docs: {
    customUsage: [
      '[--all] [--category C,…] [--format F | --json | -0] [--against WHAT] [--root DIR] [PATH…]',
      '[…] [--old-roots DIR] OLD_ROOT [PATH…]',
      '[…] [--old-roots DIR] OLD_A OLD_B [PATH…]',
    ],
    brief: 'What the next reboot washes away',
    fullDescription: helpText(
      'Shows what is on the ephemeral root and on no persistent storage, as the kernel sees it: what the next\nreboot washes away. On a machine whose root is not ephemeral, what an ephemeral root would lose.\nOf an old root (ebb ls), what was lost with it: it is compared with its own baseline.',
      [
        ['ebb diff', 'the whole root'],
        ['ebb diff /var/lib /etc', 'only what is below these'],
        ['ebb diff --category state,secret', 'only what should be kept'],
        ['ebb diff --format nix', 'a declaration for environment.persistence'],
        ['ebb diff --format declarations', 'the same in JSON, for ebb.declarations of NixOS'],
        ['ebb diff -0 | xargs -0 ls -ld', 'every path, for other programs'],
        ['ebb diff --root /mnt', 'a root that is mounted at /mnt'],
        ['ebb diff 2026-11-20_08-15-02', 'what that boot lost'],
        ['ebb diff 2026-11-19_08-00-41 2026-11-20_08-15-02', 'the second compared with the first'],
        ['ebb diff --against 2026-11-20_08-15-02', 'the running root compared with an old one'],
      ],
      'there are changes, and --exit-code was given',
    ),
  },
});

async function show(
  context: Context,
  { format, ...flags }: Flags & { readonly format: Format },
  request: DiffRequest,
): Promise<void> {
  const { out, err } = context;
  const ports = { machine: await context.machine(), progress: (entries: number) => context.progress(entries) };
  if (format === 'paths') {
    const warnings = await diffPaths(request, flags.null, ports, (bytes) => {
      if (flags.exitCode) context.exit(ExitStatus.findings);
      out.write(bytes);
    });
    err.write(warningsText(warnings, { colour: err.colour }));
    return;
  }
  // Before the work: a name that was mistyped is soon told.
  const onto = flags.onto === undefined ? noDeclarations : readDeclarations(pathFrom(context, flags.onto));
  const report = await diff(request, ports);
  if (flags.exitCode && report.changes.length > 0) context.exit(ExitStatus.findings);
  err.write(warningsText(report.warnings, { colour: err.colour }));
  switch (format) {
    case 'text': {
      const unfolded = flags.all || flags.depth !== undefined;
      writeParts(
        out,
        diffText(report, { width: out.width, colour: out.colour, unfolded, oldRoots: placeOf(context, flags) }),
      );
      break;
    }
    case 'json':
      writeParts(out, diffJson(report));
      break;
    case 'nix':
      out.write(diffNix(report));
      break;
    case 'toml':
      out.write(diffToml(report));
      break;
    case 'declarations': {
      const { text, warnings } = diffDeclarations(report, onto);
      err.write(warningsText(warnings, { colour: err.colour }));
      out.write(text);
      break;
    }
  }
}
