import { parse, TomlError } from 'smol-toml';
import * as v from 'valibot';
import {
  type AtShutdown,
  CONFIGURATION_FILE,
  type Configuration,
  type DeclaredPath,
  noConfiguration,
  type PersistenceModule,
  shutdownActions,
} from '../core/configuration.ts';
import { Failure } from '../core/failure.ts';
import { octalMode } from '../core/mode.ts';
import { checkPattern } from '../core/pattern.ts';
import {
  bytesOf,
  join,
  type RawPath,
  ROOT,
  rawFromBytes,
  rawFromText,
  rebase,
  resolveLexically,
  textOf,
} from '../core/rawpath.ts';
import { defaultPolicy } from '../core/retention.ts';
import { notASize, parseSize } from '../core/size.ts';
import type { RootFiles } from '../ports/root-files.ts';
import { readConfigurationFile } from './configuration-file.ts';

/** Made when there is a file: most machines that are looked at for the first time have none. */
function makeSchema() {
  // Nothing that chown or chmod would take for more than one.
  const account = v.optional(v.pipe(v.string(), v.regex(/^[A-Za-z0-9_][A-Za-z0-9_.-]{0,31}$/)));
  const owner = { user: account, group: account, mode: v.optional(v.string()) };
  // What a person calls the place: shown, and nothing else.
  const declaredBy = v.optional(v.pipe(v.string(), v.nonEmpty(), v.maxLength(200)));
  const method = v.optional(v.picklist(['bind', 'link']));
  const directory = v.union([
    v.string(),
    v.strictObject({ directory: v.string(), method, declared_by: declaredBy, ...owner }),
    v.strictObject({ directory_base64: v.pipe(v.string(), v.base64()), method, declared_by: declaredBy, ...owner }),
  ]);
  const file = v.union([
    v.string(),
    v.strictObject({ file: v.string(), method, declared_by: declaredBy, ...owner }),
    v.strictObject({ file_base64: v.pipe(v.string(), v.base64()), method, declared_by: declaredBy, ...owner }),
  ]);
  const paths = {
    declared_by: declaredBy,
    directories: v.optional(v.array(directory), []),
    files: v.optional(v.array(file), []),
  };
  const bytes = v.pipe(v.number(), v.integer(), v.minValue(0));
  return v.strictObject({
    root: v.optional(
      v.strictObject({
        filesystem: v.picklist(['btrfs', 'bcachefs', 'directory', 'tmpfs']),
        device: v.optional(v.string()),
        subvolume: v.optional(v.string()),
        old_roots: v.optional(v.string()),
        blank: v.optional(v.string()),
        on_failure: v.optional(v.picklist(['boot', 'halt']), 'boot'),
        ephemeral_mounts: v.optional(v.array(v.string()), []),
      }),
    ),
    retention: v.optional(
      v.strictObject({
        recent: v.optional(v.pipe(v.number(), v.integer(), v.minValue(0))),
        weekly: v.optional(v.pipe(v.number(), v.integer(), v.minValue(0))),
        monthly: v.optional(v.union([v.literal('all'), v.pipe(v.number(), v.integer(), v.minValue(0))])),
      }),
    ),
    check: v.optional(
      // `block`: how `at_shutdown = "block"` was spelled before.
      v.strictObject({ at_shutdown: v.optional(v.picklist(shutdownActions)), block: v.optional(v.boolean()) }),
    ),
    capture: v.optional(v.strictObject({ max_size: v.optional(v.union([v.string(), bytes])) })),
    persistence: v.optional(
      v.record(
        v.string(),
        v.strictObject({
          hide_mounts: v.optional(v.boolean()),
          // Where the storage's path is not UTF-8; the table's name is then only for people.
          storage_base64: v.optional(v.pipe(v.string(), v.base64())),
          ...paths,
          users: v.optional(v.record(v.string(), v.strictObject({ home: v.optional(v.string()), ...paths })), {}),
        }),
      ),
      {},
    ),
    ignore: v.optional(v.strictObject({ paths: v.optional(v.array(v.string()), []) })),
  });
}

type Schema = ReturnType<typeof makeSchema>;

/**
 * The configuration of the root whose files these are. Links of a root that is not running may lead to what is mounted
 * only where it runs, so there one that leads nowhere is no failure. @throws Failure where it is there and wrong.
 */
