import { fstatSync, openSync, writeFileSync } from 'node:fs';
import { Failure } from '../../core/failure.ts';
import type { Warning } from '../../core/report.ts';
import type { WatchReport } from '../../core/writers/report.ts';
import type { CommandRun } from '../../ports/watch.ts';
import { commandLine } from '../../render/shell-quote.ts';
import { countText } from '../../render/units.ts';
import { warningsText } from '../../render/warnings.ts';
import { endedLine, writesLine } from '../../render/watch-json.ts';
import { watchText } from '../../render/watch-text.ts';
import { watch } from '../../usecases/watch.ts';
import type { Context } from '../context.ts';
import { ExitStatus } from '../exit-status.ts';
import { isTerminal } from '../output.ts';
import { untold, type Watched, type WatchedBy } from './request.ts';

const incomplete: Warning = {
  code: 'watch',
  message: 'there can be no control group for the command: what children write that end within a moment is missed',
};

/** A command, with what it wrote. */
export async function watchCommandLine(
  context: Context,
  flags: { readonly json: boolean; readonly output?: string },
  words: readonly string[],
  request: Watched,
  ports: WatchedBy,
): Promise<void> {
  const { err } = context;
  const output = flags.output === undefined ? undefined : openReport(flags.output);
  const run = ports.watcher.command(words);
  const interruption = context.interruption();
  // A terminal sends these to the command itself, too.
  const ofTerminal = new Set(['SIGINT', 'SIGQUIT']);
  interruption.handOn((signal) => {
    if (!ofTerminal.has(signal) || !isTerminal(0)) run.signal(signal);
  });
  let isOver = false;
  let report: WatchReport;
  let left = 0;
  try {
    report = await watch(
      { ...request, scope: run.scope, increments: false },
      {
        ...ports,
        ...untold,
        stopped: () => isOver,
        started(first) {
          const warnings = run.isWhole ? first.warnings : [...first.warnings, incomplete];
          err.write(warningsText(warnings, { colour: err.colour }));
          run.start(() => {
            isOver = true;
          });
        },
      },
    );
  } finally {
    left = run.finish();
    interruption.release();
  }
  tell(context, { json: flags.json, output }, words, run, report, left);
  context.exit(run.status ?? ExitStatus.failed);
}

function tell(
  context: Context,
  { json, output }: { readonly json: boolean; readonly output: number | undefined },
  words: readonly string[],
  run: CommandRun,
  report: WatchReport,
  left: number,
): void {
  const { err } = context;
  const style =
    output === undefined
      ? { width: err.width, colour: err.colour, live: undefined }
      : { width: undefined, colour: false, live: undefined };
  const text = json
    ? [...report.rows.map((row) => writesLine(row, report.now)), endedLine(report, run.status)].join('')
    : watchText(report, { ...style, limit: undefined, command: commandLine(words) });
  if (output === undefined) err.write(text);
  else writeFileSync(output, text);
  const processes = left === 1 ? '1 process of it goes on' : `${countText(left)} processes of it go on`;
  const message = `${processes}: what is written from now on is not told`;
  if (left > 0) err.write(warningsText([{ code: 'watch', message }], { colour: err.colour }));
}

/** Opened before the command runs, so that what it wrote is not told in vain. */
function openReport(file: string): number {
  // What is open already is written to as it is: opened again, a file would be cut, and a socket could not be.
  const fd = /^\/(?:dev|proc\/self)\/fd\/(\d+)$/.exec(file)?.[1] ?? { '/dev/stdout': 1, '/dev/stderr': 2 }[file];
  try {
    if (fd === undefined) return openSync(Buffer.from(file, 'latin1'), 'w');
    fstatSync(Number(fd));
    return Number(fd);
  } catch (error) {
    throw new Failure('failed', `the report cannot be written to ${file}: ${(error as Error).message}`);
  }
}
