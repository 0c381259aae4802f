import assert from 'node:assert/strict';
import { test } from 'node:test';
import { EntryType } from '../../src/core/change.ts';
import { nameOf, parentOf, type RawName, type RawPath } from '../../src/core/rawpath.ts';
import {
  extentOf,
  planRestore,
  type RestoreEntry,
  type RestoreSide,
  temporaryNameFor,
} from '../../src/core/restore-plan.ts';

interface Told extends Partial<RestoreEntry> {
  readonly content?: string;
  readonly xattr?: string;
}

const directory: Told = { type: EntryType.directory, mode: 0o40755 };
const file: Told = { type: EntryType.file, mode: 0o100644, size: 3 };

/** A tree in memory: absolute paths; directories above a path are there. */
function side(tree: Readonly<Record<string, Told>>): RestoreSide {
  const entries = new Map<string, Told>([['/', directory]]);
  for (const [path, told] of Object.entries(tree)) {
    for (let at = parentOf(path as RawPath); at !== '/'; at = parentOf(at)) {
      if (!entries.has(at) && tree[at] === undefined) entries.set(at, directory);
    }
    entries.set(path, told);
  }
  const complete = (told: Told): RestoreEntry => ({
    ...{ type: 0, mode: 0, uid: 0, gid: 0, size: 0, mtimeSec: 100, mtimeNsec: 0, links: 1, device: 0 },
    ...{ target: undefined, ...told },
  });
  return {
    look: (path) => {
      const told = entries.get(path);
      return told === undefined ? undefined : complete(told);
    },
    list: (path) => {
      const inside = [...entries].filter(([other]) => other !== '/' && parentOf(other as RawPath) === path);
      return { identity: path, entries: new Map(inside.map(([at, told]) => [nameOf(at as RawPath), complete(told)])) };
    },
    attributes: (path) => entries.get(path)?.xattr ?? '',
    content: (path) => entries.get(path)?.content ?? '',
  };
}

type Tree = Readonly<Record<string, Told>>;

function plan(paths: readonly string[], source: Tree, target: Tree, force = false): string[] {
  const steps = planRestore(paths as readonly RawPath[], side(source), side(target), { force });
  return steps.map((step) => {
    const newer = 'newer' in step ? ` ${step.newer}` : '';
    const obstacle = 'obstacle' in step ? ` ${step.reason} ${step.obstacle}` : '';
    return `${step.action} ${step.path}${newer}${obstacle}`;
  });
}

test('a path that is not there is created, with the directories above it', () => {
  assert.deepEqual(plan(['/a/b/c'], { '/a/b/c': file }, {}), ['parent /a', 'parent /a/b', 'create /a/b/c']);
});

test('a directory above two paths is made once', () => {
  const source = { '/a/x': file, '/a/y': file };
  assert.deepEqual(plan(['/a/x', '/a/y'], source, {}), ['parent /a', 'create /a/x', 'create /a/y']);
});

test('a path below another that is restored is part of it', () => {
  assert.deepEqual(plan(['/a/b', '/a', '/a'], { '/a/b': file }, {}), ['create /a']);
});

test('a path is not below one whose name only begins like it', () => {
  assert.deepEqual(plan(['/a', '/a-old'], { '/a': file, '/a-old': file }, {}), ['create /a', 'create /a-old']);
});

test('a directory that is there is merged, entry by entry', () => {
  const source = { '/d/new': file, '/d/same': file, '/d/sub/x': file };
  const target = { '/d/same': file, '/d/other': file };
  assert.deepEqual(plan(['/d'], source, target), ['merge /d', 'create /d/new', 'same /d/same', 'create /d/sub']);
});

