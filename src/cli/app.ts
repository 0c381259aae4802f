import { type Application, buildApplication, buildRouteMap, run, text_en } from '@stricli/core';
import { Failure } from '../core/failure.ts';
import { rawFromText } from '../core/rawpath.ts';
import { display } from '../render/escape.ts';
import { commandLine } from '../render/shell-quote.ts';
import { adoptCommand } from './commands/adopt.ts';
import { baselineRoutes } from './commands/baseline.ts';
import { captureCommand } from './commands/capture.ts';
import { checkCommand } from './commands/check.ts';
import { diffCommand } from './commands/diff.ts';
import { doctorCommand } from './commands/doctor.ts';
import { findCommand } from './commands/find.ts';
import { gcCommand } from './commands/gc.ts';
import { initCommand } from './commands/init.ts';
import { lsCommand } from './commands/ls.ts';
import { openCommand } from './commands/open.ts';
import { pinCommand } from './commands/pin.ts';
import { resetCommand } from './commands/reset.ts';
import { restoreCommand } from './commands/restore.ts';
import { surveyCommand } from './commands/survey.ts';
import { unpinCommand } from './commands/unpin.ts';
import { watchCommand } from './commands/watch.ts';
import { whyCommand } from './commands/why.ts';
import type { Context } from './context.ts';
import { ExitStatus, statusOfFailure } from './exit-status.ts';
import { version } from './version.ts';

const routes = buildRouteMap({
  routes: {
    diff: diffCommand,
    check: checkCommand,
    why: whyCommand,
    survey: surveyCommand,
    doctor: doctorCommand,
    baseline: baselineRoutes,
    ls: lsCommand,
    gc: gcCommand,
    pin: pinCommand,
    unpin: unpinCommand,
    adopt: adoptCommand,
    open: openCommand,
    restore: restoreCommand,
    find: findCommand,
    capture: captureCommand,
    reset: resetCommand,
    init: initCommand,
    watch: watchCommand,
  },
  docs: {
    brief: 'What an ephemeral root loses at the next reboot, and what to keep',
    fullDescription: [
      'ebb looks after machines whose root filesystem is thrown away at every boot: it says what the next reboot',
      'washes away, whether a path is kept and by what, and fails a check where something would be lost.',
      '',
      'Begin with: ebb diff',
    ].join('\n'),
  },
});

/** stricli's own errors, as the rest of ebb words them. */
function told(text: string, command: string | undefined): string {
  // It knows flags by their names in the code.
  const spelled = text.replace(/--[a-z]+(?:[A-Z][a-z]+)+/g, (flag) =>
    flag.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`),
  );
  const help = command === undefined ? 'ebb --help, and ebb COMMAND --help, say' : `ebb ${command} --help says`;
  return `ebb: ${spelled}\n  ${help} what there is`;
}

function applicationFor(command: string | undefined): Application<Context> {
  return buildApplication(routes, {
    name: 'ebb',
    versionInfo: { currentVersion: version },
    scanner: { caseStyle: 'allow-kebab-for-camel', allowArgumentEscapeSequence: true },
    documentation: { useAliasInUsageLine: true, disableAnsiColor: true },
    localization: {
      text: {
        ...text_en,
        noCommandRegisteredForInput: (args) => told(text_en.noCommandRegisteredForInput(args), undefined),
        exceptionWhileParsingArguments(error, ansiColor) {
          return error instanceof Failure
            ? errorText(error)
            : told(text_en.exceptionWhileParsingArguments.call(this, error, ansiColor), command);
        },
        exceptionWhileRunningCommand: (error) => errorText(error),
        commandErrorResult: (error) => errorText(error),
      },
    },
    determineExitCode: (error) => (error instanceof Failure ? statusOfFailure[error.code] : ExitStatus.failed),
  });
}

/** The command that the arguments name, with its parts. */
function commandOf([first = '', second = '']: readonly string[]): string | undefined {
  if (first === 'baseline') return second === 'record' ? 'baseline record' : first;
  return routes.getRoutingTargetForInput(first) === undefined ? undefined : first;
}

/** Runs the command that the arguments, byte strings, name. Gives the exit status. */
export async function runCommand(args: readonly string[], context: Context): Promise<number> {
  const empty = args.find((argument) => /^--[a-z-]+=$/.test(argument));
  if (empty !== undefined) {
    context.err.write(`ebb: ${empty} has no value\n`);
    return ExitStatus.failed;
  }
  const words = spelledOut(args);
  await run(applicationFor(commandOf(words)), words, context);
  const { exitCode } = context.process;
  if (typeof exitCode !== 'number') return ExitStatus.failed;
  // stricli counts wrong usage down from zero; here it is a failure like another.
  return exitCode < 0 ? ExitStatus.failed : exitCode;
}

/** `help diff` is `diff --help`; and stricli knows letters as short flags only, and no value behind them: `-n5`. */
function spelledOut(args: readonly string[]): string[] {
  const [first, ...others] = args;
  const asked = first === 'help' ? [...others, '--help'] : args;
  const end = asked.indexOf('--');
  const flags = end < 0 ? asked : asked.slice(0, end);
  const words = flags.flatMap((argument) => {
    if (argument === '-0') return ['--null'];
    return /^-n\d+$/.test(argument) ? ['-n', argument.slice(2)] : [argument];
  });
  return [...words, ...asked.slice(flags.length)];
}

/** What is said of an error, with nothing in it that a terminal would take for more than text. */
export function errorText(error: unknown): string {
  if (error instanceof Failure) {
    const command = error.command === undefined ? '' : `: ${commandLine(error.command)}`;
    const hint = error.hint === undefined ? '' : `\n  ${display(error.hint)}${command}`;
    return `ebb: ${display(error.message)}${hint}`;
  }
  const message = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return `ebb: this should not have happened; please report it\n${message
    .split('\n')
    .map((line) => display(rawFromText(line)))
    .join('\n')}`;
}
