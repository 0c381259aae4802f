/** Names that somebody chose to do harm: to a terminal, to the text around them, to whatever reads the output. */

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { type TestContext, test } from 'node:test';
import { parse } from 'smol-toml';
import { bytesOf } from '../../src/core/rawpath.ts';
import { diffDocument, documentOf, whyDocument } from '../support/cli-documents.ts';
import { assertStatus, ebb, lines, type Outcome, pathsOf, said, text } from '../support/cli-program.ts';
import { directoryRoot, noNix, noTerminal } from '../support/cli-roots.ts';
import { onTerminal } from '../support/cli-terminal.ts';

const hostile = [
  'escape \x1b[31m\x1b]0;title\x07',
  'newline\nebb: everything is fine',
  'carriage\rreturn',
  'tab\tulator',
  'backspace\x08\x7f',
  'one-byte CSI \x9b31m',
  'invalid \xff\xfe',
  'overlong \xc0\xaf',
  'half a character \xe2\x82',
  'override \xe2\x80\xae txt.exe',
  '${builtins.abort "nix"}',
  '$${x}',
  "''${y}''",
  '"quotes" and \'quotes\'',
  'back\\slash\\n',
  '# comment <!--',
  '%s%n',
  'two  spaces ',
  '~',
  '-rf',
  'x'.repeat(255),
];

/** As services' directories, so that they are proposed to be kept, and as files. */
function hostileRoot(t: TestContext): string {
  return directoryRoot(
    t,
    Object.fromEntries(
      hostile.flatMap((name) => [
        [`var/lib/${name}/db`, 'x'],
        [`srv/${name}`, 'x'],
      ]),
    ),
  );
}

/** No control but the end of a line, and nothing that is not UTF-8. */
function assertHarmless(raw: string): void {
  assert.doesNotMatch(raw, /[\x00-\x09\x0b-\x1f\x7f]/);
  const shown = new TextDecoder('utf-8', { fatal: true }).decode(bytesOf(raw));
  assert.doesNotMatch(shown, /[\x80-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]/);
}

function assertHarmlessOutcome({ stdout, stderr }: Outcome): void {
  assertHarmless(stdout);
  assertHarmless(stderr);
}

for (const format of ['text', 'json', 'toml', 'paths']) {
  test(`--format ${format} has no control byte in it and is UTF-8`, (t) => {
    assertHarmlessOutcome(ebb(['diff', '--root', hostileRoot(t), '--all', '--format', format]));
  });
}

test('--format nix has no control byte in it', (t) => {
  const { stdout } = ebb(['diff', '--root', hostileRoot(t), '--format', 'nix']);
  assert.doesNotMatch(stdout, /[\x00-\x09\x0b-\x1f\x7f]/);
});

test('each row and each path has one line', (t) => {
  const root = hostileRoot(t);
  const rows = lines(ebb(['diff', '--root', root, '--all']).stdout).filter((line) => / → (persist|decide)$/.test(line));
  assert.equal(rows.length, 2 * hostile.length);
  const paths = lines(ebb(['diff', '--root', root, '--format', 'paths']).stdout);
  assert.equal(paths.length, 3 * hostile.length);
});

