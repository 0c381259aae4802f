/** What must be true of the disk of whole-boot.ts, wherever its power was cut. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { existsSync, lstatSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { deletedOldRoots, keptOldRoots, type Phase, phases } from './whole-boot.ts';

const oldRoots = '@snapshots/old_roots';

/** What the disk held before the boot. */
export interface Held {
  readonly first: string;
  /** By their names. */
  readonly oldRoots: Readonly<Record<string, string>>;
  readonly storage: Readonly<Record<string, string>>;
}

const storage = ['state', 'etc/machine-id', 'var/lib/old'];

export function heldBy(top: string): Held {
  const digests = (directory: string, names: readonly string[]): Record<string, string> =>
    Object.fromEntries(names.map((name) => [name, digest(join(top, directory, name))]));
  return {
    first: digest(join(top, '@root')),
    oldRoots: digests(oldRoots, [...keptOldRoots, ...deletedOldRoots]),
    storage: digests('@persist', storage),
  };
}

export type HowFar = 'before' | 'between' | 'after';

/** How far the boot had come with this disk. */
export interface Found {
  readonly reset: HowFar;
  readonly deleting: number;
  readonly gone: number;
}

/**
 * Asserts that the disk has lost nothing but what `gc` deletes, and that, too, only as a whole. `phase`: the last that had
 * begun for certain; `mayDelete`: whether `gc` may have begun.
 */
export function assertLostNothing(
  top: string,
  held: Held,
  { phase, mayDelete }: { readonly phase: Phase | undefined; readonly mayDelete: boolean },
): Found {
  const names = readdirSync(join(top, oldRoots));
  const whole = names.filter((name) => !name.startsWith('.'));
  const roots = [...(existsSync(join(top, '@root')) ? ['@root'] : []), ...whole.map((name) => join(oldRoots, name))];
  const firsts = roots.filter((root) => digest(join(top, root)) === held.first);
  assert.equal(firsts.length, 1, `the root that was is ${firsts.length} times among ${roots}`);
  let [deleting, gone] = [0, 0];
  for (const [name, was] of Object.entries(held.oldRoots)) {
    const isCondemned = names.some((other) => other.startsWith(`.deleting-${name}`));
    if (whole.includes(name)) assert.equal(digest(join(top, oldRoots, name)), was, `${name} is not what it was`);
    else {
      assert.ok(mayDelete && deletedOldRoots.includes(name), `${name} is gone, there are ${names}`);
      if (isCondemned) deleting++;
      else gone++;
    }
  }
  for (const name of whole) {
    const text = readFileSync(join(top, oldRoots, name, '.ebb/boot.json'), 'utf8');
    assert.match(text, /^\{"schema":"ebb.boot\/1","sequence":\d+,"bootedAt":"[^"]*".*\}\n$/, name);
  }
  for (const [name, was] of Object.entries(held.storage))
    assert.equal(digest(join(top, '@persist', name)), was, `@persist/${name} is not what it was`);
  if (phase !== undefined && phases.indexOf(phase) >= phases.indexOf('written'))
    assert.equal(readFileSync(join(top, '@persist/var/lib/new/file'), 'utf8'), 'here\n');
  const reset = firsts[0] === '@root' ? 'before' : roots.includes('@root') ? 'after' : 'between';
  return { reset, deleting, gone };
}

/** Asserts that what follows a boot that is not cut off is so: the root is a fresh one, and what was condemned is gone. */
export function assertFinished(top: string): void {
  assert.ok(existsSync(join(top, '@root')));
  const names = readdirSync(join(top, oldRoots));
  assert.deepEqual(
    names.filter((name) => name.startsWith('.deleting-')),
    [],
  );
  for (const name of keptOldRoots) assert.ok(names.includes(name), `${name} is gone`);
}

/** Of all that is in it but ebb's own notes: names, kinds, permissions and contents. */
function digest(path: string): string {
  const hash = createHash('sha1');
  const visit = (at: string, name: string): void => {
    const stats = lstatSync(at);
    hash.update(`${name}\0${stats.mode}\0${stats.uid}\0${stats.gid}\0`);
    if (stats.isSymbolicLink()) hash.update(readlinkSync(at));
    else if (stats.isFile()) hash.update(readFileSync(at));
    else for (const entry of readdirSync(at).sort()) if (entry !== '.ebb') visit(join(at, entry), `${name}/${entry}`);
  };
  visit(path, '');
  return hash.digest('hex');
}
