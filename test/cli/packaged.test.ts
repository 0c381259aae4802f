/** ebb as a package installs it: see scripts/install.sh. */

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { ebb, lines, type Outcome, repository, said } from '../support/cli-program.ts';
import { buildTree, directoryRoot, noOrdinaryUser, run, temporaryDirectory } from '../support/cli-roots.ts';
import { fingerprint, packageJson, packageSource, runStep, STEPS, setReadOnly } from '../support/installed-ebb.ts';

const home = temporaryDirectory({ after });
const source = join(home, 'source');
const built = join(home, 'built');
const prefix = join(home, 'a prefix');
const program = join(prefix, 'lib/ebb');
const node = process.execPath;

/** Programs that stand first in PATH and fail; called, they say so. */
const failing = join(home, 'failing');
const wasCalled = join(home, 'was-called');

before(() => {
  mkdirSync(failing);
  for (const name of ['git', 'npm', 'node']) {
    writeFileSync(join(failing, name), `#!/bin/sh\ntouch '${wasCalled}'\nexit 1\n`);
    chmodSync(join(failing, name), 0o755);
  }
  packageSource(source, { withModules: true });
  const place = { cwd: source, out: prefix, programs: failing };
  runStep(STEPS.build(node), place);
  runStep(STEPS.install(node), place);
  // Where it was built there is nothing any more.
  renameSync(source, built);
  setReadOnly(prefix);
});

type Installed = Pick<Outcome, 'status' | 'stdout' | 'stderr'>;

/** Runs the installed ebb with nothing in its environment. */
function installed(args: readonly string[], before: readonly string[] = []): Installed {
  const [command = '', ...words] = [...before, join(prefix, 'bin/ebb'), ...args];
  return spawnSync(command, words, { cwd: '/', env: { PATH: '/nowhere' }, encoding: 'latin1', input: '' });
}

test('it is built and installed without git, npm, and another Node than the one that is named', () => {
  assert.ok(!existsSync(wasCalled));
});

test('it starts with nothing in its environment', () => {
  const { status, stdout, stderr } = installed(['--version']);
  assert.deepEqual({ status, stdout, stderr }, { status: 0, stdout: `${packageJson.version}\n`, stderr: '' });
});

test('it does the main job as a checkout does it', (t) => {
  const root = directoryRoot(t, { 'srv/notes.txt': 'x', 'var/lib/forgejo/data.db': 'y', 'etc/machine-id': 'z' });
  const words = ['diff', '--root', root, '--format', 'paths'];
  const outcome = installed(words);
  assert.deepEqual([outcome.status, said(outcome)], [0, '']);
  assert.ok(lines(outcome.stdout).includes('/var/lib/forgejo/data.db'));
  assert.equal(outcome.stdout, ebb(words).stdout);
});

test('it has the catalogue, and what is known of messages', (t) => {
  const root = directoryRoot(t, { 'var/lib/forgejo/data.db': 'y' });
  assert.match(installed(['why', '--root', root, '/var/lib/forgejo']).stdout, /^ {2}known as {3}Forgejo$/m);
  assert.deepEqual(Object.keys(JSON.parse(readFileSync(join(program, 'dist/messages.json'), 'utf8')))[0], '0');
});

test('it makes system calls through the library of koffi that it brings, the only one', (t) => {
  const library = 'node_modules/@koromix';
  const found = readdirSync(join(program, library), { recursive: true, encoding: 'utf8' });
  assert.equal(found.filter((name) => name.endsWith('.node')).length, 1);
  assert.deepEqual(readdirSync(join(program, 'node_modules')), ['@koromix']);
  const oldRoots = temporaryDirectory(t);
  buildTree(oldRoots, { '2026-01-01_08-15-00/etc/hostname': 'x' });
  const outcome = installed(['ls', '--old-roots', oldRoots]);
  assert.deepEqual([outcome.status, said(outcome)], [0, '']);
  assert.match(outcome.stdout, /2026-01-01_08-15-00/);
});

test('it resets a root that is mounted elsewhere with the script that it brings', (t) => {
  const top = temporaryDirectory(t);
  buildTree(top, { '@root/etc/hostname': 'x', '@persist/kept': 'y' });
  const outcome = installed(['reset', '--root', top, '--dry-run'], ['/usr/bin/env', 'PATH=/usr/bin:/bin']);
  assert.equal(outcome.status, 0, outcome.stderr);
  assert.match(outcome.stdout + outcome.stderr, /@snapshots\/old_roots/);
});

test('what V8 compiled during the build holds, wherever it lies and however old it is', () => {
  const caches = readdirSync(join(program, 'dist')).filter((name) => name.endsWith('.cache'));
  assert.deepEqual(caches, ['diff.cache', 'find.cache', 'gc.cache', 'ls.cache']);
  const flags = /dist\/node" (--max-semi-space-size=8) /.exec(readFileSync(join(prefix, 'bin/ebb'), 'utf8'))?.[1];
  const look = `
    const { readFileSync } = require('node:fs');
    const source = readFileSync('process.cjs', 'latin1');
    const wrapped = \`(function (exports, require, module, __filename, __dirname) {\${source}\\n})\`;
    const script = new (require('node:vm').Script)(wrapped, { cachedData: readFileSync(process.argv[1]) });
    console.log(script.cachedDataRejected);`;
  for (const cache of caches) {
    const words = [flags ?? '', '-e', look, cache];
    const { stdout } = spawnSync(join(program, 'dist/node'), words, { cwd: join(program, 'dist'), encoding: 'utf8' });
    assert.equal(stdout, 'false\n', cache);
  }
});