export function readConfiguration(files: RootFiles, root: RawPath = ROOT): Configuration {
  const found = readConfigurationFile(files);
  const absolute = (path: RawPath): RawPath => rebase(path, ROOT, root);
  switch (found.state) {
    case 'absent':
      return noConfiguration;
    case 'unreachable':
    case 'denied':
      if (found.state === 'denied' || root !== ROOT)
        return { ...noConfiguration, unread: { file: absolute(found.at), problem: found.problem } };
      throw new Failure('failed', `${found.at}: ${found.problem}`, 'mend the link, or remove it');
    case 'wrong':
      throw new Failure('failed', `${absolute(found.at)}: ${found.problem}`, `move it away, or remove it`);
    case 'read':
      try {
        const text = textOf(rawFromBytes(found.bytes));
        if (text === undefined) throw new Mistake('it is not UTF-8');
        return configurationOf(text);
      } catch (error) {
        if (!(error instanceof Mistake)) throw error;
        const message = `${absolute(CONFIGURATION_FILE)}: ${rawFromText(error.message)}`;
        throw new Failure('failed', message, 'docs/reference/configuration.md describes the file');
      }
  }
}

/** What is wrong with a configuration. */
export class Mistake extends Error {}

/** @throws Mistake */
export function configurationOf(text: string): Configuration {
  let document: unknown;
  try {
    document = parse(text);
  } catch (error) {
    if (error instanceof TomlError) throw new Mistake(`line ${error.line}: ${error.message.split('\n')[0]}`);
    throw error;
  }
  const result = v.safeParse(makeSchema(), document);
  if (!result.success) {
    // A key that is misspelt is also one that is missing: the first is what to say.
    const issue = result.issues.find((one) => unknownKey(one) !== undefined) ?? result.issues[0];
    throw new Mistake(problemOf(issue, text));
  }
  const { root, retention, check, capture, persistence, ignore } = result.output;
  const declared: DeclaredPath[] = [];
  const declarers: string[] = [];
  const storages: RawPath[] = [];
  for (const [name, storage] of Object.entries(persistence)) {
    const base64 = storage.storage_base64;
    const path = base64 === undefined ? rawFromText(name) : rawFromBytes(Buffer.from(base64, 'base64'));
    const at = absolute(path, '/' as RawPath, 'persistence');
    storages.push(at);
    const hidden = storage.hide_mounts === true;
    const declaredIn = storage.declared_by === undefined ? CONFIGURATION_FILE : rawFromText(storage.declared_by);
    declarers.push(declaredIn);
    declared.push(...declaredBelow(storage, { storage: at, hidden, home: undefined, declaredIn }, text));
    for (const [user, own] of Object.entries(storage.users)) {
      const home = own.home ?? (user === 'root' ? '/root' : `/home/${user}`);
      if (!/^[A-Za-z0-9_][A-Za-z0-9_.-]{0,31}$/.test(user)) throw new Mistake(`users.${user}: is no name of a user`);
      const path = absolute(rawFromText(home), '/' as RawPath, `users.${user}`);
      const inOwn = own.declared_by === undefined ? declaredIn : rawFromText(own.declared_by);
      declared.push(...declaredBelow(own, { storage: at, hidden, home: { path, user }, declaredIn: inOwn }, text));
    }
  }
  return {
    file: CONFIGURATION_FILE,
    unread: undefined,
    root: root && {
      filesystem: root.filesystem,
      device: root.device && rawFromText(root.device),
      subvolume: root.subvolume && rawFromText(root.subvolume),
      oldRoots: root.old_roots && rawFromText(root.old_roots),
      blank: root.blank && rawFromText(root.blank),
      onFailure: root.on_failure,
    },
    retention: {
      recent: retention?.recent ?? defaultPolicy.recent,
      weekly: retention?.weekly ?? defaultPolicy.weekly,
      monthly: retention?.monthly ?? defaultPolicy.monthly,
    },
    maxCapture: sizeOf(capture?.max_size),
    atShutdown: atShutdownOf(check),
    ephemeralMounts: (root?.ephemeral_mounts ?? []).map((point) =>
      absolute(rawFromText(point), '/' as RawPath, 'root.ephemeral_mounts'),
    ),
    storages,
    declared,
    module: moduleOf([...declarers, ...declared.map(({ declaredIn }) => declaredIn)]),
    ignored: (ignore?.paths ?? []).map(pattern),
  };
}

function problemOf(issue: v.BaseIssue<unknown>, text: string): string {
  const where = v.getDotPath(issue) ?? 'the document';
  const unknown = unknownKey(issue);
  const line = lineOf(text, unknown ?? where.split('.').findLast((key) => !/^\d+$/.test(key)) ?? '');
  if (unknown !== undefined) return `${line}there is no key ${unknown} here`;
  return `${line}${where}: expected ${issue.expected}, found ${issue.received}`;
}

