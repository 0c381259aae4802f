/** The commands on old roots: `ls`, `gc`, `pin`, `unpin`, `adopt`, `open`. */

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import * as v from 'valibot';
import { documentOf } from '../support/cli-documents.ts';
import { assertRefused, assertStatus, command, ebb, lines, quoted, said, shell, text } from '../support/cli-program.ts';
import {
  bind,
  btrfsRoot,
  buildTree,
  noBtrfs,
  noMounts,
  noOrdinaryUser,
  noRecord,
  noTerminal,
  run,
  temporaryDirectory,
} from '../support/cli-roots.ts';
import { onTerminal } from '../support/cli-terminal.ts';

const count = v.pipe(v.number(), v.integer(), v.minValue(0));
const retention = v.object({ recent: count, weekly: count, monthly: v.union([count, v.literal('all')]) });

const lsDocument = v.object({
  schema: v.literal('ebb.ls/1'),
  directory: v.string(),
  backend: v.string(),
  retention,
  oldRoots: v.array(
    v.object({
      name: v.string(),
      nameBase64: v.optional(v.string()),
      sequence: v.nullable(count),
      bootedAt: v.nullable(v.string()),
      ended: v.nullable(v.picklist(['clean', 'not clean'])),
      kernel: v.nullable(v.string()),
      generation: v.nullable(v.string()),
      pinned: v.boolean(),
      note: v.nullable(v.string()),
      foreign: v.boolean(),
      timeReadAs: v.nullable(v.string()),
      adopted: v.boolean(),
      halfDeleted: v.boolean(),
      inUse: v.nullable(v.string()),
      doubt: v.nullable(v.string()),
      keep: v.array(v.string()),
      entries: v.nullable(count),
      bytes: v.nullable(count),
    }),
  ),
  total: count,
  condemned: count,
  unsized: count,
});

const gcDocument = v.object({
  schema: v.literal('ebb.gc/1'),
  retention,
  dryRun: v.boolean(),
  oldRoots: v.array(
    v.object({
      name: v.string(),
      decision: v.picklist(['keep', 'delete']),
      reasons: v.pipe(v.array(v.string()), v.minLength(1)),
      outcome: v.picklist(['kept', 'to-delete', 'deleted', 'left', 'failed']),
      error: v.optional(v.string()),
    }),
  ),
});

const days = ['2026-01-05', '2026-01-06', '2026-01-07', '2026-01-20', '2026-02-10', '2026-02-11'];

/** A directory with an old root of each day, the first with sequence 1. */
function oldRootsOf(t: TestContext, dates: readonly string[] = days): string {
  const directory = temporaryDirectory(t);
  dates.forEach((date, i) => {
    makeOldRoot(join(directory, `${date}_10-00-00`), i + 1, `${date}T10:00:00Z`);
  });
  return directory;
}

/** Without ebb's own directory beside them. */
function namesIn(directory: string): string[] {
  return readdirSync(directory).filter((name) => name !== '.ebb');
}

function makeOldRoot(path: string, sequence: number, bootedAt: string): void {
  mkdirSync(join(path, '.ebb'), { recursive: true });
  const facts = {
    schema: 'ebb.boot/1',
    sequence,
    bootedAt,
    kernel: '6.18.1',
    generation: 40 + sequence,
    ended: 'clean',
  };
  writeFileSync(join(path, '.ebb/boot.json'), JSON.stringify(facts));
}

function listed(directory: string, ...args: string[]) {
  const outcome = ebb(['ls', '--json', '--old-roots', directory, ...args]);
  assertStatus(outcome, 0);
  return documentOf(lsDocument, text(outcome.stdout));
}

function collected(directory: string, ...args: string[]) {
  const outcome = ebb(['gc', '--json', '--old-roots', directory, ...args]);
  return { document: documentOf(gcDocument, text(outcome.stdout)), outcome };
}