test('whoever runs it, nothing in it changes', (t) => {
  const root = directoryRoot(t, { 'srv/notes.txt': 'x' });
  const user = noOrdinaryUser ? [] : ['/usr/bin/setpriv', '--reuid=65534', '--regid=65534', '--clear-groups'];
  const before = fingerprint(prefix);
  for (const words of [['diff', '--root', root], ['why', '--root', root, '/srv/notes.txt'], ['--help']]) {
    for (const who of [[], user]) {
      const outcome = installed(words, who);
      assert.equal(outcome.status, 0, outcome.stderr);
    }
  }
  assert.deepEqual(fingerprint(prefix), before);
});

test('nothing in it names the place that it was built in, or the checkout', () => {
  for (const place of [source, join(repository, 'src')]) {
    const { stdout } = spawnSync('grep', ['-rlF', place, prefix], { encoding: 'utf8' });
    assert.equal(stdout, '');
  }
});

test('the scripts of the boot are whole, executable, and for any /bin/sh', () => {
  const scripts = readdirSync(join(repository, 'boot'), { withFileTypes: true }).filter((one) => one.isFile());
  assert.ok(scripts.length >= 7);
  for (const { name } of scripts) {
    const text = readFileSync(join(program, name), 'utf8');
    assert.equal(text, readFileSync(join(repository, 'boot', name), 'utf8'));
    assert.match(text, /^#!\/bin\/sh\n/);
    run('test', '-x', join(program, name));
  }
});

test('units, catalogue and messages lie where other programs look for data', () => {
  for (const [name, from] of [
    ['units', 'boot/units'],
    ['catalogue', 'catalogue'],
    ['messages', 'messages'],
  ] as const) {
    run('diff', '-r', join(repository, from), join(prefix, 'share/ebb', name));
  }
});

test('it is started as ./ebb starts it', () => {
  const launcher = readFileSync(join(repository, 'ebb'), 'utf8');
  const [, tail = ''] = launcher.split(/^# --- What follows .*\n/m);
  assert.match(tail, /^exec .*main\.cjs" "\$@"$/m);
  const own = readFileSync(join(prefix, 'bin/ebb'), 'utf8');
  assert.equal(own, `#!/bin/sh\n# Starts ebb. Made by scripts/install.sh.\nset -eu\nhome='${program}'\n${tail}`);
  assert.equal(readlinkSync(join(program, 'ebb')), '../../bin/ebb');
});

test('the licences of what is bundled lie beside it', () => {
  const bundled = Object.keys(packageJson.dependencies).filter((name) => name !== 'esbuild');
  const withText = bundled.filter((name) =>
    readdirSync(join(repository, 'node_modules', name)).some((file) => file.startsWith('LICENSE')),
  );
  const texts = withText.map((name) => `${name.replace('/', '-')}.txt`);
  assert.deepEqual(readdirSync(join(prefix, 'share/licenses/ebb')).sort(), ['LICENSE', ...texts].sort());
});

test('DESTDIR goes before the prefix while it is installed, and stands nowhere in it', (t) => {
  const stage = temporaryDirectory(t);
  const place = { cwd: built, out: '/opt/ebb', programs: failing };
  runStep(`DESTDIR='${stage}' ${STEPS.install(node)}`, place);
  assert.equal(spawnSync('grep', ['-rlF', stage, stage], { encoding: 'utf8' }).stdout, '');
  assert.match(readFileSync(join(stage, 'opt/ebb/bin/ebb'), 'utf8'), /^home='\/opt\/ebb\/lib\/ebb'$/m);
});

test('it is installed over an older version, of which nothing stays', (t) => {
  const out = join(temporaryDirectory(t), 'prefix');
  const place = { cwd: built, out, programs: failing };
  runStep(STEPS.install(node), place);
  const names = () => readdirSync(out, { recursive: true, encoding: 'utf8' }).sort().join('\n');
  const first = names();
  writeFileSync(join(out, 'lib/ebb/dist/boot/units/system/ebb-old.service'), '');
  runStep(STEPS.install(node), place);
  assert.equal(names(), first);
});

test('a prefix that is not absolute is refused, and so is one that a script could not hold', () => {
  for (const [words, message] of [
    [['prefix', node], /PREFIX has to be an absolute path/],
    [['/prefix', 'node'], /NODE has to be an absolute path/],
    [["/it's", node], /no path with a quote/],
    [['/prefix'], /usage: install.sh PREFIX NODE/],
  ] as const) {
    const { status, stderr } = spawnSync('sh', ['scripts/install.sh', ...words], { cwd: built, encoding: 'utf8' });
    assert.match(stderr, message);
    assert.equal(status, 2);
  }
});
