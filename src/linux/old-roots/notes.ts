import type { OldRootNotes } from '../../ports/old-roots.ts';

const none: OldRootNotes = { pinned: undefined, adopted: false, bootedAt: undefined, size: undefined };

/**
 * What `/.ebb/notes.json` of an old root says. One that says nonsense says nothing. Checked by hand: a schema takes longer
 * to be made than hundreds of notes to be read.
 */
export function parseNotes(value: unknown): OldRootNotes {
  if (!isObject(value)) return none;
  const { pinned, adopted = false, bootedAt, size } = value;
  if (typeof adopted !== 'boolean' || (bootedAt !== undefined && !Number.isFinite(bootedAt))) return none;
  if (!isPin(pinned) || !isSize(size)) return none;
  return { pinned, adopted, bootedAt: bootedAt as number | undefined, size };
}

function isPin(value: unknown): value is OldRootNotes['pinned'] {
  return value === undefined || (isObject(value) && typeof value['note'] === 'string');
}

function isSize(value: unknown): value is OldRootNotes['size'] {
  return value === undefined || (isObject(value) && isCount(value['entries']) && isCount(value['bytes']));
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isCount(value: unknown): boolean {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}