test('ls lists them newest first, with what gc would do and why', (t) => {
  const { oldRoots, total } = listed(oldRootsOf(t), '--recent', '2', '--weekly', '0', '--monthly', '1');
  assert.deepEqual(
    oldRoots.map(({ name, keep }) => [name, keep]),
    [
      ['2026-02-11_10-00-00', ['recent', 'month 2026-02', 'newest']],
      ['2026-02-10_10-00-00', ['recent']],
      ['2026-01-20_10-00-00', []],
      ['2026-01-07_10-00-00', []],
      ['2026-01-06_10-00-00', []],
      ['2026-01-05_10-00-00', []],
    ],
  );
  assert.equal(total, 6);
  const [newest] = oldRoots;
  assert.deepEqual(
    [newest?.sequence, newest?.bootedAt, newest?.ended, newest?.kernel, newest?.generation],
    [6, '2026-02-11T10:00:00Z', 'clean', '6.18.1', '46'],
  );
});

test('ls -n lists the newest ones only, judged among all', (t) => {
  const directory = oldRootsOf(t);
  const { oldRoots, total } = listed(directory, '-n', '1');
  assert.deepEqual([oldRoots.length, total], [1, 6]);
  const outcome = ebb(['ls', '-n', '1', '--old-roots', directory]);
  assert.match(text(outcome.stdout), /1 of 6 old roots · gc would delete /);
});

test("ls takes the original's -nN, and what follows -- is no flag", (t) => {
  const directory = oldRootsOf(t);
  const outcome = ebb(['ls', '-n2', '--json', '--old-roots', directory]);
  assert.equal(documentOf(lsDocument, text(outcome.stdout)).oldRoots.length, 2);
  assertRefused(ebb(['find', '--old-roots', directory, '--', '-n3']), /-n3/, 10);
});

test('ls as text: a row each, foreign and half-deleted ones apart', (t) => {
  const directory = oldRootsOf(t);
  for (const other of ['2026-1-9_12:00:00', 'junk', '.deleting-2026-01-01_10-00-00']) mkdirSync(join(directory, other));
  const outcome = ebb(['ls', '--old-roots', directory]);
  const printed = text(outcome.stdout);
  assert.match(printed, /^old roots in \/.* · gc keeps the newest 5, one a week \(4 weeks\) and one a month\n/);
  assert.match(
    printed,
    /\n {2}2026-02-11_10-00-00 {2}2026-02-11 10:00 .* clean +46 +6\.18\.1 .*keep: recent, week 2026-W07/,
  );
  assert.match(
    printed,
    /\n {2}foreign .not made by ebb.*\n.*\n {2}2026-1-9_12:00:00 .*taken as UTC\n {2}junk .*no time in its name\n/,
  );
  assert.match(printed, /\n {2}half deleted: .*\n {2}\.deleting-2026-01-01_10-00-00\n/);
  assertStatus(outcome, 0);
});

test('ls and gc keep to the width of the terminal', { skip: noTerminal }, (t) => {
  const directory = oldRootsOf(t);
  for (const other of ['2026-1-9_12:00:00', 'a very long name '.repeat(9)]) mkdirSync(join(directory, other));
  for (const width of [60, 80, 120]) {
    for (const args of [['ls'], ['gc', '--dry-run', '--recent', '1', '--weekly', '0']]) {
      const { widest, lines: shown } = onTerminal(width, [...args, '--old-roots', directory]);
      assert.ok(widest <= width, `${widest} > ${width}: ${shown.join('\n')}`);
      assert.ok(shown.some((line) => line.includes('2026-02-11_10-00-00')));
    }
  }
});

test('what ls proposes next works: a diff of the newest one with a baseline, and gc', { skip: noRecord }, (t) => {
  const directory = oldRootsOf(t);
  const recorded = '2026-02-10_10-00-00';
  assertStatus(ebb(['baseline', 'record', '--root', join(directory, recorded)]), 0);
  const outcome = ebb(['ls', '--recent', '1', '--weekly', '0', '--old-roots', directory]);
  const proposed = `ebb diff ${recorded} --old-roots ${directory}`;
  assert.ok(text(outcome.stdout).endsWith(`  next: ${proposed}   ·   ebb gc --dry-run --old-roots ${directory}\n`));
  assertStatus(ebb(proposed.split(' ').slice(1)), 0);
});

