import { buildCommand } from '@stricli/core';
import { Failure } from '../../core/failure.ts';
import { type RawPath, ROOT } from '../../core/rawpath.ts';
import { diffNix } from '../../render/nix.ts';
import type { DeclarationNotes } from '../../render/persistence.ts';
import { surveyJson } from '../../render/survey-json.ts';
import { surveyMarkdown } from '../../render/survey-markdown.ts';
import { surveyText } from '../../render/survey-text.ts';
import { diffToml } from '../../render/toml.ts';
import { warningsText } from '../../render/warnings.ts';
import { survey } from '../../usecases/survey.ts';
import type { Context } from '../context.ts';
import { comparisonFlags } from '../diff-options.ts';
import { helpText, pathFrom } from '../options.ts';

const formats = ['text', 'json', 'markdown', 'nix', 'toml'] as const;
const references = ['baseline', 'boot', 'packages', 'nothing'] as const;

interface Flags {
  readonly root?: string;
  readonly against?: (typeof references)[number];
  readonly rootOnly: boolean;
  readonly format?: (typeof formats)[number];
  readonly json: boolean;
}

export const surveyCommand = buildCommand<Flags, [], Context>({
  async func(flags) {
    const format = flags.format ?? (flags.json ? 'json' : 'text');
    if (flags.json && format !== 'json')
      throw new Failure('usage', `--json and --format ${format} ask for two formats`);
    const { sha256 } = await import('../../linux/system/sha256.ts');
    const root: RawPath = flags.root === undefined ? ROOT : pathFrom(this, flags.root);
    const against = flags.against === undefined ? undefined : { kind: flags.against };
    const report = await survey(
      { root, against, rootOnly: flags.rootOnly },
      { machine: await this.machine(), sha256, progress: (entries) => this.progress(entries) },
    );
    const { out, err } = this;
    const notes: DeclarationNotes = { command: 'survey', noteOf: (path) => report.owners.get(path) };
    err.write(warningsText(report.warnings, { colour: err.colour }));
    switch (format) {
      case 'text':
        out.write(surveyText(report, { width: out.width, colour: out.colour }));
        break;
      case 'json':
        out.write(surveyJson(report));
        break;
      case 'markdown':
        out.write(surveyMarkdown(report, notes));
        break;
      case 'nix':
        out.write(diffNix(report.diff, notes));
        break;
      case 'toml':
        out.write(diffToml(report.diff, notes));
        break;
    }
  },
  parameters: {
    flags: {
      root: comparisonFlags.root,
      against: {
        kind: 'enum',
        values: references,
        optional: true,
        brief: 'What is left out: what is as there; nothing: list all',
      },
      rootOnly: {
        kind: 'boolean',
        default: false,
        withNegated: false,
        brief: 'Do not look into what is mounted upon the root',
      },
      format: { kind: 'enum', values: formats, optional: true, brief: 'How to print it; text where nothing is asked' },
      json: comparisonFlags.json,
    },
  },
  docs: {
    customUsage: ['[--root DIR] [--against WHAT] [--root-only] [--format F | --json]'],
    brief: 'All the state of a machine, by service: what a rollout starts from',
    fullDescription: helpText(
      'Takes stock of any Linux machine, whether its root is ephemeral or not: what each service keeps,\ndatabases that need a dump, containers and their volumes, keys and identities, what opens the disks,\naccounts, what is kept already, and what nobody claims. Of keys it tells fingerprints, of passwords\nwhose they are.',
      [
        ['ebb survey', 'this machine'],
        ['ebb survey --format markdown > h001.md', 'the document of this host'],
        ['ebb survey --format nix', 'a declaration for environment.persistence'],
        ['ebb survey --root /mnt --json', 'a root that is mounted at /mnt, for other programs'],
      ],
    ),
  },
});