test('in a terminal the only control sequences are colours', { skip: noTerminal }, (t) => {
  const { sent } = onTerminal(80, ['diff', '--root', hostileRoot(t)]);
  assertHarmless(Buffer.from(sent.replace(/\x1b\[\d+m/g, '').replaceAll('\r\n', '\n')).toString('latin1'));
});

test('check and why have no control byte in them', (t) => {
  const root = hostileRoot(t);
  assertHarmlessOutcome(ebb(['check', '--root', root]));
  for (const name of hostile) assertHarmlessOutcome(ebb(['why', '--root', root, `/srv/${name}`]));
});

test('-0 gives the bytes as they are', (t) => {
  const root = hostileRoot(t);
  const expected = hostile.flatMap((name) => [`/srv/${name}`, `/var/lib/${name}`, `/var/lib/${name}/db`]);
  assert.deepEqual(pathsOf(ebb(['diff', '--root', root, '-0']).stdout), expected.sort());
});

test('--json gives the text, or the bytes in base64 where it is none', (t) => {
  const root = hostileRoot(t);
  const { changes } = documentOf(diffDocument, text(ebb(['diff', '--root', root, '--json']).stdout));
  const given = changes.map(({ path, pathBase64 }) =>
    (pathBase64 === undefined ? Buffer.from(path) : Buffer.from(pathBase64, 'base64')).toString('latin1'),
  );
  assert.deepEqual(given.sort(), hostile.flatMap((name) => [`/srv/${name}`, `/var/lib/${name}`]).sort());
});

test('--format toml parses to the same bytes', (t) => {
  const { stdout } = ebb(['diff', '--root', hostileRoot(t), '--format', 'toml']);
  const document = parse(text(stdout)) as {
    persistence: Record<string, { directories: (string | { directory_base64: string })[] }>;
  };
  const given = document.persistence['/persist']?.directories.map((entry) =>
    (typeof entry === 'string' ? Buffer.from(entry) : Buffer.from(entry.directory_base64, 'base64')).toString('latin1'),
  );
  assert.deepEqual(given?.sort(), hostile.map((name) => `/var/lib/${name}`).sort());
});

test('--format nix evaluates to the same bytes', { skip: noNix }, (t) => {
  const { stdout } = ebb(['diff', '--root', hostileRoot(t), '--format', 'nix']);
  const expression = `map (builtins.hashString "sha256") ({ ${stdout} }).environment.persistence."/persist".directories`;
  const evaluation = spawnSync('nix-instantiate', ['--eval', '--strict', '--json', '--store', 'dummy://', '-'], {
    input: bytesOf(expression),
    encoding: 'utf8',
  });
  assert.equal(evaluation.status, 0, evaluation.stderr);
  const sums = hostile.map((name) =>
    createHash('sha256')
      .update(bytesOf(`/var/lib/${name}`))
      .digest('hex'),
  );
  assert.deepEqual((JSON.parse(evaluation.stdout) as string[]).sort(), sums.sort());
});

test('what was typed comes back harmless in an error', () => {
  const typed = '\x1b[31m\x9b\xff\x07';
  for (const args of [
    [typed],
    ['diff', `--${typed}`],
    ['diff', '--category', typed],
    ['diff', '--format', typed],
    ['diff', '--depth', typed],
    ['diff', '--root', `/${typed}`],
    ['diff', '--against', `/${typed}`],
    ['diff', `/${typed}`],
    ['why', 'a', typed],
    ['baseline', typed],
  ]) {
    const outcome = ebb(args);
    assertHarmlessOutcome(outcome);
    assert.notEqual(outcome.stderr, '');
  }
});

test('what was typed cannot forge a line of stderr', () => {
  for (const args of [['x\nebb: fine'], ['diff', '--x\nebb: fine'], ['diff', '--category', 'x\nebb: fine']]) {
    assert.doesNotMatch(ebb(args).stderr, /^ebb: fine/m);
  }
});

test('what was typed is escaped once', () => {
  assert.equal(text(ebb(['diff', '--root', '/no\x1bwhere']).stderr), 'ebb: there is no directory /no\\ewhere\n');
  assert.equal(text(ebb(['diff', '--root', '/n\xc3\xb6where']).stderr), 'ebb: there is no directory /nöwhere\n');
});

test('warnings have no control byte in them', (t) => {
  const root = directoryRoot(t, {
    'etc/ebb/config.toml': '[persistence."/persist"]\ndirectories = ["/var/lib/\\u001b[31m\\nx"]\n',
  });
  const outcome = ebb(['diff', '--root', root]);
  assertHarmlessOutcome(outcome);
  assert.match(said(outcome), /^ebb: warning: declared, but not kept: \/var\/lib\/\\e\[31m\\nx: /);
  assertHarmlessOutcome(ebb(['check', '--root', root]));
  assertHarmlessOutcome(ebb(['why', '--root', root, '/var/lib/\x1b[31m\nx']));
});

test('a configuration that is wrong cannot send control bytes either', (t) => {
  for (const content of [
    '[ignore]\npaths = ["/\\u001b[31m["]\n',
    '[persistence."/\\u001b[31m"]\nx = 1\n',
    '\x1b[31m',
  ]) {
    const outcome = ebb(['diff', '--root', directoryRoot(t, { 'etc/ebb/config.toml': content })]);
    assertHarmlessOutcome(outcome);
    assertStatus(outcome, 2);
  }
});

test('a root of a hostile name is looked at and shown', (t) => {
  const home = directoryRoot(t, { 'ro\x1b[31m\xff/srv/notes.txt': 'x' });
  const root = `${home}/ro\x1b[31m\xff`;
  const outcome = ebb(['diff', '--root', root]);
  assertHarmlessOutcome(outcome);
  assert.ok(text(outcome.stdout).startsWith(`${home}/ro\\e[31m\\xff is `));
  assertStatus(outcome, 0);
  const document = documentOf(whyDocument, text(ebb(['why', '--root', root, '--json', '/srv/notes.txt']).stdout));
  assert.equal(document.exists, true);
});