test('what cannot be read is kept, said, and makes gc end with 3', (t) => {
  const directory = oldRootsOf(t);
  const oldest = join(directory, `${days[0]}_10-00-00`);
  assertStatus(ebb(['pin', `${days[0]}_10-00-00`, '--old-roots', directory]), 0);
  writeFileSync(join(oldest, '.ebb/notes.json'), '{"pinned":');
  const { document, outcome } = collected(directory, '--recent', '1', '--weekly', '0', '--monthly', '0');
  assert.equal(outcome.status, 3);
  assert.match(text(outcome.stderr), /warning: gc keeps 2026-01-05_10-00-00: its notes\.json is not JSON/);
  assert.deepEqual(document.oldRoots.at(-1)?.reasons, ['unreadable']);
  assert.ok(existsSync(oldest));
  const [row] = listed(directory).oldRoots.slice(-1);
  assert.equal(row?.doubt, 'its notes.json is not JSON');
  // Whoever knows what it is decides.
  assertStatus(ebb(['unpin', `${days[0]}_10-00-00`, '--old-roots', directory]), 0);
  assertStatus(ebb(['gc', '-y', '--old-roots', directory, '--recent', '1', '--weekly', '0', '--monthly', '0']), 0);
  assert.ok(!existsSync(oldest));
});

test('the top level, where the root itself lies, is no directory of old roots', (t) => {
  const top = temporaryDirectory(t);
  mkdirSync(join(top, '@root'));
  for (const command of [['ls'], ['gc', '-y'], ['adopt', '--all'], ['find', '/etc']]) {
    assertRefused(ebb([...command, '--old-roots', top]), /holds @root, the root itself.*\n.*@snapshots\/old_roots/);
  }
});

test('a note is to be read in a table', (t) => {
  const directory = oldRootsOf(t);
  const args = ['pin', `${days[0]}_10-00-00`, '--old-roots', directory, '--note'];
  assertRefused(ebb([...args, 'x'.repeat(1001)]), /the note is 1001 characters long/);
  assertStatus(ebb([...args, 'x'.repeat(1000)]), 0);
});

test('ls of none says so', (t) => {
  assert.match(text(ebb(['ls', '--old-roots', temporaryDirectory(t)]).stdout), /\n {2}0 old roots\n/);
});

test('what an old root left behind is worked out against its own baseline, once', { skip: noRecord }, (t) => {
  const directory = oldRootsOf(t, ['2026-01-05', '2026-01-06']);
  const root = join(directory, '2026-01-05_10-00-00');
  buildTree(root, { 'etc/before': 'x' });
  assertStatus(ebb(['baseline', 'record', '--root', root]), 0);
  buildTree(root, { 'srv/after': 'x'.repeat(5000), 'srv/more': 'x' });
  const [newer, older] = listed(directory).oldRoots;
  assert.deepEqual([newer?.entries, newer?.bytes], [null, null]);
  // `srv` is a directory that every root has.
  assert.equal(older?.entries, 2);
  assert.ok((older?.bytes ?? 0) >= 8192);
  const notes = JSON.parse(readFileSync(join(root, '.ebb/notes.json'), 'utf8')) as { size: unknown };
  assert.deepEqual(notes.size, { entries: 2, bytes: older?.bytes });
  buildTree(root, { 'srv/later': 'x' });
  assert.equal(listed(directory, '--sizes').oldRoots[1]?.entries, 2);
});

test('ls says what each takes where btrfs counts it, and nothing of it where it does not', { skip: noBtrfs }, (t) => {
  const { top } = btrfsRoot(t, {});
  const directory = join(top, 'old_roots');
  mkdirSync(directory);
  for (const day of ['2026-01-05', '2026-01-06']) {
    run('btrfs', '-q', 'subvolume', 'create', join(directory, `${day}_10-00-00`));
    makeOldRoot(join(directory, `${day}_10-00-00`), 1, `${day}T10:00:00Z`);
  }
  writeFileSync(join(directory, '2026-01-06_10-00-00/large'), Buffer.alloc(3_000_000, 'x'));
  run('sync', '-f', top);
  assert.doesNotMatch(text(ebb(['ls', '--old-roots', directory]).stdout), /frees/);
  run('btrfs', 'quota', 'enable', top);
  run('btrfs', 'quota', 'rescan', '-w', top);
  run('sync', '-f', top);
  const document = JSON.parse(ebb(['ls', '--old-roots', directory, '--json']).stdout);
  assert.deepEqual(document.supports, { snapshots: true, exclusiveBytes: true });
  const [newest, oldest] = document.oldRoots;
  assert.ok(newest.exclusiveBytes >= 3_000_000 && newest.exclusiveBytes < 4_000_000, newest.exclusiveBytes);
  assert.ok(oldest.exclusiveBytes < 100_000 && oldest.sharedBytes === 0);
  assert.match(text(ebb(['ls', '--old-roots', directory]).stdout), /^.* frees .*\n.* 3\.0 MB /m);
});

