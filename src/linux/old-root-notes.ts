import * as v from 'valibot';
import type { OldRootNotes } from '../ports/old-roots.ts';

const none: OldRootNotes = { pinned: undefined, adopted: false, size: undefined };

/** What `/.ebb/notes.json` of an old root says. One that says nonsense says nothing. */
export function parseNotes(value: unknown): OldRootNotes {
  if (value === undefined) return none;
  const count = v.pipe(v.number(), v.integer(), v.minValue(0));
  const schema = v.object({
    pinned: v.optional(v.object({ note: v.string() })),
    adopted: v.optional(v.boolean(), false),
    size: v.optional(v.object({ entries: count, bytes: count })),
  });
  const result = v.safeParse(schema, value);
  if (!result.success) return none;
  const { pinned, adopted, size } = result.output;
  return { pinned, adopted, size };
}
