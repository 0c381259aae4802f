import { readFileSync } from 'node:fs';
import * as v from 'valibot';
import { Failure } from '../../core/failure.ts';
import type { Installed, InstalledEntry } from '../../core/installation.ts';
import type { RawPath } from '../../core/rawpath.ts';
import { initrdTargets } from '../../core/setup.ts';

/** What `ebb init` has put on the machine. */
export const INSTALLED = '/usr/lib/ebb/installed.json' as RawPath;

const schema = v.strictObject({
  schema: v.literal('ebb.installed/1'),
  target: v.picklist(initrdTargets),
  // Byte strings.
  copied: v.array(v.string()),
  entries: v.array(
    v.strictObject({
      path: v.pipe(v.string(), v.regex(/^\/[\w@:.+/\\-]+$/)),
      part: v.picklist(['reset', 'persistence']),
      digest: v.optional(v.string()),
      link: v.optional(v.string()),
    }),
  ),
});

/** undefined where there is none. @throws Failure where it is wrong. */
export function readInstalled(): Installed | undefined {
  let text: string;
  try {
    text = readFileSync(INSTALLED, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
  const result = v.safeParse(schema, parsed(text));
  if (!result.success)
    throw new Failure('failed', `${INSTALLED} is not what ebb init wrote`, 'look at it, and move it away');
  const { target, entries, copied } = result.output;
  return {
    target,
    copied: new Set(copied as RawPath[]),
    entries: new Map(
      entries.map(({ path, part, digest, link }): [RawPath, InstalledEntry] => [
        path as RawPath,
        { part, ...(digest === undefined ? {} : { digest }), ...(link === undefined ? {} : { link }) },
      ]),
    ),
  };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

export function installedText({ target, entries, copied }: Installed): string {
  const list = [...entries].map(([path, entry]) => ({ path, ...entry }));
  const document = { schema: 'ebb.installed/1', target, entries: list, copied: [...copied] };
  // In ASCII: a byte above it stays one.
  const text = JSON.stringify(document, undefined, 1).replace(
    /[\x7f-\xff]/g,
    (byte) => `\\u00${byte.charCodeAt(0).toString(16)}`,
  );
  return `${text}\n`;
}