test('gc --dry-run says what it would do, and does nothing', (t) => {
  const directory = oldRootsOf(t);
  const { document, outcome } = collected(directory, '--dry-run', '--recent', '1', '--weekly', '0', '--monthly', 'all');
  assertStatus(outcome, 0);
  assert.equal(document.dryRun, true);
  assert.deepEqual(
    document.oldRoots.map(({ decision, reasons, outcome: came }) => [decision, reasons.join(', '), came]),
    [
      ['keep', 'recent, month 2026-02, newest', 'kept'],
      ['delete', 'no rule keeps it', 'to-delete'],
      ['keep', 'month 2026-01', 'kept'],
      ['delete', 'no rule keeps it', 'to-delete'],
      ['delete', 'no rule keeps it', 'to-delete'],
      ['delete', 'no rule keeps it', 'to-delete'],
    ],
  );
  assert.equal(namesIn(directory).length, 6);
  const printed = text(ebb(['gc', '--dry-run', '--recent', '1', '--weekly', '0', '--old-roots', directory]).stdout);
  assert.match(printed, /\n {2}would delete 4 old roots and keep 2\n$/);
});

test('gc deletes what no rule keeps; a second one deletes nothing', (t) => {
  const directory = oldRootsOf(t);
  const policy = ['--recent', '2', '--weekly', '0', '--monthly', '0', '--old-roots', directory];
  const first = ebb(['gc', ...policy]);
  assert.match(text(first.stdout), /\n {2}deleted 4 old roots, kept 2\n$/);
  assertStatus(first, 0);
  assert.deepEqual(namesIn(directory).sort(), ['2026-02-10_10-00-00', '2026-02-11_10-00-00']);
  const second = ebb(['gc', '-y', ...policy]);
  assert.match(text(second.stdout), /\n {2}nothing to delete: 2 old roots kept\n$/);
  assertStatus(second, 0);
});

test("gc takes the flags of the original's tool", (t) => {
  const directory = oldRootsOf(t);
  const flags = ['--keep-recent-count', '1', '--keep-recent-weeks', '1', '--keep-per-month', '1'];
  const outcome = ebb(['gc', '--dry-run', '--json', '--snapshot-root', directory, ...flags]);
  assert.deepEqual(documentOf(gcDocument, text(outcome.stdout)).retention, { recent: 1, weekly: 1, monthly: 'all' });
});

test('the same thing asked for twice, and numbers that are none, are refused', (t) => {
  const directory = oldRootsOf(t);
  assertRefused(
    ebb(['gc', '--recent', '1', '--keep-recent-count', '2', '--old-roots', directory]),
    /say the same thing/,
  );
  assertRefused(ebb(['gc', '--recent', '-1', '--old-roots', directory]), /recent/);
  assertRefused(ebb(['gc', '--monthly', 'some', '--old-roots', directory]), /some is not a number/);
  assertRefused(ebb(['gc', '--keep-per-month', '2', '--old-roots', directory]), /one old root of a month/);
  assertRefused(ebb(['ls', '--old-roots', directory, '--snapshot-root', directory]), /give one of them/);
  assert.equal(namesIn(directory).length, 6);
});

test('a directory that is not there, and none configured, are refused', (t) => {
  const outcome = ebb(['ls', '--old-roots', join(oldRootsOf(t), 'nowhere')]);
  assertRefused(outcome, /there is no directory .*nowhere/, 10);
  assertRefused(ebb(['gc']), /no configuration says where old roots are kept\n {2}name the directory: --old-roots DIR/);
});

