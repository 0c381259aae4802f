import { writeFileSync } from 'node:fs';
import { buildCommand } from '@stricli/core';
import { Failure } from '../../core/failure.ts';
import { ROOT } from '../../core/rawpath.ts';
import type { WatchReport } from '../../core/writers/report.ts';
import type { Machine } from '../../ports/machine.ts';
import type { CommandRun, Watcher } from '../../ports/watch.ts';
import { commandLine } from '../../render/shell-quote.ts';
import { counted } from '../../render/units.ts';
import { warningsText } from '../../render/warnings.ts';
import { endedLine, overflowLine, startedLine, writesLine } from '../../render/watch-json.ts';
import { watchLines, watchText } from '../../render/watch-text.ts';
import { logDirectory } from '../../usecases/log-directories.ts';
import { type WatchRequest, watch } from '../../usecases/watch.ts';
import { LogKeeper } from '../../usecases/writer-log.ts';
import type { Context } from '../context.ts';
import { ExitStatus } from '../exit-status.ts';
import { helpText, pathFrom } from '../options.ts';
import type { Screen } from '../screen.ts';

interface Flags {
  readonly all: boolean;
  readonly for?: number;
  readonly log: boolean;
  readonly root?: string;
  readonly output?: string;
  readonly json: boolean;
}

/** Rows in a text that scrolls by. */
const ROWS = 20;

function parseDuration(input: string): number {
  const [, number, unit = 's'] = /^(\d+(?:\.\d+)?)([smhd])?$/.exec(input) ?? [];
  if (number === undefined) throw new Error(`${input} is no time: give seconds, or 90s, 5m, 2h, 1d`);
  return Number(number) * ({ s: 1, m: 60, h: 3600, d: 86400 }[unit] ?? 1);
}

export const watchCommand = buildCommand<Flags, string[], Context>({
  async func(flags, ...command) {
    checkUsage(flags, command);
    const machine = await this.machine();
    const { hostWatcher } = await import('../host-watcher.ts');
    const watcher = hostWatcher();
    const request: Request = {
      root: flags.root === undefined ? ROOT : pathFrom(this, flags.root),
      all: flags.all,
      seconds: flags.for,
    };
    if (command.length > 0) return watchCommandLine(this, flags, command, request, { machine, watcher });
    if (flags.log) return keepLog(this, request, { machine, watcher });
    return show(this, flags, request, { machine, watcher });
  },
  parameters: {
    flags: {
      all: { kind: 'boolean', default: false, withNegated: false, brief: 'Show generated and runtime files, too' },
      for: {
        kind: 'parsed',
        parse: parseDuration,
        optional: true,
        placeholder: 'TIME',
        brief: 'End after this time: seconds, or 90s, 5m, 2h, 1d',
      },
      log: {
        kind: 'boolean',
        default: false,
        withNegated: false,
        brief: 'Show nothing, and keep what was seen for diff and why: what ebb-watch.service does',
      },
      root: {
        kind: 'parsed',
        parse: (input: string) => input,
        optional: true,
        placeholder: 'DIR',
        brief: 'Watch the root filesystem that is mounted at DIR',
      },
      output: {
        kind: 'parsed',
        parse: (input: string) => input,
        optional: true,
        placeholder: 'FILE',
        brief: 'With a command: write the report there, not to stderr',
      },
      json: {
        kind: 'boolean',
        default: false,
        withNegated: false,
        brief: 'Print JSON documents, one a line, as it happens',
      },
    },
    aliases: { o: 'output' },
    positional: {
      kind: 'array',
      parameter: {
        parse: (input: string) => input,
        brief: 'A command to run: only what it and its children write is told',
        placeholder: 'COMMAND',
      },
    },
  },
  docs: {
    customUsage: ['[--all] [--for TIME] [--json | --log] [--root DIR]', '[--all] [-o FILE] [--json] -- COMMAND…'],
    brief: 'Who writes where on the root, as it happens',
    fullDescription: helpText(
      'Shows which services, containers and programs write to the ephemeral root, and in which directories, until it\nis interrupted. What goes to persistent storage does not count, whoever writes it.\n\nWith a command, runs it and tells on stderr what it and its children wrote. Its exit status is passed on: 128 and\nthe number of the signal where one ended it, 127 where there is no such command.',
      [
        ['ebb watch', 'a table that goes along, until Ctrl-C'],
        ['ebb watch --for 60', 'a minute of it'],
        ['ebb watch --json | jq .', 'for other programs'],
        ['ebb watch -- systemctl restart forgejo', 'what a command writes'],
        ['ebb watch -o report.txt -- make install', 'the same, with its report in a file'],
      ],
    ),
  },
});

type Request = Pick<WatchRequest, 'root' | 'all' | 'seconds'>;
interface Ports {
  readonly machine: Machine;
  readonly watcher: Watcher;
}

function checkUsage({ log, json, output, for: seconds }: Flags, command: readonly string[]): void {
  if (log && json) throw new Failure('usage', '--log shows nothing, and --json prints documents');
  if (command.length === 0) {
    if (output !== undefined) throw new Failure('usage', '-o goes with a command', 'or: ebb watch --json >FILE');
    return;
  }
  if (log) throw new Failure('usage', '--log is for a watch that goes on, not for a command');
  if (seconds !== undefined) throw new Failure('usage', 'a command ends by itself: leave out --for');
  if (json && output === undefined) {
    const hint = 'name a file, or a descriptor: -o /dev/fd/3';
    throw new Failure('usage', 'stdout and stderr are the command’s own, so --json needs -o FILE', hint);
  }
}

