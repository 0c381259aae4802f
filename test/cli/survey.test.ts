/** `ebb survey` as a person runs it. */
import assert from 'node:assert/strict';
import { chmodSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { assertRefused, assertStatus, ebb, text } from '../support/cli-program.ts';
import { directoryRoot, noOrdinaryUser } from '../support/cli-roots.ts';
import { buildSurveyedRoot } from '../support/surveyed-root.ts';

test('each format is what it is asked to be', (t) => {
  const root = directoryRoot(t, {});
  buildSurveyedRoot(root);
  const beginnings = {
    text: /^survey of h001 · /,
    json: /^\{\n {2}"schema": "ebb.survey\/1"/,
    markdown: /^# h001: what it keeps where\n/,
    nix: /^# Proposed by ebb survey on h001\. /,
    toml: /^# Proposed by ebb survey on h001\. /,
  };
  for (const [format, beginning] of Object.entries(beginnings)) {
    const outcome = ebb(['survey', '--root', root, '--format', format]);
    assertStatus(outcome, 0);
    assert.match(text(outcome.stdout), beginning);
  }
});

test('what makes no sense is refused', (t) => {
  const root = directoryRoot(t, {});
  assertRefused(ebb(['survey', '--root', root, '--json', '--format', 'nix']), /ask for two formats/);
  assertRefused(ebb(['survey', '--root', root, '--format', 'html']), /html/);
  assertRefused(ebb(['survey', '--root', join(root, 'none')]), /there is no directory/, 10);
});

test('an ordinary user is told what could not be seen', { skip: noOrdinaryUser }, (t) => {
  const root = directoryRoot(t, {});
  buildSurveyedRoot(root);
  chmodSync(join(root, 'etc/shadow'), 0o600);
  const outcome = ebb(['survey', '--root', root, '--json'], { ordinaryUser: true });
  assertStatus(outcome, 0);
  assert.equal((JSON.parse(outcome.stdout) as { readonly passwords: unknown }).passwords, null);
  assert.match(outcome.stderr, /not run as root/);
});
