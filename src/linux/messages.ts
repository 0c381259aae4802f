import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as v from 'valibot';
import { type MessagePattern, messageKinds } from '../core/doctor/message-pattern.ts';
import { parseMessageText } from '../core/doctor/message-text.ts';
import { type RawPath, rawFromText } from '../core/rawpath.ts';
import { lineOfTable, parseToml, readSchema } from './toml-file.ts';

/** A message as a program really wrote it, and what is to be made of it. Text, for tests. */
export interface MessageExample {
  readonly message: string;
  /** The path or file in it, as it stands there. */
  readonly path: string | undefined;
  readonly unit: string | undefined;
  /** Where it is known from: a file of the program's source, an issue. */
  readonly source: string;
}

export interface MessageFile {
  readonly patterns: readonly MessagePattern[];
  /** Of each pattern, by its id. */
  readonly examples: ReadonlyMap<string, readonly MessageExample[]>;
  /** What the program says and means nothing by. */
  readonly ordinary: readonly string[];
}

/** What any program says: the one file that names no program. */
const GENERAL = 'general.toml';

const text = v.pipe(v.string(), v.nonEmpty('Invalid text: it is empty'));
const texts = v.pipe(v.array(text), v.nonEmpty('Invalid length: it is empty'));
const absolutePath = v.pipe(v.string(), v.regex(/^\//, 'Invalid path: it must begin with /'));

const exampleSchema = v.strictObject({
  message: text,
  path: v.optional(text),
  unit: v.optional(text),
  source: text,
});
const messageSchema = v.strictObject({
  kind: v.picklist(messageKinds),
  means: text,
  texts,
  state: v.optional(v.array(absolutePath)),
  examples: v.pipe(v.array(exampleSchema), v.nonEmpty('Invalid length: there is no example')),
});
const messages = { message: v.array(v.unknown()), ordinary: v.optional(v.strictObject({ messages: texts })) };
const fileSchema = v.strictObject({ title: text, identifiers: texts, units: v.optional(texts), ...messages });
const generalSchema = v.strictObject(messages);

/** One file of `messages/`. A RangeError that names the file, the line and the key where something is wrong in it. */
export function parseMessageFile(source: string, file: string): MessageFile {
  const isGeneral = file === GENERAL;
  const given = readSchema(isGeneral ? generalSchema : fileSchema, parseToml(source, file), file);
  const { title, identifiers = [], units = [] } = given as Partial<v.InferOutput<typeof fileSchema>>;
  const examples = new Map<string, MessageExample[]>();
  const patterns = given.message.map((input, index): MessagePattern => {
    const where = `${file}${lineOfTable(source, 'message', index)}: message ${index + 1}`;
    const message = readSchema(messageSchema, input, where);
    const id = `${file.replace(/\.toml$/, '')} ${index + 1}`;
    examples.set(
      id,
      message.examples.map(({ path, unit, ...others }) => ({ path, unit, ...others })),
    );
    return {
      ...{ id, title: title && rawFromText(title), kind: message.kind },
      ...{ identifiers: identifiers.map(rawFromText), units: units.map(rawFromText) },
      texts: message.texts.map((one) => checked(rawFromText(one), where)),
      means: rawFromText(message.means),
      state: (message.state ?? []).map((path) => rawFromText(path) as RawPath),
    };
  });
  return { patterns, examples, ordinary: given.ordinary?.messages ?? [] };
}

/** All files of the directory, by their names. */
export function loadMessageFiles(directory: string): Map<string, MessageFile> {
  const names = readdirSync(directory)
    .filter((name) => name.endsWith('.toml'))
    .sort();
  if (!names.includes(GENERAL)) throw new RangeError(`${directory}: there is no ${GENERAL} in it`);
  return new Map(names.map((name) => [name, parseMessageFile(readFileSync(join(directory, name), 'utf8'), name)]));
}

/** What ebb needs of them: no examples. */
export function loadMessagePatterns(directory: string): MessagePattern[] {
  return [...loadMessageFiles(directory).values()].flatMap(({ patterns }) => patterns);
}

function checked(raw: string, where: string): string {
  try {
    parseMessageText(raw);
  } catch (cause) {
    throw new RangeError(`${where}: "${raw}" ${cause instanceof Error ? cause.message : cause}`, { cause });
  }
  return raw;
}
