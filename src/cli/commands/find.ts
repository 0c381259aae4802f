import { buildCommand } from '@stricli/core';
import { Failure } from '../../core/failure.ts';
import { bytesOf, type RawPath, resolveLexically } from '../../core/rawpath.ts';
import { findJson } from '../../render/find-json.ts';
import { findText, nothingFoundText } from '../../render/find-text.ts';
import { warningsText } from '../../render/warnings.ts';
import { find } from '../../usecases/find.ts';
import type { Context } from '../context.ts';
import { comparisonFlags } from '../diff-options.ts';
import { ExitStatus } from '../exit-status.ts';
import { type PlaceFlags, parseCount, placeFlags, placeOf } from '../old-roots-options.ts';
import { helpText, parseText } from '../options.ts';

interface Flags extends PlaceFlags {
  readonly grep?: string;
  readonly count?: number;
  readonly json: boolean;
}

/** What begins with `./` or `../` is seen from the working directory, whose own path is no glob. */
function patternFrom({ workingDirectory }: Context, typed: string): string {
  if (!/^\.\.?(\/|$)/.test(typed)) return typed;
  return resolveLexically(workingDirectory.replace(/[*?[\\]/g, '\\$&') as RawPath, typed);
}

export const findCommand = buildCommand<Flags, [string], Context>({
  async func(flags, pattern) {
    if (flags.grep === '') throw new Failure('usage', '--grep needs some text to look for');
    const report = find(
      {
        oldRoots: placeOf(this, flags),
        pattern: patternFrom(this, pattern),
        text: flags.grep === undefined ? undefined : bytesOf(flags.grep),
        count: flags.count,
      },
      { machine: await this.machine(), progress: (entries) => this.progress(entries) },
    );
    this.err.write(warningsText(report.warnings, { colour: this.err.colour }));
    const isFound = report.paths.some(({ oldRoots }) => oldRoots > 0);
    // Where something could not be read, nobody can say that it is in none.
    const isDoubtful = !isFound && report.warnings.some(({ code }) => code === 'unreadable');
    if (report.failed > 0 || isDoubtful) this.exit(ExitStatus.partial);
    else if (!isFound) this.exit(ExitStatus.notFound);
    this.out.write(
      flags.json ? findJson(report) : findText(report, { width: this.out.width, colour: this.out.colour }),
    );
    if (!isFound) this.err.write(nothingFoundText(report));
  },
  parameters: {
    flags: {
      ...placeFlags,
      grep: {
        kind: 'parsed',
        parse: parseText,
        placeholder: 'TEXT',
        optional: true,
        brief: 'Only text files of up to 1 MiB that hold TEXT',
      },
      count: {
        kind: 'parsed',
        parse: parseCount,
        placeholder: 'N',
        optional: true,
        brief: 'Look into the newest N old roots only',
      },
      json: comparisonFlags.json,
    },
    aliases: { n: 'count' },
    positional: {
      kind: 'tuple',
      parameters: [{ parse: parseText, brief: 'An absolute path, a bare name, or a glob', placeholder: 'PATTERN' }],
    },
  },
  docs: {
    customUsage: ['[--grep TEXT] [-n N] [--json] [--old-roots DIR] PATTERN'],
    brief: 'In which old roots a path was, and its versions',
    fullDescription: helpText(
      'Finds a path in the old roots and tells its versions apart by their content, newest first, each with the old\nroots that have it and the command that brings it back. `now` marks what the running root has.\nAn absolute path is looked up, a glob is searched for below its leading directories, a bare name everywhere; one\nthat begins with ./ or ../ is looked up from the working directory, as ebb restore does with any relative path. In\na glob, * and ? stand for what is in one name, ** for any directories; a backslash takes that meaning away.',
      [
        ['ebb find /etc/nginx/nginx.conf', 'this path'],
        ['ebb find nginx.conf', 'every file of this name'],
        ["ebb find '/home/*/.ssh/**'", 'a glob'],
        ["ebb find --grep 10.0.0.7 '/etc/**'", 'files below /etc that hold this text'],
      ],
      undefined,
      ['partial'],
    ),
  },
});
