/** `ebb find`, as a person and a program use it. */

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, readdirSync, readFileSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import * as v from 'valibot';
import { widthOf } from '../../src/render/columns.ts';
import { documentOf } from '../support/cli-documents.ts';
import { assertRefused, assertStatus, command, ebb, lines, quoted, said, shell, text } from '../support/cli-program.ts';
import {
  buildTree,
  bytePath,
  noOrdinaryUser,
  noTerminal,
  type TreeSpec,
  temporaryDirectory,
} from '../support/cli-roots.ts';
import { onTerminal } from '../support/cli-terminal.ts';

const count = v.pipe(v.number(), v.integer(), v.minValue(0));
const path = v.pipe(v.string(), v.startsWith('/'));
const base64 = v.optional(v.pipe(v.string(), v.base64()));

const findDocument = v.object({
  schema: v.literal('ebb.find/1'),
  directory: path,
  pattern: v.string(),
  patternBase64: base64,
  text: v.nullable(v.string()),
  searched: count,
  failed: count,
  paths: v.array(
    v.object({
      path,
      pathBase64: base64,
      oldRoots: count,
      there: v.boolean(),
      versions: v.array(
        v.object({
          type: v.picklist(['file', 'directory', 'symlink', 'socket', 'fifo', 'block', 'character', 'unknown']),
          size: count,
          mtime: v.string(),
          target: v.nullable(v.string()),
          certain: v.boolean(),
          now: v.boolean(),
          oldRoots: v.array(v.object({ name: v.string(), nameBase64: base64, mtime: v.string() })),
          line: v.nullable(v.object({ number: count, text: v.string() })),
          restore: v.nullable(v.string()),
        }),
      ),
    }),
  ),
  warnings: v.array(v.object({ code: v.string(), message: v.string() })),
});

/** As the boot that gave the name would write it. */
function bootedAtOf(name: string): string {
  const [date, time = '10-00-00'] = name.split('_', 2);
  return /^\d{4}-\d\d-\d\d$/.test(date ?? '')
    ? `${date}T${time.slice(0, 8).replaceAll('-', ':')}Z`
    : '2026-01-05T10:00:00Z';
}

function addOldRoot(directory: string, name: string, sequence: number, tree: TreeSpec): void {
  buildTree(directory, { [`${name}/`]: null });
  const boot = { schema: 'ebb.boot/1', sequence, bootedAt: bootedAtOf(name) };
  buildTree(directory, { [`${name}/.ebb/boot.json`]: JSON.stringify(boot) });
  for (const [inside, what] of Object.entries(tree)) buildTree(directory, { [`${name}/${inside}`]: what });
}

/** One a day, the first with sequence 1. */
function oldRootsOf(t: TestContext, ...trees: TreeSpec[]): string {
  const directory = temporaryDirectory(t);
  for (const [i, tree] of trees.entries()) addOldRoot(directory, `2026-01-0${i + 1}_10-00-00`, i + 1, tree);
  return directory;
}

function found(directory: string, ...args: string[]) {
  const outcome = ebb(['find', '--json', '--old-roots', directory, ...args]);
  return { outcome, document: documentOf(findDocument, text(outcome.stdout)) };
}

test('as text: a path, its versions newest first, who has them, and the command for each', (t) => {
  const directory = oldRootsOf(t, { 'srv/x': 'one' }, { 'srv/x': 'one' }, { 'srv/x': 'three' }, {});
  const outcome = ebb(['find', '/srv/x', '--old-roots', directory]);
  assert.deepEqual(lines(outcome.stdout), [
    '/srv/x  2 versions, in 3 old roots',
    '       5 B  modified just now  2026-01-03_10-00-00',
    `       ebb restore /srv/x --from 2026-01-03_10-00-00 --old-roots ${directory}`,
    '       3 B  modified just now  2026-01-02_10-00-00, 2026-01-01_10-00-00',
    `       ebb restore /srv/x --from 2026-01-02_10-00-00 --old-roots ${directory}`,
  ]);
  assert.equal(said(outcome), '');
  assertStatus(outcome, 0);
});

test('as JSON: the same, for programs', (t) => {
  const directory = oldRootsOf(t, { 'srv/x': 'one' }, { 'srv/x': 'two' }, { 'srv/x': 'three' });
  const { outcome, document } = found(directory, '/srv/x');
  assertStatus(outcome, 0);
  assert.deepEqual([document.directory, document.pattern, document.searched], [directory, '/srv/x', 3]);
  const [only] = document.paths;
  assert.deepEqual([only?.path, only?.oldRoots, only?.there, only?.versions.length], ['/srv/x', 3, false, 3]);
  const [three, two] = only?.versions ?? [];
  assert.deepEqual([three?.size, three?.oldRoots[0]?.name], [5, '2026-01-03_10-00-00']);
  assert.equal(two?.restore, `ebb restore /srv/x --from 2026-01-02_10-00-00 --old-roots ${directory}`);
});

