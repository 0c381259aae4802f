import { Failure } from '../core/failure.ts';
import { FindPattern } from '../core/find-pattern.ts';
import type { FindReport } from '../core/find-report.ts';
import { compareOldRoots } from '../core/old-root.ts';
import { isHalfDeleted } from '../core/old-root-name.ts';
import { type RawPath, ROOT, rawFromBytes } from '../core/rawpath.ts';
import type { Machine } from '../ports/machine.ts';
import { Search } from './find-search.ts';

export interface FindRequest {
  /** undefined: where the configuration says. */
  readonly oldRoots: RawPath | undefined;
  /** A path, a name or a glob: a byte string as `FindPattern` takes it. */
  readonly pattern: string;
  /** Only files that hold these bytes. */
  readonly text: Uint8Array | undefined;
  /** Look into the newest ones only; undefined: into all. */
  readonly count: number | undefined;
}

export interface FindPorts {
  readonly machine: Machine;
  readonly progress: (entries: number) => void;
}

/** In which old roots a path was, and its versions, told apart by their content. */
export function find(request: FindRequest, { machine, progress }: FindPorts): FindReport {
  const pattern = patternOf(request.pattern);
  const kept = machine.oldRoots(request.oldRoots);
  try {
    const search = new Search(pattern, request.text, progress);
    const whole = kept.list().filter(({ name }) => !isHalfDeleted(name));
    const names = whole.toSorted((a, b) => compareOldRoots(b, a)).map(({ name }) => name);
    const searched = request.count === undefined ? names : names.slice(0, request.count);
    for (const name of searched) search.inOldRoot(kept, name, (oldRoot) => search.look(oldRoot));
    search.lookAtRunningRoot(machine);
    for (const [name, sightings] of search.lacking()) {
      search.inOldRoot(kept, name, (oldRoot) => search.read(sightings, oldRoot));
    }
    return {
      now: machine.now(),
      directory: kept.directory,
      directoryGiven: request.oldRoots !== undefined,
      pattern: request.pattern,
      text: request.text === undefined ? undefined : rawFromBytes(request.text),
      searched: searched.length - search.failed,
      failed: search.failed,
      paths: search.result(),
      warnings: search.warnings(),
    };
  } finally {
    kept.close();
  }
}

function patternOf(typed: string): FindPattern {
  if (typed === '') throw new Failure('usage', 'name what to find: ebb find PATTERN');
  let pattern: FindPattern;
  try {
    pattern = new FindPattern(typed);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new Failure('usage', `${typed} ${error.message}`, 'a backslash takes the meaning from *, ? and [');
  }
  if (pattern.exact.includes(ROOT)) throw new Failure('usage', 'every old root has a /: name a path in it');
  return pattern;
}
