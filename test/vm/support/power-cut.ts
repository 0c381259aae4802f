/** What may be on a disk when its power goes: by the writes that were logged, see write-log.ts. */
import { closeSync, openSync } from 'node:fs';
import type { Random } from '../../support/random.ts';
import { run } from '../../support/workplace.ts';
import { type LoggedWrite, replay } from './write-log.ts';

export interface Cut {
  /** Which one, for messages. */
  readonly name: string;
  readonly writes: readonly LoggedWrite[];
  /** So many writes of the log are there for certain, in their order. */
  readonly certain: number;
  /** None that came after so many is there. */
  readonly possible: number;
}

/** What a disk writes at once, or not at all. */
const ATOM = 4096;

/** A disk that keeps the order: as it is after each of the writes. */
export function everyPrefix(writes: readonly LoggedWrite[]): Cut[] {
  const prefix = (length: number, name = `after ${length} writes`): Cut => {
    return { name, writes: writes.slice(0, length), certain: length, possible: length };
  };
  const cuts = writes.map((_, at) => prefix(at + 1));
  return [prefix(0, 'before any write'), ...cuts.filter(({ writes }) => writes.at(-1)?.data.length !== 0)];
}

/**
 * A disk that keeps what it was told to write out, and of what came after that anything, in any order: `count` cuts, the
 * spans between the flushes by turns, or some of them where there are more. `random`: where chance comes from.
 */
export function reordered(writes: readonly LoggedWrite[], count: number, random: Random): Cut[] {
  const spans = spansOf(writes).filter(({ pending }) => pending.length > 0);
  return Array.from({ length: spans.length === 0 ? 0 : count }, (_, turn) => {
    const { flushed, pending, end } = (count < spans.length ? random.of(spans) : spans[turn % spans.length]) as Span;
    const kept = shuffled(pending.flatMap(atomsOf), random);
    // Each share as likely as any other: half of them would be what nearly always comes.
    kept.length = random.below(kept.length + 1);
    return {
      name: `after ${flushed} writes, and ${kept.length} parts of what came then`,
      writes: [...writes.slice(0, flushed), ...kept],
      certain: flushed,
      possible: end,
    };
  });
}

interface Span {
  /** So many writes are on the disk. */
  readonly flushed: number;
  readonly pending: readonly LoggedWrite[];
  /** Where the next span begins. */
  readonly end: number;
}

function spansOf(writes: readonly LoggedWrite[]): Span[] {
  const spans: Span[] = [];
  let flushed = 0;
  for (let at = 0; at <= writes.length; at++) {
    if (at < writes.length && writes[at]?.isFlush !== true) continue;
    spans.push({ flushed, end: at, pending: writes.slice(flushed, at).filter(({ data }) => data.length > 0) });
    flushed = at;
  }
  return spans;
}

function atomsOf({ offset, data }: LoggedWrite): LoggedWrite[] {
  const count = Math.ceil(data.length / ATOM);
  return Array.from({ length: count }, (_, i) => ({
    isFlush: false,
    offset: offset + i * ATOM,
    data: data.subarray(i * ATOM, (i + 1) * ATOM),
  }));
}

function shuffled<T>(items: readonly T[], random: Random): T[] {
  const all = [...items];
  for (let i = all.length - 1; i > 0; i--) {
    const j = random.below(i + 1);
    [all[i], all[j]] = [all[j] as T, all[i] as T];
  }
  return all;
}

/** Makes `image` the disk as it is after the cut, where `base` is what it was before all of it. */
export function makeImage(image: string, base: string, { writes }: Cut): void {
  run('cp', ['--sparse=always', base, image]);
  const fd = openSync(image, 'r+');
  try {
    for (const write of writes) replay(fd, write);
  } finally {
    closeSync(fd);
  }
}
