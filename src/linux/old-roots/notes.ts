import type { OldRootNotes, WrittenNotes } from '../../ports/old-roots.ts';

const none: OldRootNotes = {
  ...{ pinned: undefined, adopted: false, bootedAt: undefined, size: undefined, doubt: undefined },
};

/** Without a doubt: for what holds no notes. */
export function noNotes(): OldRootNotes {
  return none;
}

/** For what may hold notes that cannot be read, among them a pin. */
export function unreadableNotes(doubt: string): OldRootNotes {
  return { ...none, doubt };
}

/**
 * What `/.ebb/notes.json` of the old root `name` says. A pin that cannot be understood is a doubt, and what else cannot
 * be is not there. One that came with a copy of another old root was not adopted itself. Checked by hand: a schema takes
 * longer to be made than hundreds of notes to be read.
 */
export function parseNotes(value: unknown, name: string): OldRootNotes {
  if (!isObject(value)) return unreadableNotes('its notes.json is no object');
  const { pinned, adoptedAs, bootedAt, size } = value;
  return {
    pinned: isPin(pinned) ? { note: pinned.note } : undefined,
    adopted: adoptedAs === name,
    bootedAt: Number.isFinite(bootedAt) ? (bootedAt as number) : undefined,
    size: isSize(size) ? { entries: size.entries, bytes: size.bytes } : undefined,
    doubt: pinned === undefined || isPin(pinned) ? undefined : 'its notes.json does not say how it is pinned',
  };
}

/** The text of `/.ebb/notes.json` of the old root `name`. */
export function notesText({ pinned, adopted, bootedAt, size }: WrittenNotes, name: string): string {
  return `${JSON.stringify({ schema: 'ebb.notes/1', pinned, adoptedAs: adopted ? name : undefined, bootedAt, size })}\n`;
}

function isPin(value: unknown): value is NonNullable<OldRootNotes['pinned']> {
  return isObject(value) && typeof value['note'] === 'string';
}

function isSize(value: unknown): value is NonNullable<OldRootNotes['size']> {
  return isObject(value) && isCount(value['entries']) && isCount(value['bytes']);
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isCount(value: unknown): boolean {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}
