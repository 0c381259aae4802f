import type { BootFacts, OldRoot } from './old-root.ts';
import { readOldRootName } from './old-root-name.ts';
import { compareRaw, type RawName } from './rawpath.ts';

/** By name: what `/.ebb/boot.json` of each says; undefined where there is none; `unreadable` where that is not known. */
type Boots = ReadonlyMap<RawName, BootFacts | 'unreadable' | undefined>;

/**
 * Which of these ebb did not put where they are. A copy of an old root, or a snapshot, carries the records of the
 * original: it is ebb's own only under a name that ebb gives, and only the one that has the name of its boot. What
 * somebody made or named by hand is theirs.
 */
export function foreignAmong(boots: Boots): Map<RawName, OldRoot['foreign']> {
  const originals = originalsOf(boots);
  return new Map(Array.from(boots, ([name, boot]) => [name, foreignOf(name, boot, originals)]));
}

function foreignOf(
  name: RawName,
  boot: BootFacts | 'unreadable' | undefined,
  originals: ReadonlyMap<string, RawName>,
): OldRoot['foreign'] {
  const reading = readOldRootName(name);
  if (reading.kind === 'half-deleted') return false;
  if (boot === 'unreadable' && reading.kind === 'ebb') return false;
  if (boot === undefined || boot === 'unreadable') return { format: reading.format };
  const original = originals.get(keyOf(boot));
  if (original === name) return false;
  return {
    format: original === undefined ? 'its boot.json; renamed, or copied' : `its boot.json; a copy of ${original}`,
  };
}

/** By boot: the one that ebb named so. */
function originalsOf(boots: Boots): Map<string, RawName> {
  const originals = new Map<string, RawName>();
  for (const [name, boot] of boots) {
    if (boot === undefined || boot === 'unreadable' || readOldRootName(name).kind !== 'ebb') continue;
    const key = keyOf(boot);
    const other = originals.get(key);
    if (other === undefined || isMoreLikely(name, other, boot)) originals.set(key, name);
  }
  return originals;
}

function isMoreLikely(a: RawName, b: RawName, boot: BootFacts): boolean {
  const [ofA, ofB] = [a, b].map((name) => isNameOf(name, boot));
  return ofA === ofB ? a.length - b.length < 0 || (a.length === b.length && compareRaw(a, b) < 0) : ofA === true;
}

function isNameOf(name: RawName, { bootedAt }: BootFacts): boolean {
  const reading = readOldRootName(name);
  return reading.kind === 'ebb' && reading.at === Math.floor(bootedAt);
}

function keyOf({ sequence, bootId, bootedAt }: BootFacts): string {
  return `${sequence} ${bootedAt} ${bootId}`;
}
