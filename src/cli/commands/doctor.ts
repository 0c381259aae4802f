import { buildCommand } from '@stricli/core';
import type { DoctorReport } from '../../core/doctor/doctor-report.ts';
import { Failure } from '../../core/failure.ts';
import { ROOT } from '../../core/rawpath.ts';
import { doctorJson } from '../../render/doctor-json.ts';
import { doctorText } from '../../render/doctor-text.ts';
import { warningsText } from '../../render/warnings.ts';
import { doctor } from '../../usecases/doctor.ts';
import type { Context } from '../context.ts';
import { comparisonFlags } from '../diff-options.ts';
import { ExitStatus } from '../exit-status.ts';
import { type PlaceFlags, placeFlags, placeOf } from '../old-roots-options.ts';
import { helpText, parseText, pathFrom } from '../options.ts';

interface Flags extends PlaceFlags {
  readonly boot: string;
  readonly directory?: string;
  readonly file?: readonly string[];
  readonly root?: string;
  readonly all: boolean;
  readonly exitCode: boolean;
  readonly json: boolean;
}

/** As journalctl(1) takes it: how many boots back, or an id. */
function parseBoot(input: string): string {
  if (/^(all|[+-]?\d{1,9}|[0-9a-f]{32}([+-]\d{1,9})?)$/.test(input)) return input;
  throw new Error(`${input} is no boot: give 0 for the last one, -1 for the one before, an id, or all`);
}

/**
 * A journal that broke off, one that was named and could not be read, or an old root that could not be looked into: what
 * was not seen may be worse.
 */
function isPartial({ journal, oldRoots }: DoctorReport, isNamed: boolean): boolean {
  return (!journal.complete && (isNamed || journal.entries > 0)) || (oldRoots !== undefined && oldRoots.failed > 0);
}

export const doctorCommand = buildCommand<Flags, [], Context>({
  async func(flags) {
    if (flags.directory !== undefined && flags.file !== undefined) {
      throw new Failure('usage', '--directory and --file both say where the journal is: give one of them');
    }
    const directory = flags.directory === undefined ? undefined : pathFrom(this, flags.directory);
    const files = (flags.file ?? []).map((file) => pathFrom(this, file));
    const { assertNamedJournal, hostDoctor } = await import('../host-doctor.ts');
    assertNamedJournal(directory, files);
    const report = await doctor(
      {
        root: flags.root === undefined ? ROOT : pathFrom(this, flags.root),
        boot: flags.boot,
        directory,
        files,
        oldRoots: placeOf(this, flags),
        all: flags.all,
      },
      { machine: await this.machine(), ...hostDoctor(), progress: (entries) => this.progress(entries) },
    );
    this.err.write(warningsText(report.warnings, { colour: this.err.colour }));
    const isWrong = report.findings.some(({ severity }) => severity !== 'note');
    if (flags.exitCode && isWrong) this.exit(ExitStatus.findings);
    else if (isPartial(report, directory !== undefined || files.length > 0 || flags.boot !== '0'))
      this.exit(ExitStatus.partial);
    this.out.write(
      flags.json ? doctorJson(report) : doctorText(report, { width: this.out.width, colour: this.out.colour }),
    );
  },
  parameters: {
    flags: {
      boot: {
        kind: 'parsed',
        parse: parseBoot,
        placeholder: 'BOOT',
        default: '0',
        brief: 'Which boot: 0 is the last one in the journal, -1 the one before; an id, or all',
      },
      directory: {
        kind: 'parsed',
        parse: parseText,
        placeholder: 'DIR',
        optional: true,
        brief: 'Read the journal in DIR instead of that of the root',
      },
      file: {
        kind: 'parsed',
        parse: parseText,
        placeholder: 'FILE',
        optional: true,
        variadic: true,
        brief: 'Read this file of a journal; may be given several times',
      },
      root: comparisonFlags.root,
      ...placeFlags,
      all: { kind: 'boolean', default: false, withNegated: false, brief: 'Show notes too: what is hardly wrong' },
      exitCode: {
        kind: 'boolean',
        default: false,
        withNegated: false,
        brief: 'Exit with 1 where something is wrong',
      },
      json: comparisonFlags.json,
    },
    aliases: { b: 'boot' },
    positional: { kind: 'tuple', parameters: [] },
  },
  docs: {
    customUsage: [
      '[-b BOOT] [--directory DIR | --file FILE] [--root DIR] [--old-roots DIR] [--all] [--exit-code] [--json]',
    ],
    brief: 'What this boot broke, and why',
    fullDescription: helpText(
      'Reads the journal of this boot for missing files, permissions, failed starts and programs that set themselves up\nas if they had never run, and looks up in the old roots what was there before. The worst comes first, each with what\nit is known by and the commands that mend it. Nothing is changed.',
      [
        ['ebb doctor', 'after a reboot'],
        ['ebb doctor -b -1', 'what the boot before this one said'],
        ['ebb doctor --root /mnt --old-roots /mnt/old_roots', 'a machine that does not boot, from a rescue disk'],
        ['ebb doctor --exit-code --json', 'for a timer or a monitor'],
      ],
      'something is wrong; only with --exit-code',
      ['partial'],
    ),
  },
});
