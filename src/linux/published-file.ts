import {
  chmodSync,
  closeSync,
  constants,
  fchmodSync,
  fsyncSync,
  lstatSync,
  mkdirSync,
  openSync,
  renameSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { getSystemErrorMap } from 'node:util';
import { Failure } from '../core/failure.ts';
import { join, nameOf, parentOf, type RawPath } from '../core/rawpath.ts';

const { O_CREAT, O_DIRECTORY, O_EXCL, O_NOFOLLOW, O_RDONLY, O_WRONLY } = constants;

/**
 * Puts the text where everybody may read it, in the place of what was there: whole, or not at all. Nothing but a plain file
 * is replaced, and no link at its name is followed: `/dev/stdout` stays what it is. @throws Failure
 */
export function publishFile(path: RawPath, text: string): void {
  attempt(path, () => {
    refuseOther(path);
    // Of its own: another run may be at the same file. Collectors pass over what does not end as they want it.
    const temporary = fsPath(join(parentOf(path), `.ebb-${process.pid}-${process.hrtime.bigint().toString(36)}`));
    const fd = openSync(temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0o600);
    try {
      try {
        writeFileSync(fd, text);
        // Whatever the umask is.
        fchmodSync(fd, 0o644);
        fsyncSync(fd);
      } finally {
        closeSync(fd);
      }
      renameSync(temporary, fsPath(path));
    } catch (error) {
      unlinkSync(temporary);
      throw error;
    }
    syncDirectory(parentOf(path));
  });
}

/** Takes such a file away, if it is there. @throws Failure */
export function withdrawFile(path: RawPath): void {
  attempt(path, () => {
    if (refuseOther(path)) unlinkSync(fsPath(path));
  });
}

/** Makes the directory of the file where only that is missing. @throws Failure */
export function makeDirectoryOf(path: RawPath): void {
  const directory = fsPath(parentOf(path));
  attempt(path, () => {
    if (lstatSync(directory, { throwIfNoEntry: false }) !== undefined) return;
    mkdirSync(directory);
    chmodSync(directory, 0o755);
  });
}

/** Whether it is there. @throws Failure where it is something else than a file. */
function refuseOther(path: RawPath): boolean {
  const facts = lstatSync(fsPath(path), { throwIfNoEntry: false });
  if (facts === undefined) return false;
  if (facts.isFile()) return true;
  const what = facts.isSymbolicLink() ? 'a link' : facts.isDirectory() ? 'a directory' : 'no plain file';
  throw new Failure('failed', `${path} is ${what}, and stays as it is`, `name ${nameOf(path)} in another directory`);
}

function syncDirectory(path: RawPath): void {
  const fd = openSync(fsPath(path), O_RDONLY | O_DIRECTORY);
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}

/** As the file system's calls take a byte string. */
function fsPath(path: RawPath): Buffer {
  return Buffer.from(path, 'latin1');
}

function attempt(path: RawPath, act: () => void): void {
  try {
    act();
  } catch (error) {
    const { errno } = error as NodeJS.ErrnoException;
    if (errno === undefined) throw error;
    const [, problem = 'it failed'] = getSystemErrorMap().get(errno) ?? [];
    throw new Failure('failed', `${path} could not be written: ${problem}`);
  }
}
