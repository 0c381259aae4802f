import { fstatSync, writeSync } from 'node:fs';
import { Failure } from '../core/failure.ts';

/** Where a command writes to. */
export interface Terminal {
  /** Columns; undefined where it is no terminal. */
  readonly width: number | undefined;
  readonly colour: boolean;
  write(text: string | Uint8Array): void;
}

/**
 * Whether the descriptor is a terminal, without loading what `process.stdout` takes: a third of ebb's start. Majors of
 * Linux's Documentation/admin-guide/devices.txt: consoles and serial lines, and pseudo-terminals.
 */
export function isTerminal(fd: number): boolean {
  try {
    const stat = fstatSync(fd);
    const major = (stat.rdev >> 8) & 0xfff;
    return stat.isCharacterDevice() && (major === 4 || major === 5 || (major >= 136 && major <= 143) || major === 204);
  } catch {
    // Closed by whoever started us.
    return false;
  }
}

export function terminal(fd: 1 | 2): Terminal {
  const shown = isTerminal(fd);
  const noColour = process.env['NO_COLOR'] !== undefined && process.env['NO_COLOR'] !== '';
  return {
    width: shown ? (fd === 1 ? process.stdout : process.stderr).columns || 80 : undefined,
    colour: shown && !noColour && process.env['TERM'] !== 'dumb',
    write: (text) => writeAll(fd, typeof text === 'string' ? Buffer.from(text, 'utf8') : text),
  };
}

const PART = 64 * 1024;

/** Writes a long text as it is made. */
export function writeParts(out: Pick<Terminal, 'write'>, parts: Iterable<string>): void {
  let text = '';
  for (const part of parts) {
    text += part;
    if (text.length < PART) continue;
    out.write(text);
    text = '';
  }
  if (text !== '') out.write(text);
}

/** The reader of the output has enough: there is nobody left to tell anything. */
export class OutputClosed extends Error {}

/**
 * All of it, in order, before going on: a pipe may take less at a time.
 * @throws OutputClosed where the reader has gone, Failure where the output cannot be written.
 */
export function writeAll(fd: number, bytes: Uint8Array): void {
  for (let at = 0; at < bytes.length; ) {
    try {
      at += writeSync(fd, bytes, at);
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException;
      // What stderr would say is lost, and no reason to stop.
      if (fd === 2 && code !== 'EAGAIN') return;
      if (code === 'EPIPE') throw new OutputClosed();
      if (code !== 'EAGAIN') throw new Failure('failed', `the output could not be written: ${message}`);
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5);
    }
  }
}
