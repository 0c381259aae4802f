import { STAYS_FREE } from '../core/capture.ts';
import { Failure } from '../core/failure.ts';
import { bytesText } from '../core/size.ts';
import type { CaptureSurvey } from '../ports/capture.ts';

/** @throws Failure where the capture would be larger than it may be, or than there is room for. */
export function refuseTooLarge(
  survey: CaptureSurvey,
  { free, total }: { readonly free: number; readonly total: number },
  maxSize: number | undefined,
): void {
  const { bytes, shared } = survey;
  const advice = `the largest: ${largest(survey)}; persist it, or name it under [ignore]`;
  if (maxSize !== undefined && bytes > maxSize) {
    const message = `the capture would be ${bytesText(bytes)}, and may be ${bytesText(maxSize)}: nothing was captured`;
    throw new Failure('failed', message, `${advice}, or allow more: --max-size`);
  }
  const needed = bytes - shared.bytes;
  const reserve = Math.floor(total * STAYS_FREE);
  if (needed <= free - reserve) return;
  const room = `${bytesText(free)} are free, of which ${bytesText(Math.min(free, reserve))} stay free`;
  const message = `there is no room for the capture: it takes ${bytesText(needed)}, and ${room}: nothing was captured`;
  throw new Failure('failed', message, `${advice}; ebb gc deletes the old roots that no rule keeps`);
}

function largest({ largest: places }: CaptureSurvey): string {
  return places.map(({ path, bytes }) => `${path} (${bytesText(bytes)})`).join(', ');
}
