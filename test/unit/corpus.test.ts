/** The labelled cases of `npm run eval`: how they are read, built and counted. */
import assert from 'node:assert/strict';
import { existsSync, lstatSync, mkdtempSync, readFileSync, readlinkSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { type Case, parseRoot } from '../../bench/eval/corpus.ts';
import { figuresByCategory, figuresOf } from '../../bench/eval/figures.ts';
import { corpusMachine } from '../../bench/eval/judging.ts';
import { measure } from '../../bench/eval/measure.ts';
import { measurementText } from '../../bench/eval/report.ts';
import { seedKeeps } from '../../bench/eval/seed-table.ts';
import { makeRoot } from '../../bench/eval/stage.ts';

const head = 'title = "t"\ndistribution = "nixos"\nsource = "s"\n';

function rootOf(...cases: readonly string[]) {
  return parseRoot(`${head}cases = [${cases.map((one) => `{ ${one} },`).join('\n')}]\n`, 'roots/t');
}

const labels = 'verdict = "persist", category = "state"';

test('a mistake in a corpus is an error that names the file and the key', () => {
  assert.throws(() => parseRoot('title = ', 'roots/t'), /roots\/t: /);
  assert.throws(() => rootOf(`path = "var/lib", ${labels}`), /roots\/t: cases\.0\.path: .*begins with/);
  assert.throws(() => rootOf('path = "/a", verdict = "keep", category = "state"'), /roots\/t: cases\.0\.verdict/);
  assert.throws(() => rootOf(`path = "/a", verdikt = "persist", ${labels}`), /roots\/t: /);
  assert.throws(() => rootOf(`path = "/a", ${labels}`, `path = "/a/", ${labels}`), /roots\/t: \/a: it is there twice/);
  const sourceless = `${head.replace(/source.*\n/, '')}cases = [{ path = "/a", ${labels} }]`;
  assert.throws(() => parseRoot(sourceless, 'roots/t'), /roots\/t: \/a: it has no source/);
});

test('a slash at the end makes a directory, ~ stands for the home, and a source may be named', () => {
  const text = `title = "t"\ndistribution = "other"\nhome = "/home/ann"\ncases = [
    { path = "~/.cache/", verdict = "ignore", category = "cache", source = "x" },
    { path = "/etc/a", link = "b", verdict = "either", category = "state", source = "elsewhere" },
  ]\n[sources]\nx = "a list"\n`;
  const [cache, link] = parseRoot(text, 'paths/t').cases;
  assert.deepEqual([cache?.path, cache?.kind, cache?.source], ['/home/ann/.cache', 'directory', 'a list']);
  assert.deepEqual([link?.kind, link?.target, link?.source], ['symlink', 'b', 'elsewhere']);
});

test('a root is built as files, with its units where its distribution has them', (t) => {
  const into = mkdtempSync(join(tmpdir(), 'ebb-test-'));
  t.after(() => rmSync(into, { recursive: true, force: true }));
  const root = parseRoot(
    `${head}cases = [
      { path = "/var/lib/a/", ${labels} }, { path = "/var/lib/b/", empty = true, ${labels} },
      { path = "/etc/passwd", ${labels} }, { path = "/var/lib/c", type = "socket", ${labels} },
      { path = "/var/lib/d", size = 4096, mode = "0600", ${labels} },
    ]
    [accounts]\nann = { uid = 1000, gid = 100, home = "/home/ann" }
    [units]\n"a.service" = "[Service]\\n"`,
    'roots/t',
  );
  makeRoot(root, into);
  assert.ok(existsSync(join(into, 'var/lib/a/a')));
  assert.ok(!existsSync(join(into, 'var/lib/b/a')));
  assert.match(readFileSync(join(into, 'etc/passwd'), 'utf8'), /^ann:x:1000:100::\/home\/ann:/m);
  assert.ok(lstatSync(join(into, 'var/lib/c')).isSocket());
  assert.deepEqual(
    [lstatSync(join(into, 'var/lib/d')).size, lstatSync(join(into, 'var/lib/d')).mode & 0o777],
    [4096, 0o600],
  );
  assert.equal(readlinkSync(join(into, 'etc/systemd/system')), '/etc/static/systemd/system');
});

test('precision and recall are counted over what is to be kept and noise, without what is a matter of taste', () => {
  const one = (verdict: Case['verdict']): Case => ({ ...(rootOf(`path = "/a", ${labels}`).cases[0] as Case), verdict });
  const judgements = [
    ...[true, true, true, false].map((keeps) => ({ one: one('persist'), keeps })),
    ...[true, false].map((keeps) => ({ one: one('ignore'), keeps })),
    { one: one('either'), keeps: true },
  ];
  const { cases, recall, precision, leftAlone } = figuresOf(judgements);
  assert.deepEqual([cases, recall, precision, leftAlone], [6, 0.75, 0.75, 0.5]);
  assert.deepEqual([...figuresByCategory(judgements).keys()], ['state']);
  const none = figuresOf([]);
  assert.deepEqual([none.recall, none.precision, none.leftAlone], [undefined, undefined, undefined]);
});

test('the table of patterns keeps /var/lib, and of /etc on NixOS what is no link', () => {
  const keeps = (entry: string, distribution = 'nixos') => {
    const root = parseRoot(`${head.replace('nixos', distribution)}cases = [{ ${entry}, ${labels} }]`, 'roots/t');
    return seedKeeps(root.cases[0] as Case, root);
  };
  assert.ok(keeps('path = "/var/lib/a/b"'));
  assert.ok(keeps('path = "/etc/a"'));
  assert.ok(!keeps('path = "/etc/a", link = "/etc/static/a"'));
  for (const path of ['/var/lib/', '/var/cache/a', '/var/log/a', '/srv/a', '/home/a/'])
    assert.ok(!keeps(`path = "${path}"`));
  assert.ok(!keeps('path = "/etc/a"', 'debian'));
});

test('a directory is right where all that counts in it is kept, and noise where nothing is', async () => {
  const root = rootOf(
    // Of the directory itself nobody says anything: it is there on every machine.
    'path = "/etc/ssh/", verdict = "persist", category = "secret"',
    'path = "/var/lib/forgejo/repositories/", verdict = "ignore", category = "state"',
    'path = "/var/lib/", verdict = "ignore", category = "generated"',
  );
  const withKey = {
    ...root,
    tree: [{ ...(root.cases[0] as Case), path: '/etc/ssh/ssh_host_rsa_key', kind: 'file' as const }],
  };
  const { answers, failures, ebb, passes } = await measure(
    [withKey],
    corpusMachine(join(import.meta.dirname, '../..')),
  );
  assert.deepEqual(
    answers.map(({ one, verdict }) => `${one.path} ${verdict}`),
    ['/etc/ssh persist', '/var/lib/forgejo/repositories persist', '/var/lib ignore'],
  );
  assert.deepEqual(
    failures.map(({ one }) => one.path),
    ['/var/lib/forgejo/repositories'],
  );
  assert.deepEqual([ebb.all.recall, ebb.all.precision, passes], [1, 0.5, false]);
  const text = measurementText(await measure([withKey], corpusMachine(join(import.meta.dirname, '../..'))));
  assert.match(text, /^\| all +\| +1 \| +2 \| +1\.000 \| +0\.500 \|/m);
  assert.match(text, /^precision: 0\.500 \(≥ 0\.95\) MISS$/m);
});
