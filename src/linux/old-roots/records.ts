import { type BootFacts, parseBoot } from '../../core/old-root.ts';
import { checkedUtcSeconds, readOldRootName } from '../../core/old-root-name.ts';
import type { RawName } from '../../core/rawpath.ts';
import type { OldRootNotes } from '../../ports/old-roots.ts';
import { EACCES, ENOENT, ENOTDIR, EXDEV } from '../system/errno.ts';
import { systemError } from '../system/errors.ts';
import { A_DIRECTORY, O_NOFOLLOW, O_NONBLOCK, O_PATH, STRICTLY_BELOW } from '../system/flags.ts';
import type { Syscalls } from '../system/syscalls.ts';
import { noNotes, parseNotes, unreadableNotes } from './notes.ts';

export const NOTES = 'notes.json';
/** Where snapper keeps the snapshot in its directory. */
export const SNAPSHOT = 'snapshot';
/** Bytes of the largest file that is read as a whole. */
const LARGEST = 256 * 1024;

/** The text of a file; undefined where there is none; `doubt`: what is there was not read, and why. */
type Text = { readonly text: string | undefined } | { readonly doubt: string };

/** How the time of an old root was read that has no `boot.json`. */
export interface TimeReading {
  readonly at: number | undefined;
  readonly format: string;
}

/** What is written down about old roots in their `/.ebb`, and by snapper. One of hundreds: as few calls as it takes. */
export class Records {
  readonly #calls: Syscalls;
  /** Of the directory of old roots. */
  readonly #fd: number;
  readonly #buffer = Buffer.from(new ArrayBuffer(LARGEST));
  readonly #address: number;

  constructor(calls: Syscalls, fd: number) {
    this.#calls = calls;
    this.#fd = fd;
    this.#address = calls.addressOf(this.#buffer.buffer);
  }

  boot(name: RawName): { readonly facts: BootFacts | undefined; readonly doubt: string | undefined } {
    const { value, doubt } = this.#json(`${name}/.ebb/boot.json`);
    if (value === undefined) return { facts: undefined, doubt };
    const reading = parseBoot(value);
    if ('facts' in reading) return { facts: reading.facts, doubt: undefined };
    return { facts: undefined, doubt: `its boot.json: ${reading.problem}` };
  }

  notes(name: RawName): OldRootNotes {
    const { value, doubt } = this.#json(`${name}/.ebb/${NOTES}`);
    if (doubt !== undefined) return unreadableNotes(doubt);
    return value === undefined ? noNotes() : parseNotes(value, name);
  }

  hasBaseline(name: RawName): boolean {
    return this.#has(this.#fd, `${name}/.ebb/baseline`);
  }

  /** Of one that has no `boot.json`. */
  time(name: RawName): TimeReading {
    const snapper = isNumber(name) ? this.#snapper(name) : undefined;
    if (snapper !== undefined) return snapper;
    const reading = readOldRootName(name);
    return { at: 'at' in reading ? reading.at : undefined, format: 'format' in reading ? reading.format : '' };
  }

  /** A directory of snapper's: a number, in it `snapshot` and `info.xml`, whose date is in UTC. */
  #snapper(name: RawName): TimeReading | undefined {
    const fd = this.#calls.openAt(this.#fd, name, A_DIRECTORY, STRICTLY_BELOW);
    if (fd < 0) return undefined;
    try {
      const information = this.#has(fd, SNAPSHOT) ? this.#small(fd, 'info.xml') : { text: undefined };
      if (!('text' in information) || information.text === undefined) return undefined;
      const parts = /<date>(\d{4})-(\d\d)-(\d\d) (\d\d):(\d\d):(\d\d)<\/date>/.exec(information.text);
      const reading = readOldRootName(`${name}/${SNAPSHOT}`);
      if (parts === null) return { at: undefined, format: 'format' in reading ? reading.format : '' };
      const [year = 0, month = 0, day = 0, hours = 0, minutes = 0, seconds = 0] = parts.slice(1).map(Number);
      const at = checkedUtcSeconds(year, month, day, hours, minutes, seconds);
      return { at, format: 'snapper, as its info.xml says' };
    } finally {
      this.#calls.close(fd);
    }
  }

  /** The value of a file of JSON; neither where there is none. */
  #json(path: string): { readonly value?: unknown; readonly doubt?: string } {
    const read = this.#small(this.#fd, path);
    if ('doubt' in read) return read;
    if (read.text === undefined) return {};
    try {
      return { value: JSON.parse(read.text) as unknown };
    } catch {
      return { doubt: `its ${baseOf(path)} is not JSON` };
    }
  }

  #small(directory: number, path: string): Text {
    const fd = this.#calls.openAt(directory, path, O_NOFOLLOW | O_NONBLOCK, STRICTLY_BELOW);
    if (fd === -ENOENT || fd === -ENOTDIR) return { text: undefined };
    if (fd < 0) return { doubt: doubtOf(-fd, path) };
    // One reading into memory that is there: `ls` does this hundreds of times.
    const length = this.#calls.read(fd, this.#address, LARGEST);
    this.#calls.close(fd);
    if (length < 0) return { doubt: doubtOf(-length, path) };
    if (length === LARGEST) return { doubt: `its ${baseOf(path)} is too large to be ebb's` };
    return { text: this.#buffer.toString('utf8', 0, length) };
  }

  #has(directory: number, name: string): boolean {
    const fd = this.#calls.openAt(directory, name, O_PATH | O_NOFOLLOW, STRICTLY_BELOW);
    if (fd >= 0) this.#calls.close(fd);
    return fd >= 0;
  }
}

export function isNumber(name: string): boolean {
  return /^[1-9]\d*$/.test(name);
}

function doubtOf(errno: number, path: string): string {
  if (errno === EACCES) return 'this user may not look into it';
  if (errno === EXDEV) return 'something is mounted on it';
  return `its ${baseOf(path)}: ${systemError('read', errno, undefined).message}`;
}

function baseOf(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}
