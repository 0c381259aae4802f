import { fstatSync, readSync } from 'node:fs';
import { createRequire } from 'node:module';
import { ENXIO } from './errno.ts';
import { SEEK_DATA } from './flags.ts';
import { WriteCalls } from './write-calls.ts';

const require = createRequire(import.meta.url);

const WINDOW = 128 * 1024;
/** Made when first needed, like what they are for. */
let window: Buffer | undefined;
let second: Buffer | undefined;
let zeros: Buffer | undefined;
let calls: WriteCalls | undefined;

/**
 * A digest of what the open file holds: equal where that is, wherever holes are. What is in holes is not read, and
 * pieces of zeros do not count. undefined where it is no regular file.
 */
export function contentDigest(fd: number): string | undefined {
  const stat = fstatSync(fd);
  if (!stat.isFile()) return undefined;
  // Loaded when something is hashed: it costs a third of ebb's start.
  const hash = (require('node:crypto') as typeof import('node:crypto')).createHash('sha256').update(`${stat.size}`);
  const hasHoles = stat.blocks * 512 < stat.size;
  window ??= Buffer.allocUnsafe(WINDOW);
  zeros ??= Buffer.alloc(WINDOW);
  // Not to its end: whoever writes faster than this reads would hold it here for ever.
  for (let at = 0; at < stat.size; at += WINDOW) {
    if (hasHoles) at = nextData(fd, at);
    const count = Math.min(readFully(fd, window, at), stat.size - at);
    if (count <= 0) break;
    if (window.compare(zeros, 0, count, 0, count) === 0) continue;
    hash.update(` ${at} `).update(window.subarray(0, count));
  }
  return hash.digest('base64');
}

/** Whether the first file's bytes are those that the second one begins with. What is in holes of both is not read. */
export function isBeginningOf(one: number, other: number): boolean {
  const [shorter, longer] = [fstatSync(one), fstatSync(other)];
  if (longer.size < shorter.size) return false;
  window ??= Buffer.allocUnsafe(WINDOW);
  second ??= Buffer.allocUnsafe(WINDOW);
  const hasHoles = shorter.blocks * 512 < shorter.size && longer.blocks * 512 < longer.size;
  for (let at = 0; at < shorter.size; at += WINDOW) {
    if (hasHoles) at = Math.min(nextData(one, at), nextData(other, at));
    if (at >= shorter.size) break;
    const count = readFully(one, window, at);
    if (readFully(other, second, at) < count || window.compare(second, 0, count, 0, count) !== 0) return false;
    // It became shorter meanwhile.
    if (count < WINDOW) break;
  }
  return true;
}

/** The beginning of the next window, at `at` or behind it, that has data; infinity where there is none. */
function nextData(fd: number, at: number): number {
  calls ??= WriteCalls.load();
  const data = calls?.seek(fd, at, SEEK_DATA) ?? at;
  if (data === -ENXIO) return Number.POSITIVE_INFINITY;
  // The filesystem may not know of holes.
  return data < at ? at : data - (data % WINDOW);
}

function readFully(fd: number, into: Buffer, at: number): number {
  let length = 0;
  if (at === Number.POSITIVE_INFINITY) return length;
  for (let count = 1; count > 0 && length < into.length; length += count) {
    count = readSync(fd, into, length, into.length - length, at + length);
  }
  return length;
}
