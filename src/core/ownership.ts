import type { BootFacts } from './old-root.ts';
import { type NameReading, readOldRootName } from './old-root-name.ts';
import { compareRaw, type RawName } from './rawpath.ts';

/** By name: what `/.ebb/boot.json` of each says; undefined where there is none; `unreadable` where that is not known. */
type Boots = ReadonlyMap<RawName, BootFacts | 'unreadable' | undefined>;

/**
 * Which of these ebb did not put where they are. A copy of an old root, or a snapshot, carries the records of the
 * original: it is ebb's own only under a name that ebb gives, and only the one that has the name of its boot. What
 * somebody made or named by hand is theirs. By name: false of ebb's own, else what can be said of it, perhaps nothing.
 */
export function foreignAmong(boots: Boots): Map<RawName, false | string> {
  const readings = new Map(Array.from(boots.keys(), (name) => [name, readOldRootName(name)]));
  const originals = originalsOf(boots, readings);
  return new Map(
    Array.from(readings, ([name, reading]) => [name, foreignOf(name, reading, boots.get(name), originals)]),
  );
}

function foreignOf(
  name: RawName,
  reading: NameReading,
  boot: BootFacts | 'unreadable' | undefined,
  originals: ReadonlyMap<string, RawName>,
): false | string {
  if (reading.kind === 'half-deleted') return false;
  if (boot === 'unreadable' && reading.kind === 'ebb') return false;
  if (boot === undefined || boot === 'unreadable') return '';
  const original = originals.get(keyOf(boot));
  if (original === name) return false;
  return original === undefined ? 'renamed, or copied' : `a copy of ${original}`;
}

/** By boot: the one that ebb named so. */
function originalsOf(boots: Boots, readings: ReadonlyMap<RawName, NameReading>): Map<string, RawName> {
  const originals = new Map<string, RawName>();
  // How far a name is from the one that this boot gave, or its capture.
  const isOther = (name: RawName, { bootedAt, capture }: BootFacts): boolean => {
    const reading = readings.get(name);
    return reading?.kind !== 'ebb' || reading.at !== Math.floor(capture?.at ?? bootedAt);
  };
  for (const [name, boot] of boots) {
    if (boot === undefined || boot === 'unreadable' || readings.get(name)?.kind !== 'ebb') continue;
    const key = keyOf(boot);
    const other = originals.get(key);
    const order = (a: RawName, b: RawName): number =>
      Number(isOther(a, boot)) - Number(isOther(b, boot)) || a.length - b.length || compareRaw(a, b);
    if (other === undefined || order(name, other) < 0) originals.set(key, name);
  }
  return originals;
}

/** A boot may have any number of captures. */
function keyOf({ sequence, bootId, bootedAt, capture }: BootFacts): string {
  return `${sequence} ${bootedAt} ${bootId} ${capture?.number} ${capture?.of}`;
}