const unheard = { told: () => {}, overflowed: () => {}, log: undefined } as const;

/** The table, or documents, until somebody has enough. */
async function show(context: Context, flags: Flags, request: Request, ports: Ports): Promise<void> {
  const { out, err } = context;
  const interruption = context.interruption();
  const now = (): number => ports.machine.now();
  let screen: Screen | undefined;
  const hint = request.seconds === undefined ? 'Ctrl-C ends it' : 'Ctrl-C ends it sooner';
  const draw = (report: WatchReport): void => {
    if (screen === undefined) return;
    const { columns, rows } = screen.size();
    const style = { width: columns, colour: out.colour, command: undefined };
    // Heading, gaps, titles, notes and hint: what is left is for rows.
    const limit = Math.max(1, rows - 9);
    screen.draw(watchLines(report, { ...style, limit, live: { hint } }).slice(0, rows));
  };
  let report: WatchReport;
  try {
    report = await watch(
      { ...request, scope: undefined, increments: flags.json },
      {
        ...ports,
        stopped: () => interruption.signal !== undefined,
        started(first) {
          err.write(warningsText(first.warnings, { colour: err.colour }));
          if (flags.json) out.write(startedLine(first));
          else {
            screen = context.screen();
            draw(first);
          }
        },
        told(whole, fresh) {
          if (flags.json) for (const row of fresh) out.write(writesLine(row, now()));
          else if (screen !== undefined) draw(whole());
        },
        overflowed() {
          if (flags.json) out.write(overflowLine(now()));
        },
        log: undefined,
      },
    );
  } finally {
    screen?.close();
    interruption.release();
  }
  if (flags.json) out.write(endedLine(report, undefined));
  else out.write(watchText(report, { ...styleOf(out), limit: flags.all ? undefined : ROWS, command: undefined }));
  if (interruption.signal === 'SIGINT') context.exit(ExitStatus.interrupted);
}

/** The service: nothing is shown, and what was seen goes into persistent storage. */
async function keepLog(context: Context, request: Request, ports: Ports): Promise<void> {
  const interruption = context.interruption();
  const warn = (message: string): void =>
    context.err.write(warningsText([{ code: 'watch', message }], { colour: context.err.colour }));
  const { machine, watcher } = ports;
  const root = machine.openRoot(request.root);
  const { directory, survives } = logDirectory(root);
  root.close();
  if (!survives) warn(`there is no persistent storage: the log in ${directory} goes with the root`);
  const bootId = machine.bootId();
  const log = new LogKeeper(watcher.logIn(directory, bootId), bootId, warn);
  try {
    await watch(
      { ...request, all: true, scope: undefined, increments: false },
      {
        ...ports,
        ...unheard,
        stopped: () => interruption.signal !== undefined,
        started: (first) => context.err.write(warningsText(first.warnings, { colour: context.err.colour })),
        overflowed: () => warn('the kernel’s queue was full: what was written is searched for, but not who wrote it'),
        log,
      },
    );
  } finally {
    interruption.release();
  }
}

/** A command, with what it wrote. */
async function watchCommandLine(
  context: Context,
  flags: Flags,
  words: readonly string[],
  request: Request,
  ports: Ports,
): Promise<void> {
  const { err } = context;
  const run = ports.watcher.command(words);
  const interruption = context.interruption();
  // A terminal sends these to the command itself, too.
  const ofTerminal = new Set(['SIGINT', 'SIGQUIT']);
  interruption.handOn((signal) => {
    if (!ofTerminal.has(signal) || !process.stdin.isTTY) run.signal(signal);
  });
  let isOver = false;
  let report: WatchReport;
  try {
    report = await watch(
      { ...request, scope: run.scope, increments: false },
      {
        ...ports,
        ...unheard,
        stopped: () => isOver,
        started(first) {
          err.write(warningsText(first.warnings, { colour: err.colour }));
          run.start(() => {
            isOver = true;
          });
        },
      },
    );
  } finally {
    interruption.release();
  }
  const left = run.finish();
  tell(context, flags, words, run, report, left);
  context.exit(run.status ?? ExitStatus.failed);
}

function tell(
  context: Context,
  { json, output }: Flags,
  words: readonly string[],
  run: CommandRun,
  report: WatchReport,
  left: number,
): void {
  const { err } = context;
  const style = output === undefined ? styleOf(err) : { width: undefined, colour: false, live: undefined };
  const text = json
    ? [...report.rows.map((row) => writesLine(row, report.now)), endedLine(report, run.status)].join('')
    : watchText(report, { ...style, limit: undefined, command: commandLine(words) });
  if (output === undefined) err.write(text);
  else writeReport(output, text);
  const message = `${counted(left, 'process', 'processes')} of it go on: what they write from now on is not told`;
  if (left > 0) err.write(warningsText([{ code: 'watch', message }], { colour: err.colour }));
}

function writeReport(file: string, text: string): void {
  // What is open already is written to as it is: opened again, a file would be cut, and a socket could not be.
  const fd = /^\/(?:dev|proc\/self)\/fd\/(\d+)$/.exec(file)?.[1] ?? { '/dev/stdout': 1, '/dev/stderr': 2 }[file];
  try {
    writeFileSync(fd === undefined ? Buffer.from(file, 'latin1') : Number(fd), text);
  } catch (error) {
    throw new Failure('failed', `the report could not be written to ${file}: ${(error as Error).message}`);
  }
}

function styleOf({ width, colour }: { width: number | undefined; colour: boolean }) {
  return { width, colour, live: undefined };
}
