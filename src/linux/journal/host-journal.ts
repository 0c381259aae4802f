import { spawn } from 'node:child_process';
import { closeSync, constants, existsSync, openSync } from 'node:fs';
import type { JournalEntry } from '../../core/doctor/journal-entry.ts';
import { type RawPath, textOf } from '../../core/rawpath.ts';
import type { Warning } from '../../core/report.ts';
import type { Journal, JournalOutcome, JournalRequest, JournalSource } from '../../ports/journal.ts';
import { outputFields, parseEntry } from './json-entry.ts';
import { Lines } from './lines.ts';

/** Where systemd-journald(8) keeps what it keeps. */
const PERSISTENT = '/var/log/journal' as RawPath;
/** Bytes of what journalctl(1) complains of that are told. */
const LONGEST_COMPLAINT = 4096;

/** The journal as journalctl(1) reads it: it knows all the files' formats, and runs as whoever asks. */
export class HostJournal implements Journal {
  readonly #program: string;

  constructor(program = 'journalctl') {
    this.#program = program;
  }

  read(request: JournalRequest, take: (entry: JournalEntry) => void): Promise<JournalOutcome> {
    return new Promise((resolve) => {
      let entries = 0;
      let tooLarge = 0;
      let garbage = 0;
      let complaint = '';
      const lines = new Lines((line) => {
        // Not an entry: what it says of there being none.
        if (!line.startsWith('{')) return;
        const entry = parseEntry(line);
        if (entry === 'garbage') garbage++;
        else if (entry === 'too-large') tooLarge++;
        else take(entry);
        if (++entries % 1000 === 0) request.progress(entries);
      });
      const finish = (problem: string | undefined): void => {
        const { unfinished } = lines.end();
        const ended = problem ?? (unfinished ? 'it stopped in the middle of an entry' : undefined);
        const unread = { tooLarge, garbage: garbage + lines.skipped };
        const warnings = warningsOf(ended, entries, unread, complaint);
        resolve({ entries, complete: ended === undefined, warnings });
      };
      const held = openPaths(request.source);
      const child = spawn(this.#program, argumentsFor(request, held), {
        stdio: ['pipe', 'pipe', 'pipe', ...held.values()],
        env: { ...process.env, LC_ALL: 'C', SYSTEMD_COLORS: '0', SYSTEMD_PAGER: '', SYSTEMD_LOG_LEVEL: 'notice' },
      });
      for (const fd of held.values()) closeSync(fd);
      // Not /dev/null, which a rescue system may lack. It reads nothing.
      child.stdin?.on('error', () => {});
      child.stdin?.end();
      let started = true;
      child.on('error', (error: NodeJS.ErrnoException) => {
        started = false;
        const isMissing = error.code === 'ENOENT';
        finish(isMissing ? `there is no ${this.#program} here` : `${this.#program}: ${error.message}`);
      });
      child.stdout?.on('data', (piece: Buffer) => lines.push(piece));
      child.stderr?.on('data', (piece: Buffer) => {
        complaint = (complaint + piece.toString('latin1')).slice(0, LONGEST_COMPLAINT);
      });
      child.on('close', (status, signal) => {
        if (!started) return;
        if (signal !== null) finish(`${this.#program} was ended by ${signal}`);
        else finish(status === 0 ? undefined : `${this.#program} ended with status ${status}`);
      });
    });
  }
}

/** Node passes arguments on as UTF-8: paths that are not that, each with a descriptor that leads to it. */
function openPaths(source: JournalSource): Map<RawPath, number> {
  const paths = source.kind === 'files' ? source.paths : source.kind === 'directory' ? [source.path] : [];
  const odd = new Set(paths.filter((path) => textOf(path) === undefined));
  const held = new Map<RawPath, number>();
  for (const path of odd) {
    try {
      held.set(path, openSync(Buffer.from(path, 'latin1'), constants.O_RDONLY));
    } catch {
      // journalctl says what is wrong with it.
    }
  }
  return held;
}

function argumentsFor({ source, boot }: JournalRequest, held: ReadonlyMap<RawPath, number>): string[] {
  const fields = `--output-fields=${outputFields.join(',')}`;
  const selected = boot === 'all' ? [] : [`--boot=${boot}`];
  const descriptors = [...held.keys()];
  const argument = (path: RawPath): string => {
    const at = descriptors.indexOf(path);
    // The first three are stdin, stdout and stderr.
    return at < 0 ? (textOf(path) ?? path) : `/proc/self/fd/${at + 3}`;
  };
  return ['--no-pager', '--output=json', fields, ...sourceArguments(source, boot, argument), ...selected];
}

function sourceArguments(source: JournalSource, boot: string, argument: (path: RawPath) => string): string[] {
  switch (source.kind) {
    case 'directory':
      return [`--directory=${argument(source.path)}`];
    case 'files':
      // It takes a glob.
      return source.paths.map((path) => `--file=${argument(path).replace(/[*?[\]\\]/g, '\\$&')}`);
    case 'running':
      // Earlier boots may have had another machine-id, each with a directory of its own, and only the present one's is
      // looked into where nothing is asked.
      return boot !== '0' && existsSync(PERSISTENT) ? [`--directory=${PERSISTENT}`] : [];
  }
}

function warningsOf(
  problem: string | undefined,
  entries: number,
  { tooLarge, garbage }: { tooLarge: number; garbage: number },
  complaint: string,
): Warning[] {
  const warnings: Warning[] = [];
  const add = (message: string): void => {
    warnings.push({ code: 'journal', message });
  };
  const said = complaint
    .split('\n')
    .filter((line) => line.trim() !== '')
    .slice(0, 3)
    .join('; ');
  if (problem !== undefined) {
    const some = entries === 1 ? 'only the first message was read' : `only the first ${entries} messages were read`;
    const sofar = entries === 0 ? 'the journal was not read' : some;
    add(`${sofar}: ${problem}${said === '' ? '' : ` (${said})`}`);
  } else if (said !== '') add(`of the journal: ${said}`);
  if (tooLarge > 0) add(`${counted(tooLarge, 'message')} of more than 4 KiB ${wereNot(tooLarge)} looked at`);
  if (garbage > 0) add(`${counted(garbage, 'entry', 'entries')} of the journal could not be read`);
  return warnings;
}

function counted(count: number, one: string, many = `${one}s`): string {
  return `${count} ${count === 1 ? one : many}`;
}

function wereNot(count: number): string {
  return count === 1 ? 'was not' : 'were not';
}
