import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Category } from '../../src/core/category.ts';
import { covers, type RawName, type RawPath } from '../../src/core/rawpath.ts';
import { formatLog, parseLog, type WriterLog } from '../../src/core/writers/log.ts';
import type { WriteRow } from '../../src/core/writers/tally.ts';
import { Testimony } from '../../src/core/writers/testimony.ts';
import { type Writer, writerKinds } from '../../src/core/writers/writer.ts';
import { anyRaw } from '../support/arbitrary-names.ts';

const categoryOf = (path: RawPath): Category =>
  covers('/var/cache', path) ? 'cache' : covers('/var/lib', path) ? 'state' : 'unknown';

function row(writer: Writer, directory: string, names: Record<string, number>, more = 0, deep = false): WriteRow {
  const path = directory as RawPath;
  return {
    ...{ writer, directory: path, deep, first: 10, last: 20 },
    names: new Map(
      Object.entries(names).map(([name, count]) => [
        name as RawName,
        { category: categoryOf(`${directory}/${name}` as RawPath), count },
      ]),
    ),
    more: new Map(more === 0 ? [] : [[categoryOf(`${directory}/x` as RawPath), more]]),
  };
}

const unit = (name: string): Writer => ({ kind: 'unit', name, user: undefined });
const log = (rows: readonly WriteRow[]): WriterLog => ({
  ...{ bootId: 'b-1', from: 5, until: 30, gaps: [{ from: 8, until: 9 }], overflows: 1, rows },
});

const name = anyRaw.map((raw) => raw.replace(/[\0/]/g, '')).filter((raw) => raw !== '' && raw !== '.' && raw !== '..');
const arbitraryRow = fc
  .record({
    writer: fc.record({
      kind: fc.constantFrom(...writerKinds),
      name: anyRaw,
      user: fc.option(anyRaw, { nil: undefined }),
    }),
    directory: fc.array(name, { maxLength: 3 }).map((names) => `/${names.join('/')}`),
    names: fc.dictionary(name, fc.integer({ min: 1, max: 9 }), { maxKeys: 3 }),
    more: fc.nat(5),
    deep: fc.boolean(),
  })
  .map(({ writer, directory, names, more, deep }) => row(writer, directory === '/' ? '' : directory, names, more, deep))
  .map((one) => ({ ...one, directory: (one.directory as string) === '' ? ('/' as RawPath) : one.directory }));

test('a log is read as it was written, whatever the names are', () => {
  fc.assert(
    fc.property(fc.array(arbitraryRow, { maxLength: 5 }), (rows) => {
      const text = formatLog(log(rows));
      // What is in the file is bytes.
      assert.ok(!/[^\0-\xff]/.test(text));
      const read = parseLog(text, categoryOf);
      assert.ok('rows' in read);
      const byText = (all: readonly WriteRow[]): string[] =>
        all.map((one) => JSON.stringify([one, [...one.names], [...one.more]])).sort();
      assert.deepEqual(byText(read.rows), byText(rows));
      assert.deepEqual([read.bootId, read.gaps, read.overflows], ['b-1', [{ from: 8, until: 9 }], 1]);
    }),
  );
});

test('a name in UTF-8 lies in the file as it is', () => {
  const text = formatLog(log([row(unit('a.service'), '/srv/caf\xc3\xa9', { x: 1 })]));
  assert.ok(Buffer.from(text, 'latin1').toString('utf8').includes('"/srv/café"'));
});

