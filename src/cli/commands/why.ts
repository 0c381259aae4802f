import { buildCommand } from '@stricli/core';
import { ROOT } from '../../core/rawpath.ts';
import { whyJson } from '../../render/json.ts';
import { warningsText } from '../../render/warnings.ts';
import { whyText } from '../../render/why-text.ts';
import { why } from '../../usecases/why.ts';
import type { Context } from '../context.ts';
import { comparisonFlags } from '../diff-options.ts';
import { helpText, pathFrom } from '../options.ts';

interface Flags {
  readonly root?: string;
  readonly json: boolean;
}

export const whyCommand = buildCommand<Flags, [string], Context>({
  async func(flags, typed) {
    const root = flags.root === undefined ? ROOT : pathFrom(this, flags.root);
    const path = pathFrom(root === '/' ? this : { workingDirectory: ROOT }, typed);
    const report = why({ root, path }, { machine: await this.machine() });
    this.err.write(warningsText(report.warnings, { colour: this.err.colour }));
    this.out.write(flags.json ? whyJson(report) : whyText(report, { width: this.out.width, colour: this.out.colour }));
  },
  parameters: {
    flags: { root: comparisonFlags.root, json: comparisonFlags.json },
    positional: {
      kind: 'tuple',
      parameters: [{ parse: (input: string) => input, brief: 'The path; it need not exist', placeholder: 'PATH' }],
    },
  },
  docs: {
    brief: 'Whether a path survives the next reboot, and why',
    fullDescription: helpText(
      'Says on which filesystem the path really is, what keeps it (a mount, a link, a declaration), what it\nis and whether to keep it, with the evidence. For a path that does not exist yet, what would become of it.',
      [
        ['ebb why /var/lib/forgejo', 'is it kept, and by what?'],
        ['ebb why ~/notes.txt', 'a single file'],
        ['ebb why --json /etc/machine-id', 'for other programs'],
      ],
    ),
  },
});