test('what differs is kept, and with --force replaced; which is newer is told', () => {
  const source = { '/f': { ...file, mtimeSec: 5 } };
  assert.deepEqual(plan(['/f'], source, { '/f': { ...file, mtimeSec: 4 } }), ['skip /f old-root']);
  assert.deepEqual(plan(['/f'], source, { '/f': { ...file, mtimeSec: 5, mtimeNsec: 1 } }), ['skip /f target']);
  assert.deepEqual(plan(['/f'], source, { '/f': { ...file, mtimeSec: 6 } }, true), ['replace /f target']);
});

test('the same is only what is the same in owner, mode, attributes and content, too', () => {
  for (const other of [{ uid: 1 }, { gid: 1 }, { mode: 0o100600 }, { size: 4 }, { content: 'x' }, { xattr: 'acl' }]) {
    assert.deepEqual(plan(['/f'], { '/f': file }, { '/f': { ...file, ...other } }), ['skip /f neither']);
  }
});

test('a symlink is the same where it holds the same, whenever it was made', () => {
  const link: Told = { type: EntryType.symlink, mode: 0o120777, target: 'x' };
  assert.deepEqual(plan(['/l'], { '/l': link }, { '/l': { ...link, mtimeSec: 9 } }), ['same /l']);
  assert.deepEqual(plan(['/l'], { '/l': link }, { '/l': { ...link, target: 'y' } }), ['skip /l neither']);
});

test('a directory is never replaced by something else; a file is by a directory, with --force', () => {
  assert.deepEqual(plan(['/p'], { '/p': file }, { '/p': directory }, true), ['blocked /p directory /p']);
  assert.deepEqual(plan(['/p'], { '/p': directory }, { '/p': file }, true), ['replace /p neither']);
  assert.deepEqual(plan(['/p'], { '/p': directory }, { '/p': file }), ['skip /p neither']);
});

test('a symlink above a path is in its way, and so is a file', () => {
  const link: Told = { type: EntryType.symlink, target: '/etc' };
  assert.deepEqual(plan(['/a/b/c'], { '/a/b/c': file }, { '/a/b': link }), ['blocked /a/b/c symlink /a/b']);
  assert.deepEqual(plan(['/a/b'], { '/a/b': file }, { '/a': file }, true), ['blocked /a/b not-a-directory /a']);
});

test('sockets are left out', () => {
  assert.deepEqual(plan(['/s'], { '/s': { type: EntryType.socket } }, {}), ['leave-out /s']);
});

test("a whole root is merged without that boot's records", () => {
  assert.deepEqual(plan(['/'], { '/.ebb/boot.json': file, '/etc': directory }, {}), ['merge /', 'create /etc']);
});

test('a step counts what it would make', () => {
  const source = side({ '/d/a': file, '/d/s': { type: EntryType.socket }, '/d/e/b': { ...file, size: 7 } });
  const [step] = planRestore(['/d' as RawPath], source, side({}), { force: false });
  assert.ok(step !== undefined);
  assert.deepEqual(extentOf(step, source), { entries: 4, bytes: 10 });
});

test('a tree of any depth is planned', () => {
  const entry = side({ '/d': directory }).look('/d' as RawPath);
  assert.ok(entry !== undefined);
  const below = new Map([['d' as RawName, entry]]);
  const deep: RestoreSide = {
    look: () => entry,
    list: (path) => ({ identity: path, entries: path.length < 2 * 20_000 ? below : new Map() }),
    attributes: () => '',
    content: () => '',
  };
  assert.equal(planRestore(['/d' as RawPath], deep, deep, { force: true }).length, 20_000);
});

test('a temporary name is short, the same each time, and another for another name', () => {
  const of = (path: string): string => temporaryNameFor(path as RawPath);
  // FNV-1a, 64 bits: of nothing, "a" and "foobar" (draft-eastlake-fnv, test vectors).
  assert.equal(of('/'), '.ebb-restore.cbf29ce484222325');
  assert.equal(of('/x/a'), '.ebb-restore.af63dc4c8601ec8c');
  assert.equal(of('/y/foobar'), '.ebb-restore.85944171f73967e8');
});
