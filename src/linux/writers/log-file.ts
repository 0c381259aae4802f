import {
  closeSync,
  constants,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  type Stats,
  unlinkSync,
} from 'node:fs';
import { open, rename } from 'node:fs/promises';
import { Failure } from '../../core/failure.ts';
import { join, type RawPath } from '../../core/rawpath.ts';
import { LARGEST_LOG, logName } from '../../core/writers/log.ts';
import type { LogStore } from '../../ports/watch.ts';
import type { DescriptorCalls } from '../system/descriptor-calls.ts';

/** Logs of boots that are kept, the newest by their times of writing. */
const BOOTS = 20;

/**
 * The log of a boot as a file in persistent storage. A new one is written beside it, to the disk, and then renamed: whoever
 * reads, and whatever a power cut leaves, has the one or the other. Only root may read it, since it tells what users do.
 */
export class LogFile implements LogStore {
  readonly file: RawPath;
  readonly #directory: RawPath;

  /** @throws Failure where the directory cannot be made, another ebb writes to it, or the boot has no id. */
  constructor(calls: DescriptorCalls, directory: RawPath, bootId: string) {
    const name = logName(bootId);
    if (name === undefined) throw new Failure('failed', `the kernel's id of this boot is no name: ${bootId}`);
    this.#directory = directory;
    this.file = join(directory, name);
    try {
      // The storage itself must be there: on the root, a log would be lost with it.
      mkdirSync(bytes(directory), { recursive: true, mode: 0o700 });
    } catch (error) {
      throw new Failure('failed', `there is no place for a log: ${directory}: ${(error as Error).message}`);
    }
    // As long as this process lives.
    const lock = openSync(bytes(directory), constants.O_RDONLY | constants.O_DIRECTORY);
    if (!calls.tryLock(lock)) {
      closeSync(lock);
      throw new Failure('locked', `another ebb watch keeps the log in ${directory}`);
    }
    this.#thinOut(name);
  }

  /** Empty, which is no log, where it cannot be read or is no file of ebb's. */
  read(): string | undefined {
    const facts = factsOf(this.file);
    if (facts === undefined) return undefined;
    if (!facts.isFile() || facts.size > LARGEST_LOG) return '';
    try {
      return readFileSync(bytes(this.file), 'latin1');
    } catch {
      return '';
    }
  }

  async write(text: string): Promise<void> {
    const unfinished = bytes(`${this.file}.new`);
    const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_TRUNC | constants.O_NOFOLLOW;
    const file = await open(unfinished, flags, 0o600);
    try {
      await file.writeFile(text, 'latin1');
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(unfinished, bytes(this.file));
    const directory = await open(bytes(this.#directory), constants.O_RDONLY | constants.O_DIRECTORY);
    try {
      await directory.sync();
    } finally {
      await directory.close();
    }
  }

  /** Removes logs of boots long past. */
  #thinOut(mine: string): void {
    const named = readdirSync(bytes(this.#directory), { encoding: 'latin1' }).filter((name) => name.endsWith('.log'));
    const others = named.filter((name) => name !== mine);
    const dated = others.map((name) => ({ name, at: factsOf(join(this.#directory, name))?.mtimeMs ?? 0 }));
    for (const { name } of dated.sort((a, b) => b.at - a.at).slice(BOOTS - 1)) {
      try {
        unlinkSync(bytes(join(this.#directory, name)));
      } catch {
        // It stays until the next time.
      }
    }
  }
}

function factsOf(path: RawPath): Stats | undefined {
  return lstatSync(bytes(path), { throwIfNoEntry: false });
}

function bytes(path: string): Buffer {
  return Buffer.from(path, 'latin1');
}