test('what is damaged is told, or left out, and never thrown', () => {
  const text = formatLog(log([row(unit('a.service'), '/srv', { x: 1 }), row(unit('b.service'), '/srv', { x: 1 })]));
  assert.deepEqual(parseLog('', categoryOf), { problem: 'is no log of the form ebb.writers/1' });
  assert.deepEqual(parseLog('{"schema":"ebb.writers/2"}\n', categoryOf), {
    problem: 'is no log of the form ebb.writers/1',
  });
  const cut = parseLog(text.slice(0, -20), categoryOf);
  assert.ok('rows' in cut && cut.rows.length === 1);
  fc.assert(
    fc.property(fc.nat(text.length), fc.string({ maxLength: 5 }), (at, inserted) => {
      parseLog(text.slice(0, at) + inserted + text.slice(at), categoryOf);
    }),
  );
  const hostile = [
    '{"kind":"unit","name":"a","directory":"relative","first":1,"last":1}',
    '{"kind":"unit","name":"a","directory":"/x","first":1,"last":1,"names":[["a/b",1],["..",-1],["ok",2]],"more":[["nonsense",1]]}',
    '{"kind":"god","name":"a","directory":"/x","first":1,"last":1}',
    '[]',
    'null',
  ];
  const read = parseLog([text.split('\n')[0], ...hostile].join('\n'), categoryOf);
  assert.ok('rows' in read);
  assert.deepEqual(
    read.rows.map(({ directory, names, more }) => [directory, [...names.keys()], [...more]]),
    [['/x', ['ok'], []]],
  );
});

test('a log has a size that it does not pass: who wrote most is kept', () => {
  const long = 'n'.repeat(200);
  const rows = Array.from({ length: 3000 }, (_, i) => row(unit('a.service'), `/srv/${long}${i}`, { [long]: i + 1 }));
  const text = formatLog(log(rows));
  assert.ok(text.length < 600_000);
  assert.ok(text.includes(`${long}2999`) && !text.includes(`${long}0"`));
});

function told(rows: readonly WriteRow[], path: string): string[] {
  const testimony = new Testimony(rows, 'since boot', categoryOf);
  return testimony
    .of(path as RawPath)
    .map(({ detail, kind, category, by }) => [detail, kind ?? '-', category ?? '-', by ?? '-'].join('; '));
}

const rows = [
  row(unit('forgejo.service'), '/var/lib/forgejo/data', { a: 10, b: 3 }),
  row(unit('forgejo.service'), '/var/lib/forgejo', { 'app.ini': 1 }),
  row(unit('nginx.service'), '/var/cache/nginx', { c: 88 }),
  row(unit('systemd-tmpfiles-setup.service'), '/var/lib', { forgejo: 1 }),
  row({ kind: 'session', name: 'vim', user: 'josh' }, '/srv', { notes: 2 }),
  row(unit('copy.service'), '/srv/copy', { f1: 1 }, 5000),
  row({ kind: 'container', name: 'web', user: undefined }, '/srv/web', {}, 9, true),
];

test('a service that wrote a path speaks for state, with how often it did', () => {
  assert.deepEqual(told(rows, '/var/lib/forgejo'), [
    'written by forgejo.service, 14 times since boot; written; state; forgejo.service',
    'written by systemd-tmpfiles-setup.service, once since boot; -; -; systemd-tmpfiles-setup.service',
  ]);
  assert.deepEqual(told(rows, '/var/lib/forgejo/app.ini'), [
    'written by forgejo.service, once since boot; written; state; forgejo.service',
  ]);
  assert.deepEqual(told(rows, '/srv/web'), ['written by container web, 9 times since boot; written; state; web']);
});

test('who wrote a cache, or from a session, is told and speaks for nothing', () => {
  assert.deepEqual(told(rows, '/var/cache/nginx'), [
    'written by nginx.service, 88 times since boot; -; -; nginx.service',
  ]);
  assert.deepEqual(told(rows, '/srv/notes'), ['written by vim (session of josh), 2 times since boot; -; -; -']);
});

test('where too much was written to keep the names, who wrote there is told and speaks for nothing', () => {
  const often = 'too often for every name to be kept; -; -';
  assert.deepEqual(told(rows, '/srv/copy/f777'), [
    `copy.service wrote there 5001 times since boot, ${often}; copy.service`,
  ]);
  assert.deepEqual(told(rows, '/srv/web/a/b'), [`container web wrote there 9 times since boot, ${often}; web`]);
});

test('of a path that nobody was seen to write, or whose name only begins like another, nothing is told', () => {
  assert.deepEqual(told(rows, '/var/lib/forgejo-old'), []);
  assert.deepEqual(told(rows, '/etc'), []);
  assert.deepEqual(told([], '/'), []);
});