/** The key that the schema does not have, if that is the problem. */
function unknownKey(issue: v.BaseIssue<unknown>): string | undefined {
  if (issue.type === 'strict_object' && issue.expected === 'never') return String(issue.path?.at(-1)?.key);
  for (const inner of issue.issues ?? []) {
    const key = unknownKey(inner);
    if (key !== undefined) return key;
  }
  return undefined;
}

/** `line N: ` of the first line that has the key; the reader of TOML does not keep places. */
function lineOf(text: string, key: string): string {
  const line = text.split('\n').findIndex((candidate) => key !== '' && candidate.includes(key));
  return line < 0 ? '' : `line ${line + 1}: `;
}

type Paths = Pick<v.InferOutput<Schema>['persistence'][string], 'directories' | 'files'>;

interface Details extends Partial<Record<'user' | 'group' | 'mode' | 'declared_by', string | undefined>> {
  readonly method?: DeclaredPath['method'] | undefined;
}

function declaredBelow(
  { directories, files }: Paths,
  place: Pick<DeclaredPath, 'storage' | 'hidden' | 'home' | 'declaredIn'>,
  text: string,
): DeclaredPath[] {
  const { home } = place;
  const raw = (entry: Paths['directories'][number] | Paths['files'][number]): string => {
    if (typeof entry === 'string') return rawFromText(entry);
    if ('directory' in entry) return rawFromText(entry.directory);
    if ('file' in entry) return rawFromText(entry.file);
    const base64 = 'directory_base64' in entry ? entry.directory_base64 : entry.file_base64;
    return rawFromBytes(Buffer.from(base64, 'base64'));
  };
  const at =
    (kind: DeclaredPath['kind']) =>
    (entry: Parameters<typeof raw>[0]): DeclaredPath => {
      const given: Details = typeof entry === 'string' ? {} : entry;
      const path = absolute(raw(entry), home?.path ?? ROOT, kind);
      const mode = octalMode(given.mode ?? (kind === 'directory' ? '0755' : '0644'));
      if (mode === undefined) {
        const where = lineOf(text, given.mode ?? '');
        throw new Mistake(`${where}${kind} ${path}: ${given.mode} is no mode, such as 0750 or u=rwx,go=`);
      }
      return {
        ...place,
        ...{ path, kind, method: given.method ?? 'bind' },
        owner: { user: given.user ?? home?.user ?? 'root', group: given.group, mode },
        ...(given.declared_by === undefined ? {} : { declaredIn: rawFromText(given.declared_by) }),
      };
    };
  return [...directories.map(at('directory')), ...files.map(at('file'))];
}

/** By what says that it wrote them. */
function moduleOf(declarers: readonly string[]): PersistenceModule {
  const isOf = (option: string): boolean => declarers.some((one) => one.startsWith(option));
  return isOf('preservation') && !isOf('environment.persistence') ? 'preservation' : 'impermanence';
}

function atShutdownOf(check: v.InferOutput<Schema>['check']): AtShutdown {
  const { block, at_shutdown: asked } = check ?? {};
  if (asked !== undefined && block !== undefined && block !== (asked === 'block')) {
    throw new Mistake(`check.block says another thing than check.at_shutdown: leave it out`);
  }
  return asked ?? (block === true ? 'block' : noConfiguration.atShutdown);
}

function sizeOf(size: string | number | undefined): number | undefined {
  if (typeof size !== 'string') return size;
  const bytes = parseSize(size);
  if (bytes === undefined) throw new Mistake(`capture.max_size: ${notASize(size)}`);
  return bytes;
}

function pattern(text: string): string {
  const raw = rawFromText(text);
  try {
    checkPattern(raw, 'ignore.paths');
  } catch (error) {
    throw new Mistake((error as RangeError).message);
  }
  // Whatever the next reboot loses, the check would pass.
  if (/^[/*]+$/.test(raw)) throw new Mistake(`ignore.paths: pattern "${raw}" is everything there is`);
  return raw;
}

function absolute(path: string, home: RawPath, where: string): RawPath {
  if (path === '' || bytesOf(path).includes(0)) throw new Mistake(`${where}: an empty path, or one with a NUL`);
  return path.startsWith('/') ? resolveLexically('/' as RawPath, path) : resolveLexically(home, join(home, path));
}