test('what begins with ./ or ../ is seen from the working directory, whatever its name; all else as it was', (t) => {
  const place = join(temporaryDirectory(t), '[a]*');
  const inside = place.slice(1);
  mkdirSync(join(place, 'sub'), { recursive: true });
  const directory = oldRootsOf(t, { [`${inside}/x`]: '1', [`${inside}/sub/x`]: '2', 'srv/x': '3' });
  const paths = (pattern: string, cwd: string) => {
    const { stdout } = ebb(['find', '--json', '--old-roots', directory, pattern], { cwd });
    return documentOf(findDocument, text(stdout)).paths.map(({ path }) => path);
  };
  assert.deepEqual(paths('./x', place), [`${place}/x`]);
  assert.deepEqual(paths('../x', join(place, 'sub')), [`${place}/x`]);
  assert.deepEqual(paths('./*/x', place), [`${place}/sub/x`]);
  assert.equal(paths('x', place).length, 3);
});

test('names and globs; -n looks into the newest ones only', (t) => {
  const directory = oldRootsOf(t, { 'etc/a.conf': '', 'srv/deep/b.conf': '' }, { 'etc/a.conf': '' });
  const paths = (...args: string[]) =>
    found(directory, ...args).document.paths.map((one) => `${one.path} ${one.oldRoots}`);
  assert.deepEqual(paths('*.conf'), ['/etc/a.conf 2', '/srv/deep/b.conf 1']);
  assert.deepEqual(paths('b.conf'), ['/srv/deep/b.conf 1']);
  assert.deepEqual(paths('/srv/**'), ['/srv 1', '/srv/deep 1', '/srv/deep/b.conf 1']);
  assert.deepEqual(paths('-n', '1', '*.conf'), ['/etc/a.conf 1']);
});

test('--grep shows the line', (t) => {
  const directory = oldRootsOf(t, { 'etc/x': 'a\nlisten \x1b 10.0.0.7;\n' }, { 'etc/x': 'a\nlisten 10.0.0.8;\n' });
  const outcome = ebb(['find', '--grep', '10.0.0.7', '/etc/**', '--old-roots', directory]);
  assert.deepEqual(lines(outcome.stdout).slice(0, 3), [
    '/etc/x  1 version, in 1 old root',
    '       21 B  modified just now  2026-01-01_10-00-00',
    '       2: listen \\e 10.0.0.7;',
  ]);
  const none = ebb(['find', '--grep', 'nowhere', '/etc/**', '--old-roots', directory]);
  assert.match(said(none), /none of 2 old roots in .* has \/etc\/\*\* with "nowhere" in it/);
  assertStatus(none, 10);
});

test('what is in none: said on stderr, with 10; the document is there all the same', (t) => {
  const directory = oldRootsOf(t, {}, {});
  const outcome = ebb(['find', '/srv/none', '--old-roots', directory]);
  assert.equal(outcome.stdout, '');
  assert.equal(said(outcome), `ebb: none of 2 old roots in ${directory} has /srv/none\n`);
  assertStatus(outcome, 10);
  const json = found(directory, '/srv/none');
  assert.deepEqual(json.document.paths, []);
  assertStatus(json.outcome, 10);
  const now = ebb(['find', '/proc/self', '--old-roots', directory]);
  assert.match(said(now), /\n {2}only the running root has it\n$/);
  assertStatus(now, 10);
});

