import { createRequire } from 'node:module';
import type koffi from 'koffi';
import { type SyscallNumbers, syscallNumbers } from './syscall-numbers.ts';

/** A system call by its number; gives the result, or minus errno. Pointers are numbers: user addresses fit 2^47. */
export type RawSyscall = (number: number, a?: number, b?: number, c?: number, d?: number, e?: number) => number;

export interface Native {
  readonly syscall: RawSyscall;
  readonly numbers: SyscallNumbers;
  /** The address of the buffer's first byte. The caller keeps the buffer alive while the address is in use. */
  addressOf(buffer: ArrayBufferLike): number;
}

let loaded: Native | null | undefined;

/** libc through koffi; undefined where koffi cannot be loaded, or on an architecture whose calls we do not know. */
export function native(): Native | undefined {
  if (loaded === undefined) loaded = process.env['EBB_NO_KOFFI'] === '1' ? null : load();
  return loaded ?? undefined;
}

function load(): Native | null {
  const numbers = syscallNumbers(process.arch);
  if (numbers === undefined) return null;
  let api: typeof koffi;
  try {
    api = loadKoffi();
  } catch {
    return null;
  }
  // Fixed arguments where C has `...`: on x86-64 and arm64 Linux both are passed in the same registers.
  const call = api
    .load(null)
    .func('int64_t syscall(int64_t n, int64_t a, int64_t b, int64_t c, int64_t d, int64_t e)') as unknown as (
    ...args: number[]
  ) => number;
  const errno = api.errno as () => number;
  return {
    numbers,
    syscall: (number, a = 0, b = 0, c = 0, d = 0, e = 0) => {
      const result = call(number, a, b, c, d, e);
      return result === -1 ? -errno() : result;
    },
    addressOf: (buffer) => Number(api.address(new Uint8Array(buffer))),
  };
}

/**
 * koffi's own entry spends about 12 ms on finding out the platform and wrapping deprecated calls. Its binary alone is
 * loaded in two, and exports the same.
 */
function loadKoffi(): typeof koffi {
  const require = createRequire(import.meta.url);
  const { platform, arch } = process;
  for (const libc of ['linux', 'musl']) {
    try {
      return require(`@koromix/koffi-${platform}-${arch}/${libc}_${arch}/koffi.node`) as typeof koffi;
    } catch {
      // Of the other libc, or not where we think it is.
    }
  }
  return require('koffi') as typeof koffi;
}
