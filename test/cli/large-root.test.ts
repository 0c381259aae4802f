/** A root that is large enough for a second thread: the same answer as with one. */

import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { diffDocument, documentOf } from '../support/cli-documents.ts';
import { assertRefused, assertStatus, copyOfBuild, ebb, pathsOf, text } from '../support/cli-program.ts';
import { noRecord, run, temporaryDirectory } from '../support/cli-roots.ts';

const root = temporaryDirectory({ after });
const oneThread = copyOfBuild('one-thread');
rmSync(join(oneThread, 'examination-thread.cjs'));

before(() => {
  for (let service = 0; service < 100; service++) {
    const directory = join(root, `var/lib/service-${service}/data`);
    mkdirSync(directory, { recursive: true });
    for (let file = 0; file < 297; file++) writeFileSync(join(directory, `${file}`), file % 50 === 0 ? 'x' : '');
    writeFileSync(join(directory, 'host.key'), 'key');
  }
});

test('every path is given once, as find gives them', () => {
  const found = run('find', root, '-mindepth', '1', '-printf', '/%P\\0');
  assert.deepEqual(pathsOf(ebb(['diff', '--root', root, '--all', '-0']).stdout), pathsOf(found));
});

test('rows, sums and their order are those of one thread', () => {
  const args = ['diff', '--root', root, '--json'];
  const [two, one] = [ebb(args), ebb(args, { build: oneThread })].map(({ stdout }) =>
    documentOf(diffDocument, text(stdout)),
  );
  assert.equal(two.changes.length, 200);
  assert.deepEqual(two.changes, one.changes);
  assert.deepEqual(two.summary, one.summary);
});

test('files that have to be read, by both threads, are compared like others', () => {
  const outcome = ebb(['diff', '--root', root, '--against', root, '--checksum', '--json']);
  assertStatus(outcome, 0);
  assert.deepEqual(documentOf(diffDocument, text(outcome.stdout)).changes, []);
});

test('where the second thread dies over its work, ebb fails', (t) => {
  const build = copyOfBuild('dying-thread');
  const script = `
    const { workerData: { port, bell } } = require('node:worker_threads');
    port.postMessage({ kind: 'hungry' });
    Atomics.store(bell, 0, 1);
    Atomics.notify(bell, 0);
    port.on('message', () => {
      require('node:fs').writeFileSync(__dirname + '/was-given-work', '');
      throw new Error('the other thread died');
    });`;
  writeFileSync(join(build, 'examination-thread.cjs'), script);
  const wasGivenWork = join(build, 'was-given-work');
  // It is only given some if it is there before the first thread is done, which a busy machine may prevent.
  for (let attempt = 0; attempt < 5 && !existsSync(wasGivenWork); attempt++) {
    const outcome = ebb(['diff', '--root', root, '--against', root, '--checksum', '--json'], { build });
    if (!existsSync(wasGivenWork)) continue;
    assert.equal(outcome.stdout, '');
    assert.match(outcome.stderr, /the other thread died/);
    assertStatus(outcome, 2);
  }
  if (!existsSync(wasGivenWork)) t.skip('the second thread was never there in time');
});

test('a baseline of a large root is compared with by both threads', { skip: noRecord }, () => {
  assertStatus(ebb(['baseline', 'record', '--root', root]), 0);
  const written = join(root, 'var/lib/service-7/data/1');
  writeFileSync(written, 'longer than before');
  rmSync(join(root, 'var/lib/service-8/data/2'));
  for (const build of [undefined, oneThread]) {
    const paths = pathsOf(ebb(['diff', '--root', root, '-0'], build === undefined ? {} : { build }).stdout);
    assert.deepEqual(paths, ['/var/lib/service-7/data/1', '/var/lib/service-8/data/2']);
  }
});

test('a baseline that is spoiled is refused by both threads alike', { skip: noRecord }, () => {
  const file = join(root, '.ebb/baseline');
  writeFileSync(file, readFileSync(file, 'latin1').replaceAll('\0f ', '\0f x'), 'latin1');
  for (const build of [undefined, oneThread]) {
    assertRefused(ebb(['diff', '--root', root], build === undefined ? {} : { build }), /baseline cannot be used/);
  }
});
