/** Arguments right and wrong, help and version, and the exit statuses. */

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import {
  assertNoTrace,
  assertRefused,
  assertStatus,
  ebb,
  lines,
  repository,
  shell,
  text,
} from '../support/cli-program.ts';
import { directoryRoot } from '../support/cli-roots.ts';

const commands = [['diff'], ['check'], ['why'], ['baseline', 'record']];

test('--version prints the version of the package, and -v does too', () => {
  const { version } = JSON.parse(readFileSync(join(repository, 'package.json'), 'utf8'));
  for (const flag of ['--version', '-v']) {
    const outcome = ebb([flag]);
    assert.equal(outcome.stdout, `${version}\n`);
    assertStatus(outcome, 0);
  }
});

test('without a command, ebb says what it does and which commands there are', () => {
  const outcome = ebb([]);
  assert.match(text(outcome.stdout), /ebb diff/);
  for (const [name] of commands) assert.match(text(outcome.stdout), new RegExp(`^ {2}${name} {2,}\\S`, 'm'));
  assertStatus(outcome, 0);
});

for (const words of commands) {
  const name = words.join(' ');

  test(`ebb ${name} --help has examples of the command and its exit statuses`, () => {
    const outcome = ebb([...words, '--help']);
    const help = text(outcome.stdout);
    const [, examples = ''] = /^Examples:\n((?: {2}.+\n)+)/m.exec(help) ?? [];
    assert.ok(examples.split('\n').length > 2);
    assert.ok(
      examples
        .trimEnd()
        .split('\n')
        .every((line) => line.startsWith(`  ebb ${name}`)),
      examples,
    );
    const [, statuses = ''] = /^Exit status:\n((?: {2}.+\n)+)/m.exec(help) ?? [];
    for (const status of [0, 2, 10, 130]) assert.match(statuses, new RegExp(`^ +${status} +\\S`, 'm'));
    assertStatus(outcome, 0);
    assert.equal(outcome.stderr, '');
  });

  test(`ebb ${name} takes the flags and arguments of its own examples`, (t) => {
    const root = directoryRoot(t, { 'srv/notes.txt': 'x' });
    const help = text(ebb([...words, '--help']).stdout);
    const examples = [...help.matchAll(/^ {2}ebb (.+?)(?: {2,}|[|&]|$)/gm)].map(([, example = '']) => example.trim());
    for (const example of examples.filter((line) => /^(diff|check|why|baseline record) /.test(`${line} `))) {
      // Never the machine's own root, and nothing written; the usage line's brackets are no example.
      if (example.includes('[') || example.endsWith(' -h')) continue;
      const rest = example.slice(name.length).replace(/--root \S+/, '');
      const dryRun = name === 'baseline record' ? ' --dry-run' : '';
      const outcome = shell(`EBB ${name} --root ${root}${dryRun} ${rest.replaceAll('/var/lib /etc', '/srv')}`);
      assert.doesNotMatch(text(outcome.stderr), /flag|argument/i, example);
      assertNoTrace(outcome);
    }
  });
}

test('ebb check -q says by its exit status what the help promises: 1 where something would be lost', (t) => {
  const root = directoryRoot(t, { 'var/lib/app/db': 'x' });
  assert.match(text(ebb(['check', '--help']).stdout), /^ +1 +something would be lost/m);
  assertStatus(ebb(['check', '-q', '--root', root]), 1);
});

test('wrong usage of a command names the help of that command', () => {
  for (const [args, help] of [
    [['why', 'a', 'b'], 'ebb why --help says'],
    [['diff', '--jsno'], 'ebb diff --help says'],
    [['baseline', 'record', 'x'], 'ebb baseline record --help says'],
    [['constructor'], 'ebb --help, and ebb COMMAND --help, say'],
  ] as const) {
    assertRefused(ebb(args), new RegExp(help));
  }
});

test('an unknown command is refused, with the one that was meant', () => {
  assertRefused(ebb(['dif']), /dif.*did you mean `diff`/s);
  assertRefused(ebb(['baseline', 'recrod']), /recrod.*did you mean `record`/s);
});

test('an unknown flag is refused, with the one that was meant', () => {
  assertRefused(ebb(['diff', '--jsno']), /--jsno.*did you mean --json/s);
  assertRefused(ebb(['diff', '--categry', 'state']), /--categry.*did you mean --category/s);
  assertRefused(ebb(['why', '--rot', '/', '/srv']), /--rot.*did you mean --root/s);
  assertRefused(ebb(['diff', '-x']), /-x/);
});

test('a flag is suggested as it is written in the help', () => {
  const { stderr } = ebb(['check', '--all']);
  assert.match(stderr, /--all/);
  assert.doesNotMatch(stderr, /--failOn/);
});

test('a flag without its value is refused by name', () => {
  for (const flag of ['--root', '--against', '--depth', '--format', '--category', '--kind']) {
    assertRefused(ebb(['diff', flag]), new RegExp(flag));
  }
  assertRefused(ebb(['why']), /PATH/);
});

