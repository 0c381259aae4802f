import type { Baseline } from '../../core/baseline.ts';
import { type CapturedRecords, firstPartly, parseCaptured, suspects } from '../../core/captured.ts';
import { Failure } from '../../core/failure.ts';
import type { RawPath } from '../../core/rawpath.ts';
import type { CaptureOutcome, CaptureRequest } from '../../ports/capture.ts';
import { SystemError } from '../system/errors.ts';
import { openRootFiles } from '../system/root-files.ts';
import type { Syscalls } from '../system/syscalls.ts';
import type { WriteCalls } from '../system/write-calls.ts';
import { Capture } from './capture.ts';
import { firstLacking } from './capture-loss.ts';

const RECORDS = '/.ebb/captured' as RawPath;

/** What the capture whose root directory the descriptor is says that it holds; undefined where it does not. */
export function recordsOf(fd: number): CapturedRecords | undefined {
  const bytes = openRootFiles(fd).readFile(RECORDS);
  return bytes && parseCaptured(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1'));
}

/**
 * Captures the root whose directory `source` is, and tells whether all that the earlier capture holds is in it.
 * @throws Failure where there is no room.
 */
export function captureRoot(
  calls: Syscalls,
  write: WriteCalls,
  source: number,
  baseline: Baseline | undefined,
  { paths, reference, earlier, boot, target, progress }: CaptureRequest,
  now: number,
): CaptureOutcome {
  const records = earlier && recordsOf(earlier.fd);
  const before = earlier && records && { fd: earlier.fd, records };
  try {
    const recorded = reference?.facts.at ?? now;
    const trees = { source, target: target.fd, baseline, boot, recorded, earlier: before };
    const { records: held, ...outcome } = new Capture(calls, write, trees, progress).run(paths);
    return { ...outcome, lacking: earlier && lackingOf(earlier.fd, held) };
  } catch (error) {
    if (!(error instanceof SystemError)) throw error;
    const hint = 'the last complete capture is there as it was; ebb gc deletes what no rule keeps';
    throw new Failure('failed', `the root was not captured: ${error.message}`, hint);
  }

  function lackingOf(fd: number, held: CapturedRecords): RawPath | undefined {
    // One that does not say what it holds may hold anything.
    if (records === undefined) return RECORDS;
    return firstPartly(records, held) ?? firstLacking(calls, write, suspects(records, held), fd, target.fd);
  }
}
