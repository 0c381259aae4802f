import * as v from 'valibot';
import type { OldRootNotes } from '../../ports/old-roots.ts';

const none: OldRootNotes = { pinned: undefined, adopted: false, bootedAt: undefined, size: undefined };

/** Made once there are notes to read. */
let schema: ReturnType<typeof makeSchema> | undefined;

function makeSchema() {
  const count = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
  return v.object({
    pinned: v.optional(v.object({ note: v.string() })),
    adopted: v.optional(v.boolean(), false),
    bootedAt: v.optional(v.pipe(v.number(), v.finite())),
    size: v.optional(v.object({ entries: count, bytes: count })),
  });
}

/** What `/.ebb/notes.json` of an old root says. One that says nonsense says nothing. */
export function parseNotes(value: unknown): OldRootNotes {
  if (value === undefined) return none;
  schema ??= makeSchema();
  const result = v.safeParse(schema, value);
  if (!result.success) return none;
  const { pinned, adopted, bootedAt, size } = result.output;
  return { pinned, adopted, bootedAt, size };
}
