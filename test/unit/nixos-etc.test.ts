/** What NixOS says of /etc: links, copies, and what is neither. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { parseRoot } from '../../bench/eval/corpus.ts';
import { answersOf, corpusMachine } from '../../bench/eval/judging.ts';
import { makeRoot } from '../../bench/eval/stage.ts';
import { type RawPath, rawFromText } from '../../src/core/rawpath.ts';
import { nixosEtcSource } from '../../src/linux/nixos/etc-source.ts';

const machine = corpusMachine(join(import.meta.dirname, '../..'));
const labels = 'verdict = "persist", category = "state"';
const head = (distribution: string) => `title = "t"\ndistribution = "${distribution}"\nsource = "s"\n`;

async function said(distribution: string, cases: string) {
  const root = parseRoot(`${head(distribution)}cases = [\n${cases}\n]\n`, 'roots/t');
  const { answers } = await answersOf(root, machine);
  return answers.map(({ one, category, verdict }) => `${one.path} ${category} ${verdict}`);
}

test('on NixOS, what of /etc is neither a link nor a copy of activation is state', async () => {
  const cases = `
    { path = "/etc/.clean", content = "app/copied.conf\\nsudoers\\n../var/lib/app\\n\\n", ${labels} },
    { path = "/etc/app/written.conf", ${labels} },
    { path = "/etc/app/copied.conf", ${labels} },
    { path = "/etc/sudoers", ${labels} },
    { path = "/etc/own", link = "/srv/own", ${labels} },
    { path = "/etc/hosts", link = "/etc/static/hosts", ${labels} },
    { path = "/etc/passwd", ${labels} },
    { path = "/etc/app/server.key", ${labels} },`;
  assert.deepEqual(await said('nixos', cases), [
    '/etc/.clean generated ignore',
    '/etc/app/written.conf state persist',
    '/etc/app/copied.conf generated ignore',
    '/etc/sudoers generated ignore',
    '/etc/own unknown decide',
    '/etc/hosts generated ignore',
    '/etc/passwd generated ignore',
    '/etc/app/server.key secret persist',
  ]);
});

test('elsewhere, where packages fill /etc, that is left to a person', async () => {
  assert.deepEqual(await said('debian', `{ path = "/etc/app/written.conf", ${labels} },`), [
    '/etc/app/written.conf unknown decide',
  ]);
});

test('a link into the store is nobody’s loss, whoever the directory belongs to', async () => {
  const root = parseRoot(
    `${head('nixos')}cases = [
      { path = "/var/lib/app/app.conf", link = "/nix/store/0c1p5z9kx3n1r5fjdq1l3m5bq2zr8a1w-app.conf", ${labels} },
      { path = "/var/lib/app/data", ${labels} },
    ]
    [units]
    "app.service" = "[Service]\\nStateDirectory=app\\nExecStart=/bin/app --config /var/lib/app/app.conf\\n"`,
    'roots/t',
  );
  const { answers } = await answersOf(root, machine);
  assert.deepEqual(
    answers.map(({ category, verdict }) => `${category} ${verdict}`),
    ['generated ignore', 'state persist'],
  );
});

function openedRoot(t: TestContext, distribution: string, clean: string) {
  const into = mkdtempSync(join(tmpdir(), 'ebb-test-'));
  t.after(() => rmSync(into, { recursive: true, force: true }));
  makeRoot(
    parseRoot(`${head(distribution)}cases = [{ path = "/etc/.clean", content = '${clean}', ${labels} }]`, 'r'),
    into,
  );
  const root = machine.openRoot(rawFromText(into) as RawPath);
  t.after(() => root.close());
  return root;
}

test('names in /etc/.clean are names and no patterns, and none leads out of /etc', (t) => {
  const { claims } = nixosEtcSource.claims(openedRoot(t, 'nixos', 'a*b/[c]'));
  assert.ok(claims.some(({ pattern }) => pattern === '/etc/a\\*b/\\[c\\]'));
  const { claims: others } = nixosEtcSource.claims(openedRoot(t, 'nixos', '../../x'));
  assert.ok(others.every(({ pattern }) => pattern.startsWith('/etc/') && !pattern.includes('..')));
  assert.deepEqual(nixosEtcSource.claims(openedRoot(t, 'arch', 'a')), { claims: [], warnings: [] });
});
