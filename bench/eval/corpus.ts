/** The labelled cases that `npm run eval` measures by, as docs/reference/corpus.md describes them. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'smol-toml';
import * as v from 'valibot';
import { categories } from '../../src/core/category.ts';

export const distributions = ['nixos', 'debian', 'arch', 'fedora', 'other'] as const;
export const rightVerdicts = ['persist', 'ignore', 'either'] as const;
export type RightVerdict = (typeof rightVerdicts)[number];

const text = v.pipe(v.string(), v.nonEmpty('it is empty'));
const path = v.pipe(
  v.string(),
  v.regex(/^(~|\/)[^/]*(\/[^/]+)*\/?$/, 'a path begins with / or ~/, and has no empty components'),
);
const entryShape = {
  path,
  link: v.optional(text),
  type: v.optional(v.picklist(['socket', 'fifo'])),
  content: v.optional(v.string()),
  size: v.optional(v.number()),
  owner: v.optional(text),
  mode: v.optional(v.pipe(v.string(), v.regex(/^0?[0-7]{3,4}$/, 'three or four octal digits'))),
  empty: v.optional(v.boolean()),
};
const treeEntry = v.strictObject(entryShape);
const caseEntry = v.strictObject({
  ...entryShape,
  verdict: v.picklist(rightVerdicts),
  category: v.picklist(categories),
  source: v.optional(text),
  note: v.optional(text),
});
const account = v.strictObject({ uid: v.number(), gid: v.optional(v.number()), home: text });
const schema = v.strictObject({
  title: text,
  distribution: v.picklist(distributions),
  source: v.optional(text),
  sources: v.optional(v.record(v.string(), text)),
  home: v.optional(v.pipe(v.string(), v.regex(/^\/(?!.*\/$)/, 'a home begins with / and does not end with it'))),
  accounts: v.optional(v.record(v.string(), account)),
  units: v.optional(v.record(v.string(), v.string())),
  tmpfiles: v.optional(v.record(v.string(), v.string())),
  tree: v.optional(v.array(treeEntry)),
  cases: v.pipe(v.array(caseEntry), v.nonEmpty('there is no case')),
});

export type Account = v.InferOutput<typeof account>;

/** Something in the tree of a root. */
export interface TreeEntry {
  /** Without a slash at its end. */
  readonly path: string;
  readonly kind: 'file' | 'directory' | 'symlink' | 'socket' | 'fifo';
  /** Of a symlink. */
  readonly target: string | undefined;
  readonly content: string | undefined;
  readonly size: number | undefined;
  readonly owner: string | undefined;
  readonly mode: number | undefined;
  /** Of a directory: there is nothing in it. */
  readonly empty: boolean;
}

/** A path of which it is known what is to be done about it. */
export interface Case extends TreeEntry {
  readonly verdict: RightVerdict;
  readonly category: (typeof categories)[number];
  readonly source: string;
  readonly note: string | undefined;
}

/** A machine, or paths of many machines that are looked at as if they were of one. */
export interface CorpusRoot {
  /** The file without `.toml`, below the corpus: `roots/h001`. */
  readonly id: string;
  readonly title: string;
  readonly distribution: (typeof distributions)[number];
  readonly accounts: Readonly<Record<string, Account>>;
  readonly units: Readonly<Record<string, string>>;
  readonly tmpfiles: Readonly<Record<string, string>>;
  /** Besides the cases. */
  readonly tree: readonly TreeEntry[];
  readonly cases: readonly Case[];
}

/** All of a corpus, by file name. @throws RangeError that names the file and what is wrong. */
export function readCorpus(directory: string): CorpusRoot[] {
  const ids = ['roots', 'paths'].flatMap((part) => {
    if (!existsSync(join(directory, part))) return [];
    const files = readdirSync(join(directory, part)).filter((name) => name.endsWith('.toml'));
    return files.sort().map((name) => `${part}/${name.slice(0, -'.toml'.length)}`);
  });
  if (ids.length === 0) throw new RangeError(`${directory}: there is no roots/*.toml or paths/*.toml in it`);
  return ids.map((id) => parseRoot(readFileSync(join(directory, `${id}.toml`), 'utf8'), id));
}

export function parseRoot(source: string, id: string): CorpusRoot {
  const given = checked(source, id);
  const { title, distribution, accounts = {}, units = {}, tmpfiles = {}, sources = {}, home = '/home/user' } = given;
  const cases = given.cases.map((one): Case => {
    const from = one.source ?? given.source;
    if (from === undefined) throw new RangeError(`${id}: ${one.path}: it has no source`);
    const { verdict, category, note } = one;
    return { ...entryOf(one, home), verdict, category, note, source: sources[from] ?? from };
  });
  const tree = (given.tree ?? []).map((one) => entryOf(one, home));
  const seen = new Set<string>();
  for (const { path: at } of [...tree, ...cases]) {
    if (seen.has(at)) throw new RangeError(`${id}: ${at}: it is there twice`);
    seen.add(at);
  }
  return { id, title, distribution, accounts, units, tmpfiles, tree, cases };
}

function checked(source: string, id: string): v.InferOutput<typeof schema> {
  const result = v.safeParse(schema, parsed(source, id));
  if (result.success) return result.output;
  const problems = result.issues.map((issue) => `${v.getDotPath(issue) ?? ''}: ${issue.message}`);
  throw new RangeError(`${id}: ${problems.slice(0, 5).join('; ')}`);
}

function parsed(source: string, id: string): unknown {
  try {
    return parse(source);
  } catch (cause) {
    throw new RangeError(`${id}: ${cause instanceof Error ? cause.message : cause}`, { cause });
  }
}

function entryOf(one: v.InferOutput<typeof treeEntry>, home: string): TreeEntry {
  const full = one.path.replace(/^~(?=\/|$)/, home);
  const isDirectory = full.endsWith('/');
  const kind = one.link !== undefined ? 'symlink' : (one.type ?? (isDirectory ? 'directory' : 'file'));
  return {
    path: isDirectory ? full.slice(0, -1) : full,
    kind,
    target: one.link,
    content: one.content,
    size: one.size,
    owner: one.owner,
    mode: one.mode === undefined ? undefined : Number.parseInt(one.mode, 8),
    empty: one.empty === true,
  };
}
