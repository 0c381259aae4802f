/** `./ebb` of a fresh checkout: installs and builds itself once, and after that costs nothing but its start. */

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { chmodSync, cpSync, existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { repository, said } from '../support/cli-program.ts';
import { directoryRoot, noOrdinaryUser, run, temporaryDirectory } from '../support/cli-roots.ts';

const lacking = ['git', 'npm'].filter((program) => spawnSync(program, ['--version']).error !== undefined);
const skip = lacking.length > 0 && `${lacking.join(' and ')} is not installed`;

const home = temporaryDirectory({ after });
const checkout = join(home, 'checkout');
const { version } = JSON.parse(readFileSync(join(repository, 'package.json'), 'utf8'));

/** Programs that stand first in PATH; what is called `npm` here notes that it was called, and fails. */
const failing = join(home, 'failing');
const npmCalled = join(home, 'npm-was-called');

before(() => {
  if (skip) return;
  run('git', 'clone', '--quiet', repository, checkout);
  // What is not committed yet is to be tested, too.
  for (const part of ['ebb', 'scripts', 'src', 'catalogue', 'package.json', 'package-lock.json']) {
    cpSync(join(repository, part), join(checkout, part), { recursive: true });
  }
  mkdirSync(failing);
  writeFileSync(join(failing, 'npm'), `#!/bin/sh\ntouch '${npmCalled}'\nexit 1\n`);
  chmodSync(join(failing, 'npm'), 0o755);
});

interface Launched {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

function launch(
  program: string,
  args: readonly string[],
  options: { cwd?: string; env?: NodeJS.ProcessEnv } = {},
): Launched {
  const env = options.env ?? { ...process.env, PATH: `${failing}:${process.env['PATH']}` };
  return spawnSync(program, args, { cwd: options.cwd ?? '/', env, encoding: 'utf8', input: '', timeout: 170_000 });
}

/** A commit of nothing. */
function commitIn(directory: string): void {
  const author = ['-c', 'user.name=x', '-c', 'user.email=x@example.org'];
  run('git', '-C', directory, ...author, 'commit', '-qm', 'x', '--allow-empty');
}

/** That it started, and did nothing else. */
function assertStarted({ status, stdout, stderr }: Launched): void {
  assert.deepEqual({ status, stdout, stderr }, { status: 0, stdout: `${version}\n`, stderr: '' });
  assert.ok(!existsSync(npmCalled));
}

test('without npm, the first run says what is needed', { skip }, () => {
  const bare = join(home, 'bare');
  mkdirSync(bare);
  for (const program of ['sh', 'dirname', 'readlink']) {
    symlinkSync(run('sh', '-c', `command -v ${program}`).trim(), join(bare, program));
  }
  const { status, stdout, stderr } = launch(join(checkout, 'ebb'), ['--version'], { env: { PATH: bare } });
  assert.equal(stdout, '');
  assert.match(stderr, /npm is needed.*Node \(20 or later\)/);
  assert.equal(status, 2);
});

test('where npm fails, the first run fails, and the next one tries again', { skip }, () => {
  const { status, stdout } = launch(join(checkout, 'ebb'), ['--version']);
  assert.equal(stdout, '');
  assert.equal(status, 2);
  assert.ok(existsSync(npmCalled));
  run('rm', npmCalled);
});

test('a failed installation ends with the status of a failure, not of findings', {
  skip,
}, () => {
  const { status } = launch(join(checkout, 'ebb'), ['check']);
  run('rm', npmCalled);
  assert.equal(status, 2);
});

test('the first run installs and builds, says so on stderr alone, and does what it was asked', { skip }, () => {
  const { status, stdout, stderr } = launch(join(checkout, 'ebb'), ['--version'], { env: process.env });
  assert.equal(stdout, `${version}\n`, stderr);
  assert.match(stderr, /^ebb: installing/m);
  assert.match(stderr, /^ebb: building/m);
  assert.equal(status, 0);
});

test('later runs neither install nor build, and never call npm', { skip }, () => {
  assertStarted(launch(join(checkout, 'ebb'), ['--version']));
});

test('the main job is done', { skip }, (t) => {
  const root = directoryRoot(t, { 'srv/notes.txt': 'x' });
  const outcome = launch(join(checkout, 'ebb'), ['diff', '--root', root, '--format', 'paths']);
  assert.deepEqual([outcome.status, outcome.stdout, said(outcome)], [0, '/srv/notes.txt\n', '']);
});

test('it is started through links, by a relative name, and by PATH', { skip }, () => {
  const bin = join(home, 'bin');
  mkdirSync(bin);
  symlinkSync(join(checkout, 'ebb'), join(bin, 'absolute'));
  symlinkSync('../checkout/ebb', join(bin, 'relative'));
  symlinkSync('relative', join(bin, 'ebb'));
  for (const name of ['absolute', 'relative', 'ebb']) assertStarted(launch(join(bin, name), ['--version']));
  assertStarted(launch('./ebb', ['--version'], { cwd: checkout }));
  assertStarted(launch('checkout/ebb', ['--version'], { cwd: home }));
  assertStarted(launch('sh', ['ebb', '--version'], { cwd: checkout }));
  const PATH = `${bin}:${failing}:${process.env['PATH']}`;
  assertStarted(launch('sh', ['-c', 'ebb --version'], { env: { ...process.env, PATH } }));
});

test('a checkout with a space in its name is started', { skip }, () => {
  symlinkSync(checkout, join(home, 'a checkout'));
  assertStarted(launch(join(home, 'a checkout', 'ebb'), ['--version']));
});

test('HOME, and all other variables but PATH, may be unset', { skip }, () => {
  assertStarted(launch(join(checkout, 'ebb'), ['--version'], { env: { PATH: `${failing}:/usr/bin:/bin` } }));
});

test('an ordinary user may run what root built', {
  skip: skip || noOrdinaryUser,
}, () => {
  const user = ['--reuid=65534', '--regid=65534', '--clear-groups'];
  assertStarted(launch('setpriv', [...user, join(checkout, 'ebb'), '--version']));
});

test('of a newer commit it builds itself again, without npm', { skip }, () => {
  commitIn(checkout);
  const { status, stdout, stderr } = launch(join(checkout, 'ebb'), ['--version']);
  assert.deepEqual({ status, stdout, stderr }, { status: 0, stdout: `${version}\n`, stderr: 'ebb: building …\n' });
  assert.ok(!existsSync(npmCalled));
  assertStarted(launch(join(checkout, 'ebb'), ['--version']));
});

test('of a commit whose branch is packed it builds itself again, too', {
  skip,
}, () => {
  const packed = () => {
    commitIn(checkout);
    run('git', '-C', checkout, 'pack-refs', '--all');
    return launch(join(checkout, 'ebb'), ['--version']).stderr;
  };
  assert.match(packed(), /building/);
  assert.match(packed(), /building/);
});

test('in a worktree it builds itself of the commit that is checked out there', { skip }, () => {
  const worktree = join(home, 'worktree');
  run('git', '-C', checkout, 'worktree', 'add', '--quiet', '-b', 'other', worktree);
  for (const part of ['ebb', 'scripts', 'src', 'catalogue', 'package.json', 'package-lock.json']) {
    cpSync(join(repository, part), join(worktree, part), { recursive: true });
  }
  // Installed already.
  symlinkSync(join(checkout, 'node_modules'), join(worktree, 'node_modules'));
  for (const _ of ['the first time', 'of a newer commit']) {
    commitIn(worktree);
    assert.equal(launch(join(worktree, 'ebb'), ['--version']).stderr, 'ebb: building …\n');
    assertStarted(launch(join(worktree, 'ebb'), ['--version']));
  }
  commitIn(checkout);
  assertStarted(launch(join(worktree, 'ebb'), ['--version']));
});
