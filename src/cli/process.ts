import { readFileSync, readlinkSync, readSync } from 'node:fs';
import { Failure } from '../core/failure.ts';
import type { RawPath } from '../core/rawpath.ts';
import type { Machine } from '../ports/machine.ts';
import { display } from '../render/escape.ts';
import { errorText, runCommand } from './app.ts';
import type { Context } from './context.ts';
import { catchInterruption } from './interruption.ts';
import { isTerminal, OutputClosed, terminal, writeAll } from './output.ts';
import { openScreen } from './screen.ts';

/** Runs ebb as this process. */
export async function runProcess(): Promise<void> {
  const args = rawArguments();
  const [out, err] = [terminal(1), terminal(2)];
  const progress = progressOn(isTerminal(2));
  const context: Context = {
    process: {
      stdout: { write: (text) => context.out.write(withTypedWordsSafe(text, args)) },
      stderr: { write: (text) => err.write(withTypedWordsSafe(text, args)) },
    },
    out: {
      ...out,
      write(text) {
        progress.clear();
        try {
          out.write(text);
        } catch (error) {
          // What was found so far is found, whoever still listens.
          if (error instanceof OutputClosed) process.exit(Number(context.process.exitCode ?? 0));
          if (!(error instanceof Failure)) throw error;
          err.write(`${errorText(error)}\n`);
          process.exit(2);
        }
      },
    },
    err: {
      ...err,
      write(text) {
        progress.clear();
        err.write(text);
      },
    },
    get workingDirectory() {
      return workingDirectory();
    },
    machine: loadMachine,
    progress: progress.show,
    ask(question, before) {
      if (!isTerminal(0)) return undefined;
      before?.();
      progress.clear();
      err.write(`${question} [y/N] `);
      return /^y(es)?\s*$/i.test(readLine());
    },
    screen: openScreen,
    interruption: catchInterruption,
    exit: (status) => {
      context.process.exitCode = status;
    },
  };
  process.exitCode = await runCommand(args, context);
  progress.clear();
}

/** The arguments as bytes: Node decodes them as UTF-8, and a path need not be that. */
function rawArguments(): string[] {
  const count = process.argv.length - 2;
  if (count === 0) return [];
  const words = readFileSync('/proc/self/cmdline', 'latin1').split('\0').slice(0, -1);
  return words.slice(-count);
}

/** Words that were typed come back in errors: as text, and never as more than that. */
function withTypedWordsSafe(text: string, args: readonly string[]): string {
  return args.reduce((safe, word) => {
    const shown = display(word);
    return shown === word || word === '' ? safe : safe.replaceAll(word, shown);
  }, text);
}

/** What is typed at the terminal, up to the end of the line. */
function readLine(): string {
  const bytes = Buffer.alloc(1);
  let line = '';
  while (line.length < 100 && readSync(0, bytes) === 1 && bytes[0] !== 10) line += bytes.toString('latin1');
  return line;
}

/** As bytes, which `process.cwd` does not give. @throws Failure where it was removed. */
function workingDirectory(): RawPath {
  const path = readlinkSync('/proc/self/cwd', 'buffer').toString('latin1');
  if (path.endsWith(' (deleted)')) {
    throw new Failure('failed', 'the working directory was removed', 'go to another one, or give absolute paths');
  }
  return path as RawPath;
}

async function loadMachine(): Promise<Machine> {
  const { hostMachine } = await import('./host-machine.ts');
  return hostMachine();
}

const FIRST_AFTER = 1000;
const EVERY = 100;

/** A line on the terminal that counts along while work takes longer than a second. */
function progressOn(shows: boolean): { show: (entries: number) => void; clear: () => void } {
  let last = uptime() + FIRST_AFTER - EVERY;
  let shown = false;
  return {
    show: (entries) => {
      const now = uptime();
      if (!shows || now - last < EVERY) return;
      last = now;
      shown = true;
      writeAll(2, Buffer.from(`\r\x1b[K${entries.toLocaleString('en-US')} entries looked at …`));
    },
    clear: () => {
      if (shown) writeAll(2, Buffer.from('\r\x1b[K'));
      shown = false;
    },
  };
}

/** Milliseconds; not `performance`, which takes loading. */
function uptime(): number {
  return process.uptime() * 1000;
}
