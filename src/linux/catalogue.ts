import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as v from 'valibot';
import { type CatalogueEntry, type CataloguePath, catalogueRules, persistOf } from '../core/catalogue-entry.ts';
import { categories } from '../core/category.ts';
import { EntryType } from '../core/change.ts';
import { checkPattern } from '../core/pattern.ts';
import { type RawPath, rawFromText } from '../core/rawpath.ts';
import type { Rule } from '../core/rule.ts';
import { lineOfTable, parseToml, readSchema } from './toml-file.ts';

/** The rules that know no service. */
const GENERAL = 'general.toml';

// Not `unknown`: that is what a filesystem says which does not tell, never what an entry is.
const typeNames = ['file', 'directory', 'symlink', 'socket', 'fifo', 'block', 'character'] as const;

const text = v.pipe(v.string(), v.nonEmpty('Invalid text: it is empty'));
const texts = v.pipe(v.array(text), v.nonEmpty('Invalid length: it is empty'));
const types = v.pipe(v.array(v.picklist(typeNames)), v.nonEmpty('Invalid length: it is empty'));
const absolutePath = v.pipe(v.string(), v.regex(/^(\/|~\/)/, 'Invalid path: it must begin with / or ~/'));
const mode = v.pipe(v.string(), v.regex(/^0?[0-7]{3,4}$/, 'Invalid mode: three or four octal digits'));
const unit = v.pipe(
  v.string(),
  v.regex(/^[^/\s]+\.(service|timer|socket|mount|path|target|scope|slice)$/, 'Invalid unit: as in forgejo.service'),
);
const option = v.pipe(v.string(), v.regex(/^[a-z]\w*(\.[\w<>*"-]+)+$/i, 'Invalid option: as in services.forgejo'));
const nixosOption = v.pipe(v.string(), v.regex(/^[a-z]\w*(\.[\w<>*"-]+)*$/i, 'Invalid option: as in services.forgejo'));
const userName = v.pipe(v.string(), v.regex(/^[\w.-]+\$?$/, 'Invalid name of a user or group'));

const covering = { paths: v.optional(texts), exact: v.optional(texts), types: v.optional(types) };
const NO_PATTERNS = 'Invalid rule: it has neither paths nor exact';
const ruleSchema = v.pipe(
  v.strictObject({ ...covering, category: v.picklist(categories), why: text, place: v.optional(v.boolean()) }),
  v.check(({ paths, exact }) => (paths ?? exact) !== undefined, NO_PATTERNS),
);
const pathSchema = v.pipe(
  v.strictObject({
    ...covering,
    elsewhere: v.optional(texts),
    nixos: v.optional(v.array(nixosOption)),
    category: v.picklist(categories),
    persist: v.optional(v.picklist(['yes', 'no', 'optional'])),
    why: text,
    breaks: v.optional(text),
    instead: v.optional(absolutePath),
    owner: v.optional(userName),
    group: v.optional(userName),
    mode: v.optional(mode),
    option: v.optional(option),
    stop: v.optional(v.array(unit)),
    dump: v.optional(text),
  }),
  v.check(({ paths, exact }) => (paths ?? exact) !== undefined, NO_PATTERNS),
);
const generalSchema = v.strictObject({ rule: v.array(v.unknown()) });
const entrySchema = v.strictObject({
  title: text,
  kind: v.picklist(['service', 'program', 'system', 'container']),
  units: v.optional(v.array(unit)),
  nixos: v.optional(v.array(nixosOption)),
  sources: texts,
  path: v.pipe(v.array(v.unknown()), v.nonEmpty('Invalid length: it is empty')),
});

/**
 * The general rules, a rule for each of the patterns, in the order of the file. A RangeError that names the file, the
 * rule by its number and line, and the key where something is not as it should be.
 */
export function parseGeneralRules(source: string, file: string): Rule[] {
  return readSchema(generalSchema, parseToml(source, file), file).rule.flatMap((input, index) => {
    const where = `${file}${lineOfTable(source, 'rule', index)}: rule ${index + 1}`;
    const rule = readSchema(ruleSchema, input, `${where}${firstPattern(input)}`);
    const { category, why, place = false } = rule;
    return patternsOf(rule, where).map(({ pattern, exact }): Rule => {
      const kind = place ? 'place' : 'general';
      return { pattern, category, exact, types: typesOf(rule), why: rawFromText(why), file, kind };
    });
  });
}

/** One file about a service or program. Errors as of `parseGeneralRules`. */
export function parseEntry(source: string, file: string): CatalogueEntry {
  const { title, kind, units = [], nixos = [], sources, path } = readSchema(entrySchema, parseToml(source, file), file);
  const paths = path.map((input, index): CataloguePath => {
    const where = `${file}${lineOfTable(source, 'path', index)}: path ${index + 1}`;
    const place = `${where}${firstPattern(input)}`;
    const given = readSchema(pathSchema, input, place);
    const unknown = given.nixos?.find((name) => !nixos.includes(name));
    if (unknown !== undefined) throw new RangeError(`${place}: nixos: the file's own nixos has no ${unknown}`);
    const { category, persist = persistOf(category), owner, group, mode, option, stop = [], dump } = given;
    return {
      patterns: patternsOf({ paths: [given.paths ?? [], given.elsewhere ?? []].flat(), exact: given.exact }, where),
      types: typesOf(given),
      ...{ category, persist, owner, group, mode, option, stop },
      why: rawFromText(given.why),
      breaks: given.breaks && rawFromText(given.breaks),
      instead: given.instead === undefined ? undefined : (rawFromText(given.instead) as RawPath),
      dump: dump && rawFromText(dump),
    };
  });
  return { id: file.replace(/\.toml$/, ''), title: rawFromText(title), kind, units, nixos, sources, paths };
}

/** All entries of a directory of the catalogue, by file name, and its rules in the order in which they are asked. */
export function loadCatalogue(directory: string): { readonly entries: CatalogueEntry[]; readonly rules: Rule[] } {
  const files = readdirSync(directory)
    .filter((name) => name.endsWith('.toml'))
    .sort();
  // Without a single rule everything would be `unknown`, which looks like an answer.
  if (!files.includes(GENERAL)) throw new RangeError(`${directory}: there is no ${GENERAL} in it`);
  const contentOf = (name: string): string => readFileSync(join(directory, name), 'utf8');
  const entries = files.filter((name) => name !== GENERAL).map((name) => parseEntry(contentOf(name), name));
  return { entries, rules: catalogueRules(entries, parseGeneralRules(contentOf(GENERAL), GENERAL)) };
}

function patternsOf(
  { paths = [], exact = [] }: { readonly paths?: string[] | undefined; readonly exact?: string[] | undefined },
  where: string,
): { pattern: string; exact: boolean }[] {
  const all = [...paths.map((path) => [path, false] as const), ...exact.map((path) => [path, true] as const)];
  return all.map(([path, isExact]) => {
    const pattern = rawFromText(path);
    // Only to fail here, where the rule's number is known.
    checkPattern(pattern, where);
    return { pattern, exact: isExact };
  });
}

function typesOf({ types }: { readonly types?: (typeof typeNames)[number][] | undefined }): number[] | undefined {
  return types?.map((name) => EntryType[name]);
}

/** A number alone is hard to find in a long file. */
function firstPattern(rule: unknown): string {
  if (typeof rule !== 'object' || rule === null) return '';
  const { paths = [], exact = [] } = rule as { readonly paths?: unknown; readonly exact?: unknown };
  const first = [paths, exact].flat().find((pattern) => typeof pattern === 'string');
  return first === undefined ? '' : ` (${first})`;
}

export { packRules } from '../core/packed-rules.ts';
