/** `ebb check --metrics` and `--message`: what it leaves behind, whole and nowhere else. */
import assert from 'node:assert/strict';
import {
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { assertRefused, assertStatus, ebb, inRoot, lines, shell, text } from '../support/cli-program.ts';
import {
  btrfsRoot,
  buildTree,
  directoryRoot,
  mount,
  noBtrfs,
  noMounts,
  run,
  temporaryDirectory,
  tmpfsRoot,
} from '../support/cli-roots.ts';
import { parsePrometheus } from '../support/prometheus-text.ts';

/** A root that is lost with `srv/notes.txt`, and one where nothing counts. */
const lossy = { 'srv/notes.txt': 'x', 'etc/ssh/ssh_host_rsa_key': 'x' };

function value(file: string, name: string): number | undefined {
  return parsePrometheus(readFileSync(file, 'utf8')).get(name)?.samples[0]?.value;
}

function filesIn(t: TestContext): { directory: string; metrics: string; message: string; flags: string[] } {
  const directory = temporaryDirectory(t);
  const [metrics, message] = [join(directory, 'ebb.prom'), join(directory, 'motd.d/ebb-check')];
  return { directory, metrics, message, flags: ['--metrics', metrics, '--message', message] };
}

test('one run prints, writes metrics and a message, whatever the umask is', { skip: noMounts }, (t) => {
  const { metrics, message, flags } = filesIn(t);
  const root = tmpfsRoot(t, lossy);
  const outcome = shell(`umask 077; EBB check --root ${root} ${flags.join(' ')}`);
  assertStatus(outcome, 1);
  assert.match(text(outcome.stdout), /^ebb check: 2 changes would be lost/);
  assert.deepEqual([value(metrics, 'ebb_check_success'), value(metrics, 'ebb_check_passed')], [1, 0]);
  assert.equal(value(metrics, 'ebb_boot_info'), undefined);
  assert.equal(readFileSync(message, 'utf8'), 'ebb: the next reboot loses 2 things (1 secret, 1 unknown): ebb diff\n');
  for (const path of [metrics, message]) assert.equal(statSync(path).mode & 0o7777, 0o644, path);
  assert.equal(statSync(join(message, '..')).mode & 0o7777, 0o755);
});

test('the message goes where nothing is lost any more, and the metrics say so', { skip: noMounts }, (t) => {
  const { directory, metrics, message, flags } = filesIn(t);
  const root = tmpfsRoot(t, lossy);
  assertStatus(ebb(['check', '-q', '--root', root, ...flags]), 1);
  run('rm', '-r', join(root, 'srv'), join(root, 'etc'));
  assertStatus(ebb(['check', '-q', '--root', root, ...flags]), 0);
  assert.ok(!existsSync(message));
  assert.equal(value(metrics, 'ebb_check_passed'), 1);
  assert.deepEqual(readdirSync(directory).sort(), ['ebb.prom', 'motd.d']);
  assertStatus(ebb(['check', '-q', '--root', root, ...flags]), 0);
});

test('what the boot wrote of itself is in the metrics', (t) => {
  const { metrics } = filesIn(t);
  const record = {
    ...{ schema: 'ebb.boot/1', sequence: 7, bootedAt: '2026-11-20T08:00:00Z', bootId: 'x' },
    ...{ kernel: '6.12', generation: 3 },
  };
  const root = directoryRoot(t, { '.ebb/boot.json': JSON.stringify(record) });
  assertStatus(ebb(['check', '-q', '--root', root, '--metrics', metrics]), 0);
  assert.equal(value(metrics, 'ebb_boot_sequence'), 7);
  assert.deepEqual(parsePrometheus(readFileSync(metrics, 'utf8')).get('ebb_boot_info')?.samples, [
    { labels: { kernel: '6.12', generation: '3' }, value: 1 },
  ]);
});

test('a check that fails itself says so in both, in the place of what an earlier one found', (t) => {
  const { metrics, message, flags } = filesIn(t);
  const root = directoryRoot(t, lossy);
  assertStatus(ebb(['check', '-q', '--root', root, ...flags]), 1);
  buildTree(root, { 'etc/ebb/config.toml': 'root = [' });
  assertRefused(ebb(['check', '--root', root, ...flags]), /config\.toml: line 1/);
  assert.equal(value(metrics, 'ebb_check_success'), 0);
  assert.equal(value(metrics, 'ebb_losing_changes'), undefined);
  assert.match(readFileSync(message, 'utf8'), /is not known/);
});

test('nothing but a plain file is replaced: a link that somebody planted leads to no other file', (t) => {
  const { directory, metrics, message } = filesIn(t);
  const root = directoryRoot(t, lossy);
  const secret = join(directory, 'secret');
  writeFileSync(secret, 'secret');
  symlinkSync(secret, metrics);
  mkdirSync(message, { recursive: true });
  const outcome = ebb(['check', '--root', root, '--metrics', metrics, '--message', message]);
  assertStatus(outcome, 2);
  assert.match(text(outcome.stdout), /^ebb check: 2 changes would be lost/);
  assert.match(text(outcome.stderr), /ebb\.prom is a link, and stays as it is; .*ebb-check is a directory/);
  assert.deepEqual([readFileSync(secret, 'utf8'), lstatSync(metrics).isSymbolicLink()], ['secret', true]);
  assertStatus(ebb(['check', '--root', root, '--metrics', '/dev/null']), 2);
  assert.ok(lstatSync('/dev/null').isCharacterDevice());
});

test('a directory that is not there is named; that of the message is made', (t) => {
  const { directory } = filesIn(t);
  const outcome = ebb(['check', '--root', directoryRoot(t, {}), '--metrics', join(directory, 'none/ebb.prom')]);
  assertStatus(outcome, 2);
  assert.match(text(outcome.stderr), /none\/ebb\.prom could not be written: no such file or directory/);
});

test('on a full disk the old file stays whole, and the check ends with 2', { skip: noMounts }, (t) => {
  const { directory } = filesIn(t);
  mount(t, directory, '-t', 'tmpfs', '-o', 'size=64k', 'tmpfs');
  const metrics = join(directory, 'ebb.prom');
  const root = directoryRoot(t, lossy);
  assertStatus(ebb(['check', '-q', '--root', root, '--metrics', metrics]), 1);
  const before = readFileSync(metrics, 'utf8');
  shell(`head -c 1M /dev/zero >${directory}/filler 2>/dev/null`);
  const outcome = ebb(['check', '-q', '--root', root, '--metrics', metrics]);
  assertStatus(outcome, 2);
  assert.match(text(outcome.stderr), /ebb\.prom could not be written: no space left on device/);
  assert.equal(readFileSync(metrics, 'utf8'), before);
  assert.deepEqual(readdirSync(directory).sort(), ['ebb.prom', 'filler']);
});

test('runs beside each other never leave half a file', (t) => {
  const { directory, metrics } = filesIn(t);
  const root = directoryRoot(t, lossy);
  const outcome = shell(
    `( for i in 1 2 3 4; do EBB check -q --root ${root} --metrics ${metrics} & done; wait; : >${root}/done ) &
    while [ ! -e ${root}/done ]; do [ ! -e ${metrics} ] || echo "$(tail -n 1 ${metrics})"; done; wait`,
  );
  const seen = new Set(lines(outcome.stdout));
  assert.deepEqual([...seen], ['ebb_reset_failed 0']);
  assert.deepEqual(readdirSync(directory), ['ebb.prom']);
});

test('--at-shutdown passes without a look where the configuration asks for less', { skip: noMounts }, (t) => {
  const status = (configuration: string, asked: string): number | null => {
    const root = tmpfsRoot(t, { ...lossy, 'etc/ebb/config.toml': configuration });
    const outcome = inRoot(root, ['check', '--at-shutdown', asked, '/srv']);
    if (outcome.status === 0) assert.equal(outcome.stdout, '');
    return outcome.status;
  };
  assert.equal(status('', 'warn'), 1);
  assert.equal(status('', 'block'), 0);
  assert.equal(status('[check]\nat_shutdown = "nothing"', 'warn'), 0);
  assert.equal(status('[check]\nat_shutdown = "block"', 'warn'), 1);
  assert.equal(status('[check]\nat_shutdown = "block"', 'block'), 1);
  assert.equal(status('[check]\nblock = true', 'block'), 1);
});

test('--at-shutdown passes where the root stays: no shutdown loses anything of it', { skip: noBtrfs }, (t) => {
  const { root } = btrfsRoot(t, lossy);
  assertStatus(ebb(['check', '--root', root]), 1);
  assertStatus(ebb(['check', '--at-shutdown', 'warn', '--root', root]), 0);
});

test('--at-shutdown knows two words, and goes with no file', (t) => {
  const { flags } = filesIn(t);
  assertRefused(ebb(['check', '--at-shutdown', 'nothing']), /to warn or to block, not to nothing/);
  assertRefused(ebb(['check', '--at-shutdown', 'warn', ...flags]), /--at-shutdown may pass without a look/);
});
