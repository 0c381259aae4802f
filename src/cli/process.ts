import { fstatSync, readFileSync, writeSync } from 'node:fs';
import type { RawPath } from '../core/rawpath.ts';
import { rawFromText } from '../core/rawpath.ts';
import type { Machine } from '../ports/machine.ts';
import { display } from '../render/escape.ts';
import { runCommand } from './app.ts';
import type { Context, Terminal } from './context.ts';

/** Runs ebb as this process. */
export async function runProcess(): Promise<void> {
  const err = terminal(2);
  const progress = progressOn(isTerminal(2));
  const context: Context = {
    process: {
      stdout: { write: (text) => out.write(text) },
      // What a person typed may come back in an error.
      stderr: { write: (text) => err.write(safeLines(text)) },
    },
    out: terminal(1),
    err: { ...err, write: (text) => err.write(progress.cleared(text)) },
    workingDirectory: rawFromText(process.cwd()) as RawPath,
    machine: loadMachine,
    progress: progress.show,
    exit: (status) => {
      context.process.exitCode = status;
    },
  };
  const { out } = context;
  process.exitCode = await runCommand(rawArguments(), context);
  progress.cleared('');
}

/** The arguments as bytes: Node decodes them as UTF-8, and a path need not be that. */
function rawArguments(): string[] {
  const count = process.argv.length - 2;
  if (count === 0) return [];
  const words = readFileSync('/proc/self/cmdline', 'latin1').split('\0').slice(0, -1);
  return words.slice(-count);
}

async function loadMachine(): Promise<Machine> {
  const { hostMachine } = await import('./host-machine.ts');
  return hostMachine();
}

/**
 * Whether the descriptor is a terminal, without loading what `process.stdout` takes: a third of ebb's start. Majors of
 * Linux's Documentation/admin-guide/devices.txt: consoles and serial lines, and pseudo-terminals.
 */
function isTerminal(fd: number): boolean {
  const stat = fstatSync(fd, { bigint: false });
  const major = (stat.rdev >> 8) & 0xfff;
  return stat.isCharacterDevice() && (major === 4 || major === 5 || (major >= 136 && major <= 143) || major === 204);
}

function terminal(fd: 1 | 2): Terminal {
  const shown = isTerminal(fd);
  const noColour = process.env['NO_COLOR'] !== undefined && process.env['NO_COLOR'] !== '';
  return {
    width: shown ? (fd === 1 ? process.stdout : process.stderr).columns || 80 : undefined,
    colour: shown && !noColour && process.env['TERM'] !== 'dumb',
    write: (text) => writeAll(fd, typeof text === 'string' ? Buffer.from(text, 'utf8') : text),
  };
}

/** All of it, in order, before going on: a pipe may take less at a time, or be shut by a reader that has enough. */
function writeAll(fd: number, bytes: Uint8Array): void {
  for (let at = 0; at < bytes.length; ) {
    try {
      at += writeSync(fd, bytes, at);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === 'EPIPE') process.exit(0);
      if (code !== 'EAGAIN') throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5);
    }
  }
}

/** Line by line: byte strings and stricli's own words alike. */
function safeLines(text: string): string {
  return text.split('\n').map(display).join('\n');
}

const FIRST_AFTER = 1000;
const EVERY = 100;

/** A line on the terminal that counts along while work takes longer than a second. */
function progressOn(shows: boolean): {
  show: (entries: number) => void;
  cleared: (text: string | Uint8Array) => string | Uint8Array;
} {
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
    cleared: (text) => {
      if (shown) writeAll(2, Buffer.from('\r\x1b[K'));
      shown = false;
      return text;
    },
  };
}

/** Milliseconds; not `performance`, which takes loading. */
function uptime(): number {
  return process.uptime() * 1000;
}