test('a category, kind, format or depth that there is not is refused, with those that there are', () => {
  assertRefused(ebb(['diff', '--category', 'stat']), /stat.*state, secret, home, unknown, cache, log, runtime/s);
  assertRefused(ebb(['diff', '--category', 'state,stat']), /there is no category stat\b/);
  assertRefused(ebb(['check', '--fail-on', 'secrets']), /secrets.*state, secret/s);
  assertRefused(ebb(['diff', '--kind', 'new']), /new.*added, modified, deleted, type-changed/s);
  assertRefused(ebb(['diff', '--format', 'yaml']), /yaml.*text.*json.*nix.*toml.*paths/s);
  for (const depth of ['0', '-1', 'x', '1.5']) assertRefused(ebb(['diff', `--depth=${depth}`]), /depth/);
});

test('a flag with an empty value is no path', () => {
  assertRefused(ebb(['diff', '--depth=']), /--depth/);
});

test('what asks for two formats is refused, and nothing is printed', () => {
  assertRefused(ebb(['diff', '--json', '--format', 'nix']), /--json and --format nix/);
  assertRefused(ebb(['diff', '-0', '--format', 'json']), /-0 goes with --format paths, not with json/);
  assertRefused(ebb(['diff', '-0', '--json']), /-0 goes with --format paths/);
});

test('too many arguments are refused', () => {
  assertRefused(ebb(['why', '/a', '/b']), /\/b/);
  assertRefused(ebb(['baseline', 'record', '/srv']), /\/srv/);
});

test('a root, a directory to compare with or a path that does not exist ends with status 10', (t) => {
  const root = directoryRoot(t, { 'srv/notes.txt': 'x' });
  const nowhere = join(root, 'nowhere');
  assertRefused(ebb(['diff', '--root', nowhere]), /there is no directory .*nowhere/, 10);
  assertRefused(ebb(['check', '--root', nowhere]), /nowhere/, 10);
  assertRefused(ebb(['why', '--root', nowhere, '/srv']), /nowhere/, 10);
  assertRefused(ebb(['baseline', 'record', '--root', nowhere]), /nowhere/, 10);
  assertRefused(ebb(['diff', '--root', root, '--against', nowhere]), /nowhere/, 10);
  assertRefused(ebb(['diff', '--root', root, '/nowhere']), /there is no \/nowhere/, 10);
  assertRefused(ebb(['diff', '--root', root, '--against', 'baseline']), /no baseline.*ebb baseline record/s, 10);
});

test('--format paths minds a path that does not exist as the other formats do', (t) => {
  const root = directoryRoot(t, { 'srv/notes.txt': 'x' });
  assertRefused(ebb(['diff', '--root', root, '--format', 'paths', '/nowhere']), /there is no \/nowhere/, 10);
});

test('a root that is no directory is refused', (t) => {
  const root = directoryRoot(t, { 'srv/notes.txt': 'x' });
  assertRefused(ebb(['diff', '--root', join(root, 'srv/notes.txt')]), /is not a directory/);
});

test('a mistyped word after --against is answered with the words that there are', (t) => {
  const root = directoryRoot(t, { 'srv/notes.txt': 'x' });
  assertRefused(ebb(['diff', '--root', root, '--against', 'bot']), /baseline.*boot.*packages.*nothing/s, 10);
});

test('a flag that does nothing in this combination is refused, not ignored', (t) => {
  const root = directoryRoot(t, { 'srv/notes.txt': 'x' });
  assertRefused(ebb(['diff', '--root', root, '--checksum', '--against', 'nothing']), /--checksum/);
  assertRefused(ebb(['diff', '--root', root, '--depth', '1', '--format', 'paths']), /--depth/);
});

test('an empty path or root is refused, since it is most often an unset variable', (t) => {
  const root = directoryRoot(t, { 'srv/notes.txt': 'x' });
  assertRefused(ebb(['why', '--root', root, '']), /empty/);
  assertRefused(ebb(['diff', '--root', root, '']), /empty/);
  assertRefused(ebb(['diff', '--root', '']), /empty/);
});

test('every message of wrong usage begins with ebb: and says where the help is', () => {
  for (const args of [['dif'], ['diff', '--jsno'], ['diff', '--depth'], ['diff', '--format', 'yaml'], ['why']]) {
    const [first = '', ...others] = lines(ebb(args).stderr);
    assert.match(first, /^ebb: /);
    assert.match(others.join('\n'), /--help/);
  }
});

test('ebb help is answered with the help, or with how to get it', () => {
  const { stdout, stderr } = ebb(['help']);
  assert.doesNotMatch(stderr, /did you mean `check`/);
  assert.match(stdout + stderr, /ebb diff|--help/);
});

test('the working directory may be gone', (t) => {
  const root = directoryRoot(t, { 'srv/notes.txt': 'x' });
  const outcome = shell(`mkdir ${root}/gone && cd ${root}/gone && rmdir ${root}/gone && EBB diff --root ${root} /srv`);
  assertNoTrace(outcome);
  assertStatus(outcome, 0);
});

test('a relative path is seen from a working directory that is not UTF-8', (t) => {
  const root = directoryRoot(t, { 'dir\xff/notes.txt': 'x' });
  const outcome = shell(`cd ${root}/dir* && EBB why --json notes.txt`);
  assert.equal(JSON.parse(text(outcome.stdout)).exists, true);
});
