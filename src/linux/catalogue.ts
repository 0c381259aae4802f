import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'smol-toml';
import * as v from 'valibot';
import { categories } from '../core/category.ts';
import { EntryType } from '../core/change.ts';
import { checkPattern } from '../core/pattern.ts';
import { rawFromText } from '../core/rawpath.ts';
import type { Rule } from '../core/rules.ts';

/** The rules that know no service. They come last: a file that is about one service knows better. */
const GENERAL = 'general.toml';

// Not `unknown`: that is what a filesystem says which does not tell, never what an entry is.
const typeNames = ['file', 'directory', 'symlink', 'socket', 'fifo', 'block', 'character'] as const;

const patterns = v.pipe(v.array(v.string()), v.nonEmpty('Invalid length: it is empty'));
const ruleSchema = v.pipe(
  v.strictObject({
    category: v.picklist(categories),
    paths: v.optional(patterns),
    exact: v.optional(patterns),
    types: v.optional(v.pipe(v.array(v.picklist(typeNames)), v.nonEmpty('Invalid length: it is empty'))),
    why: v.pipe(v.string(), v.nonEmpty('Invalid text: it is empty')),
  }),
  v.check(({ paths, exact }) => (paths ?? exact) !== undefined, 'Invalid rule: it has neither paths nor exact'),
);
const fileSchema = v.strictObject({ rule: v.array(v.unknown()) });

/**
 * The rules of one file of the catalogue, a rule for each of its patterns, in the order of the file. A RangeError that
 * names the file, the rule by its number and the key where something is not as it should be.
 */
export function parseCatalogue(text: string, file: string): Rule[] {
  let document: unknown;
  try {
    document = parse(text);
  } catch (cause) {
    throw new RangeError(`${file}: ${cause instanceof Error ? cause.message : cause}`, { cause });
  }
  return read(fileSchema, document, file).rule.flatMap((input, index) => {
    const where = `${file}: rule ${index + 1}`;
    const { category, paths = [], exact = [], types, why } = read(ruleSchema, input, `${where}${firstPattern(input)}`);
    const ruleFor = (pattern: string, isExact: boolean): Rule => {
      const rule: Rule = {
        pattern: rawFromText(pattern),
        category,
        exact: isExact,
        types: types?.map((name) => EntryType[name]),
        why,
        file,
      };
      // Only to fail here, where the rule's number is known.
      checkPattern(rule.pattern, where);
      return rule;
    };
    return [...paths.map((pattern) => ruleFor(pattern, false)), ...exact.map((pattern) => ruleFor(pattern, true))];
  });
}

/** The rules of all `*.toml` of a directory, in their order of precedence: by file name, `general.toml` last. */
export function loadCatalogue(directory: string): Rule[] {
  const files = readdirSync(directory).filter((name) => name.endsWith('.toml'));
  // Without a single rule everything would be `unknown`, which looks like an answer.
  if (!files.includes(GENERAL)) throw new RangeError(`${directory}: there is no ${GENERAL} in it`);
  const inOrder = [...files.filter((name) => name !== GENERAL).sort(), GENERAL];
  return inOrder.flatMap((name) => parseCatalogue(readFileSync(join(directory, name), 'utf8'), name));
}

function read<TSchema extends v.GenericSchema>(schema: TSchema, input: unknown, where: string): v.InferOutput<TSchema> {
  const result = v.safeParse(schema, input);
  if (result.success) return result.output;
  const problems = result.issues.map((issue) => {
    const key = v.getDotPath(issue);
    return key === null ? issue.message : `${key}: ${issue.message}`;
  });
  throw new RangeError(`${where}: ${problems.join('; ')}`);
}

/** A number alone is hard to find in a long file. */
function firstPattern(rule: unknown): string {
  if (typeof rule !== 'object' || rule === null) return '';
  const { paths = [], exact = [] } = rule as { readonly paths?: unknown; readonly exact?: unknown };
  const first = [paths, exact].flat().find((pattern) => typeof pattern === 'string');
  return first === undefined ? '' : ` (${first})`;
}

export { packRules } from '../core/packed-rules.ts';
