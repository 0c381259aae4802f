import type { Native, RawSyscall } from './native.ts';
import type { SyscallNumbers } from './syscall-numbers.ts';

const FICLONE = 0x40049409;
const LOCK_SH = 1;
const LOCK_EX = 2;
const LOCK_NB = 4;

/** System calls on what is open already. They give what the kernel gives, or minus errno. */
export class DescriptorCalls {
  protected readonly syscall: RawSyscall;
  protected readonly numbers: SyscallNumbers;

  constructor({ syscall, numbers }: Native) {
    this.syscall = syscall;
    this.numbers = numbers;
  }

  close(fd: number): void {
    this.syscall(this.numbers.close, fd);
  }

  read(fd: number, address: number, length: number): number {
    return this.syscall(this.numbers.read, fd, address, length);
  }

  getdents(fd: number, address: number, length: number): number {
    return this.syscall(this.numbers.getdents64, fd, address, length);
  }

  ioctl(fd: number, request: number, argument: number): number {
    return this.syscall(this.numbers.ioctl, fd, request, argument);
  }

  /** The data of one file becomes that of the other, shared. */
  clone(from: number, to: number): number {
    return this.ioctl(to, FICLONE, from);
  }

  seek(fd: number, offset: number, whence: number): number {
    return this.syscall(this.numbers.lseek, fd, offset, whence);
  }

  truncate(fd: number, size: number): number {
    return this.syscall(this.numbers.ftruncate, fd, size);
  }

  /**
   * Copies within the kernel, from and to where the descriptors stand. Not copy_file_range(2): it has six arguments,
   * shares no more data than `clone` does, and refuses two filesystems.
   */
  send(from: number, to: number, length: number): number {
    return this.syscall(this.numbers.sendfile, to, from, 0, length);
  }

  fsync(fd: number): number {
    return this.syscall(this.numbers.fsync, fd);
  }

  /** syncfs(2): all that was written to the filesystem that the descriptor is on. */
  syncFilesystem(fd: number): number {
    return this.syscall(this.numbers.syncfs, fd);
  }

  /** flock(2) without waiting; the lock goes with the descriptor. False where somebody else has it. */
  tryLock(fd: number, kind: 'shared' | 'exclusive' = 'exclusive'): boolean {
    return this.syscall(this.numbers.flock, fd, (kind === 'shared' ? LOCK_SH : LOCK_EX) | LOCK_NB) === 0;
  }
}