test('a pinned one is kept until it is unpinned; its note is listed', (t) => {
  const directory = oldRootsOf(t);
  const oldest = '2026-01-05_10-00-00';
  const pinned = ebb(['pin', oldest, '--note', 'before the \xc3\xa9tape', '--old-roots', directory]);
  assert.equal(text(pinned.stdout), `${oldest} is pinned, and gc keeps it: before the étape\n`);
  assertStatus(pinned, 0);
  const policy = ['--recent', '1', '--weekly', '0', '--monthly', '0'];
  assertStatus(collected(directory, ...policy).outcome, 0);
  assert.deepEqual(namesIn(directory).sort(), [oldest, '2026-02-11_10-00-00']);
  assert.match(text(ebb(['ls', '--old-roots', directory]).stdout), /keep: .*pinned \(before the étape\)/);
  assert.equal(listed(directory).oldRoots[1]?.note, 'before the étape');
  const unpinned = ebb(['unpin', join(directory, `${oldest}/`), '--old-roots', directory]);
  assert.equal(text(unpinned.stdout), `${oldest} is no longer pinned\n`);
  collected(directory, ...policy);
  assert.deepEqual(namesIn(directory), ['2026-02-11_10-00-00']);
});

test('what is not there, or half deleted, is not pinned', (t) => {
  const directory = oldRootsOf(t);
  mkdirSync(join(directory, '.deleting-x'));
  for (const command of ['pin', 'unpin', 'open']) {
    assertRefused(ebb([command, 'nothing', '--old-roots', directory]), /there is no old root nothing in /, 10);
    assertRefused(ebb([command, '.deleting-x', '--old-roots', directory]), /half deleted/);
  }
});

