import type { BootFacts } from './old-root.ts';
import { type NameReading, readOldRootName } from './old-root-name.ts';
import { compareRaw, type RawName } from './rawpath.ts';

/** By name: what `/.ebb/boot.json` of each says; undefined where there is none; `unreadable` where that is not known. */
type Boots = ReadonlyMap<RawName, BootFacts | 'unreadable' | undefined>;

/**
 * Which of these ebb did not put where they are. A copy of an old root, or a snapshot, carries the records of the
 * original: it is ebb's own only under the name of its boot, and only while no old root of that boot was deleted (`deleted`: keys). What
 * somebody made or named by hand is theirs. By name: false of ebb's own, else what can be said of it, perhaps nothing.
 */
export function foreignAmong(boots: Boots, deleted: ReadonlySet<string> = new Set()): Map<RawName, false | string> {
  const readings = new Map(Array.from(boots.keys(), (name) => [name, readOldRootName(name)]));
  const originals = originalsOf(boots, readings, deleted);
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
  const original = originals.get(bootKey(boot));
  if (original === name) return false;
  return original === undefined ? 'renamed, or copied' : `a copy of ${original}`;
}

/** By boot: the one that ebb named so. Of a boot whose old root was deleted, what is there is a copy. */
function originalsOf(
  boots: Boots,
  readings: ReadonlyMap<RawName, NameReading>,
  deleted: ReadonlySet<string>,
): Map<string, RawName> {
  const originals = new Map<string, RawName>();
  for (const [name, boot] of boots) {
    if (boot === undefined || boot === 'unreadable') continue;
    const reading = readings.get(name);
    // The name that this boot gave, or its capture, perhaps with a number.
    if (reading?.kind !== 'ebb' || reading.at !== Math.floor(boot.capture?.at ?? boot.bootedAt)) continue;
    const key = bootKey(boot);
    const other = originals.get(key);
    if (deleted.has(key)) continue;
    if (
      other === undefined ||
      name.length - other.length < 0 ||
      (name.length === other.length && compareRaw(name, other) < 0)
    ) {
      originals.set(key, name);
    }
  }
  return originals;
}

/** What tells the boot, or its capture, from all others; one line of text. */
export function bootKey({ sequence, bootId, bootedAt, capture }: BootFacts): string {
  return JSON.stringify([sequence, bootedAt, bootId, capture?.number, capture?.at, capture?.of]);
}
