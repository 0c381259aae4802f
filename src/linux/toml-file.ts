import { parse, TomlError } from 'smol-toml';
import * as v from 'valibot';

/** What the file holds. A RangeError that names it and the line where it is no TOML. */
export function parseToml(source: string, file: string): unknown {
  try {
    return parse(source);
  } catch (cause) {
    const line = cause instanceof TomlError ? `:${cause.line}` : '';
    throw new RangeError(`${file}${line}: ${cause instanceof Error ? cause.message : cause}`, { cause });
  }
}

/** Where the `index`-th table of an array begins: `:12`. */
export function lineOfTable(source: string, name: string, index: number): string {
  const header = new RegExp(`^\\s*\\[\\[\\s*${name}\\s*\\]\\]`);
  const lines = source.split('\n').flatMap((line, at) => (header.test(line) ? [at + 1] : []));
  return lines[index] === undefined ? '' : `:${lines[index]}`;
}

/** The input as the schema has it. A RangeError that names `where`, and each key that is wrong. */
export function readSchema<TSchema extends v.GenericSchema>(
  schema: TSchema,
  input: unknown,
  where: string,
): v.InferOutput<TSchema> {
  const result = v.safeParse(schema, input);
  if (result.success) return result.output;
  const problems = result.issues.map((issue) => {
    const key = v.getDotPath(issue);
    return key === null ? issue.message : `${key}: ${issue.message}`;
  });
  throw new RangeError(`${where}: ${problems.join('; ')}`);
}
