import { readFileSync } from 'node:fs';
import * as v from 'valibot';
import { DECLARATIONS_SCHEMA, type DeclarationsDocument } from '../core/declarations-document.ts';
import { Failure } from '../core/failure.ts';
import { type RawPath, rawFromText } from '../core/rawpath.ts';

/** More than anybody declares. */
const LARGEST = 16 * 1024 * 1024;

/** What is said of a path, or of a storage, beyond what ebb knows stays as it is. */
function makeSchema() {
  const paths = {
    directories: v.optional(v.array(v.union([v.string(), v.looseObject({ directory: v.string() })]))),
    files: v.optional(v.array(v.union([v.string(), v.looseObject({ file: v.string() })]))),
  };
  return v.strictObject({
    schema: v.literal(DECLARATIONS_SCHEMA),
    persistence: v.optional(
      v.record(v.string(), v.looseObject({ ...paths, users: v.optional(v.record(v.string(), v.looseObject(paths))) })),
      {},
    ),
    ignore: v.optional(v.array(v.string()), []),
  });
}

/** The document at this path. @throws Failure where there is none, or it is another. */
export function readDeclarations(path: RawPath): DeclarationsDocument {
  const { persistence, ignore } = parsed(path, textAt(path));
  return { persistence, ignore };
}

function textAt(path: RawPath): string {
  let bytes: Buffer;
  try {
    bytes = readFileSync(Buffer.from(path, 'latin1'));
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') throw new Failure('not-found', `there is no file ${path}`);
    throw new Failure('failed', `${path} could not be read: ${code}`);
  }
  if (bytes.length === 0) {
    // A shell that writes the answer to the same file has emptied it by now.
    throw new Failure('failed', `${path} is empty`, 'write the answer to another file, and rename that');
  }
  if (bytes.length > LARGEST) throw new Failure('failed', `${path} is too large to be declarations`);
  return bytes.toString('utf8');
}

function parsed(path: RawPath, text: string): v.InferOutput<ReturnType<typeof makeSchema>> {
  const wrong = (problem: string): Failure =>
    new Failure('failed', `${path}: ${rawFromText(problem)}`, 'docs/reference/json.md describes ebb.declarations/1');
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw wrong('it is not JSON');
  }
  const name = strangeName(value);
  if (name !== undefined) throw wrong(`${name} is nothing to declare`);
  const result = v.safeParse(makeSchema(), value);
  if (result.success) return result.output;
  const [issue] = result.issues;
  throw wrong(`${v.getDotPath(issue) ?? 'the document'}: ${issue.message}`);
}

/** Names that would be passed over when it is read, or are more than a name to NixOS. */
const strange: ReadonlySet<string> = new Set(['__proto__', 'constructor', 'prototype', '_type']);

function strangeName(value: unknown): string | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const pending: object[] = [value];
  for (let one = pending.pop(); one !== undefined; one = pending.pop()) {
    for (const [name, inner] of Object.entries(one)) {
      if (strange.has(name)) return name;
      if (typeof inner === 'object' && inner !== null) pending.push(inner);
    }
  }
  return undefined;
}