test('what ebb did not make is left alone until it is adopted', (t) => {
  const directory = oldRootsOf(t);
  for (const other of ['2025-12-1_12:00:00', 'root.20251202T1200', 'junk']) {
    mkdirSync(join(directory, other, 'proc'), { recursive: true });
  }
  // Snapshots of something else, as btrbk makes them.
  for (const home of ['home.20251202T1200/ann/notes', 'persist.20251202T1200/var/lib']) {
    mkdirSync(join(directory, home), { recursive: true });
  }
  const policy = ['--recent', '1', '--weekly', '0', '--monthly', '0'];
  collected(directory, ...policy);
  assert.equal(namesIn(directory).length, 6);
  const planned = ebb(['adopt', '--all', '--dry-run', '--old-roots', directory]);
  assert.match(text(planned.stdout), /^2025-12-1_12:00:00 would be adopted, of 2025-12-01 12:00 UTC/m);
  assert.ok(!existsSync(join(directory, '2025-12-1_12:00:00/.ebb')));
  const adopted = ebb(['adopt', '--all', '--old-roots', directory]);
  assert.match(text(adopted.stdout), /^root\.20251202T1200 is adopted, of 2025-12-02 12:00 UTC \(btrbk/m);
  assert.match(text(adopted.stdout), /^3 directories not adopted, .*, or that it is a root: /m);
  assertStatus(adopted, 0);
  collected(directory, ...policy);
  const left = ['2026-02-11_10-00-00', 'home.20251202T1200', 'junk', 'persist.20251202T1200'];
  assert.deepEqual(namesIn(directory).sort(), left);
  const named = ebb(['adopt', 'junk', '--old-roots', directory]);
  assert.match(text(named.stdout), /^junk is adopted, of unknown time: gc keeps it\n/);
  collected(directory, ...policy);
  assert.deepEqual(namesIn(directory).sort(), left);
});

test('adopt takes names or --all, and names that are there', (t) => {
  const directory = oldRootsOf(t);
  assertRefused(ebb(['adopt', '--old-roots', directory]), /name what to adopt, or give --all/);
  assertRefused(
    ebb(['adopt', 'junk', '--old-roots', directory]),
    /there is no old root junk in .*\n {2}there is 2026-02-11_10-00-00, /,
    10,
  );
  const own = ebb(['adopt', '2026-01-05_10-00-00', '--old-roots', directory]);
  assert.equal(text(own.stdout), '2026-01-05_10-00-00 is under gc already\n');
});

test('open prints where it is, as bytes', (t) => {
  const directory = oldRootsOf(t);
  buildTree(directory, { 'odd \xff\n/x': '' });
  const outcome = ebb(['open', 'odd \xff\n', '--old-roots', directory]);
  assert.equal(outcome.stdout, `${directory}/odd \xff\n\n`);
  assertStatus(outcome, 0);
});

test('open --shell is in it, and can change nothing', { skip: noMounts }, (t) => {
  const directory = temporaryDirectory(t);
  buildTree(directory, { 'odd \xff\n/file': 'content', 'odd \xff\n/in/x': '' });
  const shellScript = join(temporaryDirectory(t), 'shell');
  writeFileSync(
    shellScript,
    '#!/bin/sh\ncat file; echo x 2>/dev/null >file || echo refused; rm -rf in 2>/dev/null; ls\n',
  );
  chmodSync(shellScript, 0o755);
  const outcome = ebb(['open', '--shell', 'odd \xff\n', '--old-roots', directory], { env: { SHELL: shellScript } });
  assert.equal(outcome.stdout, 'contentrefused\nfile\nin\n');
  assertStatus(outcome, 0);
  assert.equal(run('findmnt', '-rno', 'TARGET').includes(directory), false);
});

test('open --shell says so where there can be no read-only mount', { skip: noOrdinaryUser }, (t) => {
  const directory = oldRootsOf(t);
  const args = ['open', '--shell', '2026-01-05_10-00-00', '--old-roots', directory];
  const outcome = ebb(args, { ordinaryUser: true, env: { SHELL: '/bin/true' } });
  assert.match(outcome.stderr, /no read-only mount of .* could be made\n {2}run it as root/);
  assertStatus(outcome, 2);
});

test('names that are no text do nothing to the terminal', (t) => {
  const directory = temporaryDirectory(t);
  for (const odd of ['\x1b[31mred', 'line\nbreak', '\xff']) buildTree(directory, { [`${odd}/`]: null });
  const outcome = ebb(['ls', '--old-roots', directory]);
  assert.doesNotMatch(outcome.stdout, /\x1b|line\nbreak/);
  const document = listed(directory);
  const invalid = document.oldRoots.find(({ nameBase64 }) => nameBase64 !== undefined);
  assert.equal(invalid?.nameBase64, Buffer.from([0xff]).toString('base64'));
});

test('a link among them leads nowhere', (t) => {
  const directory = oldRootsOf(t);
  const outside = temporaryDirectory(t);
  buildTree(outside, { precious: 'x' });
  symlinkSync(outside, join(directory, '2025-01-01_10-00-00'));
  symlinkSync(outside, join(directory, '2026-01-05_10-00-00/out'));
  collected(directory, '--recent', '1', '--weekly', '0', '--monthly', '0');
  assert.deepEqual(readdirSync(outside), ['precious']);
  assertRefused(ebb(['pin', '2025-01-01_10-00-00', '--old-roots', directory]), /there is no old root/, 10);
  assert.deepEqual(readdirSync(outside), ['precious']);
});

test('one that is mounted is kept, and said to be in use', { skip: noMounts }, (t) => {
  const directory = oldRootsOf(t);
  const point = temporaryDirectory(t);
  bind(t, join(directory, '2026-01-05_10-00-00'), point);
  const { document, outcome } = collected(directory, '--recent', '1', '--weekly', '0', '--monthly', '0');
  assertStatus(outcome, 0);
  assert.deepEqual(document.oldRoots.at(-1)?.reasons, ['in use']);
  assert.deepEqual(namesIn(directory).sort(), ['2026-01-05_10-00-00', '2026-02-11_10-00-00']);
  assert.match(text(ebb(['ls', '--old-roots', directory]).stdout), new RegExp(`in use \\(mounted at ${point}\\)`));
});

test('while another gc is at work, a second one is refused with 11', (t) => {
  const directory = oldRootsOf(t);
  const held = `exec 9<${directory} && flock 9`;
  assertStatus(shell(`${held} && EBB gc --dry-run --old-roots ${directory} 9<&-`), 0);
  const refused = shell(`${held} && EBB gc --old-roots ${directory} 9<&-`);
  assertRefused(refused, /another ebb gc is at work in /, 11);
  assert.equal(namesIn(directory).length, 6);
});

test('one that is being read is left for the next time, and that is no failure', (t) => {
  const directory = oldRootsOf(t);
  const read = join(directory, '2026-01-05_10-00-00');
  const script = `exec 9<${read} && flock -s 9 && EBB gc --recent 1 --weekly 0 --monthly 0 --old-roots ${directory} 9<&-`;
  const outcome = shell(script);
  assert.match(text(outcome.stdout), /left: .*is being read by another ebb/);
  assert.match(text(outcome.stdout), /deleted 4 old roots, kept 2 · 1 in use, left for the next time/);
  assertStatus(outcome, 0);
  assert.ok(existsSync(read));
});

test('where one cannot be deleted, the others are, and it ends with 3', { skip: noBtrfs }, (t) => {
  const { top } = btrfsRoot(t, {});
  const directory = join(top, 'old_roots');
  mkdirSync(directory);
  days.forEach((date, i) => {
    run('btrfs', 'subvolume', 'create', join(directory, `${date}_10-00-00`));
    makeOldRoot(join(directory, `${date}_10-00-00`), i + 1, `${date}T10:00:00Z`);
  });
  // btrfs deletes no subvolume that is mounted by default.
  const stubborn = join(directory, '2026-01-06_10-00-00');
  run('btrfs', 'subvolume', 'set-default', stubborn);
  const { document, outcome } = collected(directory, '--recent', '1', '--weekly', '0', '--monthly', '0');
  assertStatus(outcome, 3);
  const failed = document.oldRoots.filter((oldRoot) => oldRoot.outcome === 'failed');
  assert.deepEqual(
    failed.map(({ name }) => name),
    ['2026-01-06_10-00-00'],
  );
  assert.match(failed[0]?.error ?? '', /not permitted/);
  assert.deepEqual(namesIn(directory).sort(), ['.deleting-2026-01-06_10-00-00', '2026-02-11_10-00-00']);
});

/** What a person at a terminal sees who types `answer`. */
function answering(args: readonly string[], answer: string): string {
  const line = [...command(), ...args].map(quoted).join(' ');
  const env = { ...process.env, SHELL: '/bin/sh', TERM: 'dumb' };
  return spawnSync('script', ['-qec', line, '/dev/null'], { env, input: `${answer}\n`, encoding: 'utf8' }).stdout;
}

test('at a terminal it asks, and deletes only where the answer is yes', { skip: noTerminal }, (t) => {
  const directory = oldRootsOf(t);
  const args = ['gc', '--recent', '1', '--weekly', '0', '--monthly', '0', '--old-roots', directory];
  const no = answering(args, 'n');
  assert.match(no, /Delete 5 old roots\? \[y\/N\]/);
  assert.match(no, /nothing was deleted/);
  assert.equal(namesIn(directory).length, 6);
  const yes = answering(args, 'y');
  assert.match(yes, /deleted 5 old roots, kept 1/);
  assert.equal(namesIn(directory).length, 1);
});

test('an ordinary user may list what may be read', (t) => {
  const outcome = ebb(['ls', '--old-roots', oldRootsOf(t)], { ordinaryUser: process.getuid?.() === 0 });
  assert.equal(said(outcome), '');
  assert.equal(
    lines(outcome.stdout).some((line) => line.includes('2026-02-11_10-00-00')),
    true,
  );
  assertStatus(outcome, 0);
});

test('what an ordinary user may not look into is not called foreign', { skip: process.getuid?.() !== 0 }, (t) => {
  const directory = oldRootsOf(t);
  for (const day of days) chmodSync(join(directory, `${day}_10-00-00/.ebb`), 0o700);
  const outcome = ebb(['ls', '--json', '--old-roots', directory], { ordinaryUser: true });
  assertStatus(outcome, 0);
  assert.match(said(outcome), /warning: gc keeps .* and 5 more: this user may not look into it/);
  const { oldRoots } = documentOf(lsDocument, text(outcome.stdout));
  assert.deepEqual(
    oldRoots.map(({ name, foreign, keep }) => [name.slice(0, 10), foreign, keep.includes('unreadable')]),
    days.toReversed().map((day) => [day, false, true]),
  );
  const collecting = ebb(['gc', '-y', '--old-roots', directory], { ordinaryUser: true });
  assert.notEqual(collecting.status, 0);
});
