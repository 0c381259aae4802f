/** The writes of a disk in their order, as QEMU's blklogwrites logs them: the format of Linux's dm-log-writes. */
import { readFileSync, writeSync } from 'node:fs';

export interface LoggedWrite {
  readonly isFlush: boolean;
  /** Bytes; empty for a flush or a discard. */
  readonly offset: number;
  readonly data: Buffer;
}

const FLUSH = 1;
const DISCARD = 4;
const SECTOR = 512;

/** Superblock: magic, version, number of entries u64, sector size u32. Entry: sector, sectors, flags, length u64. */
export function readWriteLog(file: string): LoggedWrite[] {
  const log = readFileSync(file);
  const count = Number(log.readBigUInt64LE(16));
  const size = log.readUInt32LE(24);
  const writes: LoggedWrite[] = [];
  let at = size;
  for (let i = 0; i < count; i++) {
    const [sector, sectors, flags] = [0, 8, 16].map((field) => Number(log.readBigUInt64LE(at + field))) as [
      number,
      number,
      number,
    ];
    at += size;
    const length = (flags & DISCARD) === 0 ? sectors * SECTOR : 0;
    writes.push({ isFlush: (flags & FLUSH) !== 0, offset: sector * SECTOR, data: log.subarray(at, at + length) });
    at += length;
  }
  return writes;
}

/** Does the write to the open image. */
export function replay(fd: number, { offset, data }: LoggedWrite): void {
  for (let at = 0; at < data.length; ) at += writeSync(fd, data, at, data.length - at, offset + at);
}
