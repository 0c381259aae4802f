/** Work that is stopped between two system calls, in this process: as fast as the work itself. */
import { native } from '../../src/linux/system/native.ts';
import { OPENAT2 } from '../../src/linux/system/syscall-numbers.ts';

const changing = [
  ...(['write', 'ioctl', 'sendfile', 'ftruncate', 'fchmod', 'fchown', 'setxattr', 'fsetxattr', 'mkdirat'] as const),
  ...(['mknodat', 'fchownat', 'unlinkat', 'linkat', 'symlinkat', 'fchmodat', 'utimensat', 'renameat2'] as const),
];

class Stopped extends Error {}

let count = 0;
let limit = Number.POSITIVE_INFINITY;

// Before anything takes a copy of it. openat2 creates files; what it merely opens is counted with that.
const calls = native() as { syscall: (number: number, ...args: number[]) => number; numbers: Record<string, number> };
const numbers = new Set([...changing.map((name) => calls.numbers[name]), OPENAT2]);
const { syscall } = calls;
calls.syscall = (number, ...args) => {
  if (numbers.has(number) && ++count >= limit) throw new Stopped();
  return syscall(number, ...args);
};

/**
 * Does the work, and nothing that can change anything from its system call number `step` on: what would clean up after a
 * failure changes nothing either, as after a kill. False where the work had ended before.
 */
export function stoppedBefore(step: number, work: () => void): boolean {
  count = 0;
  limit = step;
  try {
    work();
  } catch (error) {
    if (count < limit) throw error;
  } finally {
    limit = Number.POSITIVE_INFINITY;
  }
  return count >= step;
}

/** Calls `round` with 1, 2… until it says that the work ended before that step. Gives how many steps there were. */
export function eachStep(round: (step: number) => boolean): number {
  for (let step = 1; step < 1000; step++) if (!round(step)) return step - 1;
  throw new Error('more than 1,000 steps');
}