test('what is no pattern, and old roots that are not there, are refused', (t) => {
  const directory = oldRootsOf(t, {});
  const refused = (message: RegExp, ...args: string[]) =>
    assertRefused(ebb(['find', ...args, '--old-roots', directory]), message);
  refused(/name what to find/, '');
  for (const root of ['/', '//', '/.', '/srv/..', '..']) refused(/every old root has a \//, root);
  refused(/^ebb: caf\u00e9\[ has a \[ without its \]\n {2}a backslash takes/, 'caf\xc3\xa9[');
  refused(/^ebb: \\xff\[ has a \[ without its \]\n/, '\xff[');
  refused(/must not have the component ".."/, '*/..');
  refused(/--grep needs some text/, '--grep', '', 'x');
  refused(/-1 is not a/, '-n', '-1', 'x');
  assertRefused(ebb(['find', 'x', '--old-roots', join(directory, 'none')]), /there is no directory/, 10);
  assertRefused(ebb(['find', 'a', 'b']), /Too many arguments/);
  assertRefused(ebb(['find', 'x']), /no configuration says where old roots are kept/);
});

test('where one old root cannot be looked into, the others are, and it ends with 3', { skip: noOrdinaryUser }, (t) => {
  const directory = oldRootsOf(t, { 'srv/x': 'one' }, { 'srv/x': 'two' });
  chmodSync(join(directory, '2026-01-02_10-00-00'), 0o700);
  const outcome = ebb(['find', '/srv/x', '--old-roots', directory], { ordinaryUser: true });
  assert.match(text(outcome.stdout), /^\/srv\/x {2}1 version, in 1 old root\n/);
  assert.match(text(outcome.stderr), /2026-01-02_10-00-00 was not searched: this user may not look into/);
  assertStatus(outcome, 3);
});

test('where a directory cannot be read, it is not said to be in none', { skip: noOrdinaryUser }, (t) => {
  const directory = oldRootsOf(t, { 'srv/x': 'one' });
  chmodSync(join(directory, '2026-01-01_10-00-00/srv'), 0o700);
  for (const pattern of ['/srv/x', 'x']) {
    const outcome = ebb(['find', pattern, '--old-roots', directory], { ordinaryUser: true });
    assert.match(text(outcome.stderr), /1 place could not be read, so this may not be all: .*_10-00-00\/srv\n/);
    assertStatus(outcome, 3);
  }
});

test('on a terminal it keeps to the width, but for the commands, which can be copied', { skip: noTerminal }, (t) => {
  const directory = temporaryDirectory(t);
  for (let i = 0; i < 60; i++) {
    addOldRoot(directory, `2026-02-11_10-00-${String(i).padStart(2, '0')}`, i, {
      'srv/same': 'x',
      'srv/each': `${i}`.repeat(i),
      'srv/link': { target: 'target/'.repeat(i % 2 === 0 ? 40 : 1) },
      [`srv/${'long name '.repeat(12)}`]: 'x',
    });
  }
  for (const width of [60, 80, 120]) {
    const { lines: shown, sent } = onTerminal(width, ['find', '/srv/**', '--old-roots', directory]);
    // A path is shown whole, as a command is.
    const cut = shown.filter((line) => !/^ +ebb restore|^\/srv/.test(line));
    for (const line of cut) assert.ok(widthOf(line) <= width, `${width}: ${line}`);
    assert.ok(shown.some((line) => line.includes(`ebb restore /srv/same --from 2026-02-11_10-00-59`)));
    assert.ok(shown.some((line) => /… and 40 more versions \(--json lists all\)/.test(line)));
    assert.match(sent, /\x1b\[/);
  }
  const plain = onTerminal(80, ['find', '/srv/**', '--old-roots', directory], { env: { NO_COLOR: '1' } });
  assert.doesNotMatch(plain.sent, /\x1b\[[0-9;]*m/);
});

test('in a pipe nothing is left out, and nothing coloured', (t) => {
  const directory = temporaryDirectory(t);
  for (let i = 0; i < 30; i++) addOldRoot(directory, `r${i}`, i, { 'srv/each': 'x'.repeat(i), [`srv/x${i}`]: '' });
  const outcome = ebb(['find', '/srv/*', '--old-roots', directory]);
  assert.equal(lines(outcome.stdout).filter((line) => line.includes('ebb restore /srv/each ')).length, 30);
  assert.equal(lines(outcome.stdout).filter((line) => line.startsWith('/srv/x')).length, 30);
  assert.doesNotMatch(outcome.stdout, /\x1b/);
});

test('names do nothing to a terminal, and are bytes in the document', (t) => {
  const directory = temporaryDirectory(t);
  addOldRoot(directory, '\xff\x1b[31m', 1, { 'srv/line\nbreak\xfe': 'x', 'srv/link': { target: '\x1b]0;x\x07' } });
  const outcome = ebb(['find', '/srv/*', '--old-roots', directory]);
  assert.match(outcome.stdout, /^[\n\x20-\x7e\x80-\xff]*$/);
  assert.match(outcome.stdout, /^\/srv\/line\\nbreak\\xfe {2}/m);
  const [first] = found(directory, '/srv/line*').document.paths;
  assert.equal(Buffer.from(first?.pathBase64 ?? '', 'base64').toString('latin1'), '/srv/line\nbreak\xfe');
  const holder = first?.versions[0]?.oldRoots[0]?.nameBase64 ?? '';
  assert.equal(Buffer.from(holder, 'base64').toString('latin1'), '\xff\x1b[31m');
});

/** `ebb` on the PATH, as it is after an installation. */
function installed(t: TestContext): string {
  const bin = temporaryDirectory(t);
  writeFileSync(join(bin, 'ebb'), `#!/bin/sh\nexec ${command().map(quoted).join(' ')} "$@"\n`, { mode: 0o755 });
  return `${bin}:${process.env['PATH']}`;
}

for (const program of ['sh', 'bash']) {
  test(`each command restores its version, pasted into ${program}`, (t) => {
    const PATH = installed(t);
    const place = temporaryDirectory(t);
    const inside = place.slice(1);
    const odd = [
      'plain',
      'a b',
      "it's",
      'line\nbreak',
      'ends\n',
      '\xff\xfe',
      '$(touch x)`x`!!%s\\',
      '-rf',
      'caf\xc3\xa9\x01',
    ];
    const directory = join(place, "old roots'\n");
    mkdirSync(directory);
    for (const [i, name] of [...odd, ...odd].entries()) {
      addOldRoot(directory, i < odd.length ? name : `${name}2`, i, {
        [`${inside}/out/${name}`]: i < odd.length ? 'older' : 'new',
      });
    }
    const args = ['find', '--json', `${place}/out/*`, '--old-roots', directory];
    const versionsNow = () => documentOf(findDocument, text(ebb(args).stdout)).paths.map(({ versions }) => versions);
    // The older one last: by then the other is there, and nothing that is there is replaced.
    for (const pasted of ['new', 'older']) {
      const commands = versionsNow().map(
        (versions) => versions.filter(({ now }) => !now).at(pasted === 'new' ? 0 : -1)?.restore,
      );
      assert.equal(commands.length, odd.length);
      const input = `set -e\n${commands.join('\n')}\n`;
      const { status, stdout, stderr } = spawnSync(program, [], { env: { ...process.env, PATH }, input, cwd: '/' });
      assert.equal(status, 0, `${input}: ${stderr}`);
      for (const name of odd) assert.equal(readFileSync(bytePath(place, `out/${name}`), 'utf8'), 'new');
      const kept = text(stdout.toString('latin1')).match(/--force replaces it/g) ?? [];
      assert.equal(kept.length, pasted === 'new' ? 0 : odd.length);
    }
    assert.equal(readdirSync(join(place, 'out')).length, odd.length);
    for (const versions of versionsNow()) {
      assert.deepEqual(
        versions.map(({ now, restore }) => [now, restore === null]),
        [
          [true, true],
          [false, false],
        ],
      );
    }
  });
}

test('of a directory that is there, the command brings back what is missing in it', (t) => {
  const PATH = installed(t);
  const place = temporaryDirectory(t);
  const directory = join(place, 'old');
  mkdirSync(directory);
  addOldRoot(directory, 'a', 1, { [`${place.slice(1)}/out/lost`]: 'x', [`${place.slice(1)}/out/kept`]: 'old' });
  buildTree(place, { 'out/kept': 'now' });
  const { stdout } = ebb(['find', `${place}/out`, '--old-roots', directory]);
  const shown = lines(stdout).find((line) => line.includes('ebb restore')) ?? '';
  assert.doesNotMatch(shown, /--force/);
  spawnSync('sh', ['-c', shown], { env: { ...process.env, PATH } });
  assert.equal(readFileSync(join(place, 'out/lost'), 'utf8'), 'x');
  assert.equal(readFileSync(join(place, 'out/kept'), 'utf8'), 'now');
});

test('what was not written since is one version, whenever it was written', (t) => {
  const directory = oldRootsOf(t, { x: 'same' }, { x: 'same' });
  utimesSync(join(directory, '2026-01-01_10-00-00/x'), 1000, 1000);
  const { document } = found(directory, '/x');
  assert.deepEqual(
    document.paths[0]?.versions.map(({ oldRoots }) => oldRoots.map(({ mtime }) => mtime.slice(0, 4))),
    [[new Date().getUTCFullYear().toString(), '1970']],
  );
});

test('one that is being deleted is passed over, and said to be', (t) => {
  const directory = oldRootsOf(t, { x: 'one' }, { x: 'two' });
  const held = `exec 9<${directory}/2026-01-01_10-00-00 && flock -x 9`;
  const outcome = shell(`${held} && EBB find /x --old-roots ${directory} 9<&-`);
  assert.match(text(outcome.stdout), /^\/x {2}1 version, in 1 old root\n/);
  assert.match(text(outcome.stderr), /2026-01-01_10-00-00 was not searched: .* is being deleted/);
  assertStatus(outcome, 0);
});
