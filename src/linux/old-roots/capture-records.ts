import { closeSync, constants, fsyncSync, mkdirSync, openSync, writeSync } from 'node:fs';
import { headerRecord, trailerRecord } from '../../core/baseline-format.ts';
import { type CapturedRecords, formatCaptured } from '../../core/captured.ts';
import { compareRaw, nameOf, parentOf, type RawPath } from '../../core/rawpath.ts';

/** A record of the capture's baseline. */
export interface BaselineLine {
  readonly path: RawPath;
  readonly record: string;
}

/** Writes `/.ebb` of the root `target`: its baseline, what was captured, and which boot it was. */
export function writeRecords(
  { target, recorded, boot }: { readonly target: number; readonly recorded: number; readonly boot: string },
  baseline: readonly BaselineLine[],
  captured: CapturedRecords,
): void {
  const at = `/proc/self/fd/${target}/.ebb`;
  mkdirSync(at, 0o700);
  const header = { recorded, uptime: undefined, generation: undefined, subvolume: undefined, sorted: true };
  const sorted = baseline.toSorted(
    (a, b) => compareRaw(parentOf(a.path), parentOf(b.path)) || compareRaw(nameOf(a.path), nameOf(b.path)),
  );
  const records = [headerRecord(header), ...sorted.map(({ record }) => record), trailerRecord];
  writeNew(`${at}/baseline`, records.join(''));
  writeNew(`${at}/captured`, formatCaptured(captured));
  writeNew(`${at}/boot.json`, boot);
}

function writeNew(path: string, content: string): void {
  const fd = openSync(path, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW, 0o600);
  try {
    const bytes = Buffer.from(content, 'latin1');
    for (let at = 0; at < bytes.length; ) at += writeSync(fd, bytes, at);
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}
