import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type BrokenUnit, type DiagnosisInput, diagnose, type Symptom } from '../../src/core/doctor/diagnosis.ts';
import type { DoctorFinding, Was } from '../../src/core/doctor/doctor-report.ts';
import { merged } from '../../src/core/doctor/merging.ts';
import type { MessageKind } from '../../src/core/doctor/message-pattern.ts';
import type { Occurrence } from '../../src/core/doctor/occurrences.ts';
import { mendedAt } from '../../src/core/doctor/other-root.ts';
import type { PathFacts } from '../../src/core/doctor/path-facts.ts';
import { ranked } from '../../src/core/doctor/ranking.ts';
import { plainFinding } from '../../src/core/doctor/remedies.ts';
import type { RawName, RawPath } from '../../src/core/rawpath.ts';

const at = (path: string): RawPath => path as RawPath;

const was: Was = {
  ...{ oldRoot: 'OLD' as RawName, resetAt: 0, type: 'directory', files: 4, bytes: 12_000, more: false },
};

function facts(path: string, given: Partial<PathFacts> = {}): PathFacts {
  const keep = { path: at(path), type: 'directory', user: undefined, group: undefined, mode: undefined } as const;
  return {
    ...{ path: at(path), now: undefined, isHollow: false, missingFrom: at(path), isKept: false, place: 'on the root' },
    ...{ category: 'state', keep, was: undefined, keepWas: undefined },
    ...given,
  };
}

function symptom(kind: MessageKind, paths: readonly PathFacts[], given: Partial<Occurrence> = {}): Symptom {
  const pattern = {
    id: `foo ${kind}`,
    title: 'Foo',
    identifiers: [],
    units: [],
    kind,
    texts: [],
    means: 'it is so',
    state: [],
  };
  const occurrence: Occurrence = {
    ...{ pattern, identifier: 'foo', unit: 'foo.service', isUserUnit: false, container: undefined, file: undefined },
    ...{ text: 'said', count: 1, first: 1, last: 1 },
    ...given,
  };
  return { occurrence, paths };
}

const failed: BrokenUnit = { unit: 'foo.service', isUserUnit: false, state: 'failed', result: 'exit-code' };

function found(given: Partial<DiagnosisInput>): DoctorFinding[] {
  return diagnose({
    ...{ symptoms: [], broken: [], pathsOf: () => [], lastWords: () => [], hasPast: true },
    place: { oldRoots: undefined, storage: at('/persist') },
    ...given,
  });
}

function told({ kind, severity, path, remedies }: DoctorFinding): unknown[] {
  const said = remedies.map((remedy) =>
    remedy.kind === 'command' ? remedy.words.join(' ') : `declare ${remedy.path}`,
  );
  return [kind, severity, path, ...said];
}

test('a missing path that an old root has is lost: restored, kept, and its unit started again', () => {
  const [only] = found({ symptoms: [symptom('missing', [facts('/var/lib/foo', { was })])], broken: [failed] });
  assert.deepEqual(only && told(only), [
    ...['lost', 'lost', '/var/lib/foo', 'ebb restore /var/lib/foo --from OLD'],
    ...['systemctl restart foo.service', 'declare /var/lib/foo'],
  ]);
  assert.deepEqual(only?.failed, ['foo.service']);
});

test('what runs is stopped before what it made is put aside', () => {
  const keepWas = was;
  const made = facts('/var/lib/foo', { now: 'directory', missingFrom: undefined, keepWas });
  const [only] = found({ symptoms: [symptom('first-run', [made])] });
  assert.deepEqual(
    only?.remedies.slice(0, 3).flatMap((one) => (one.kind === 'command' ? [one.words.join(' ')] : [])),
    [...['systemctl stop foo.service', 'ebb restore --force /var/lib/foo --from OLD', 'systemctl start foo.service']],
  );
});

test('a unit of a user is spoken to as that', () => {
  const broken = [{ ...failed, isUserUnit: true }];
  const [only] = found({ symptoms: [symptom('missing', [facts('/home/a/x', { was })], { isUserUnit: true })], broken });
  assert.ok(only && told(only).includes('systemctl --user restart foo.service'));
});

test('what is there by now, or only a cache, was not lost', () => {
  const there = facts('/var/lib/foo', { was, now: 'directory', missingFrom: undefined });
  const cache = facts('/var/cache/foo', { was, category: 'cache' });
  const findings = found({
    symptoms: [symptom('missing', [there]), symptom('missing', [cache], { unit: 'b.service' })],
  });
  assert.deepEqual(
    findings.map(({ kind, severity }) => `${kind} ${severity}`),
    ['missing note', 'missing note'],
  );
});

test('an empty directory where something was is as good as none', () => {
  const hollow = facts('/var/lib/foo', { was, now: 'directory', missingFrom: undefined, isHollow: true });
  assert.equal(found({ symptoms: [symptom('missing', [hollow])] })[0]?.kind, 'lost');
});

test('several units that miss one path are one finding, by the words of the one that knows best', () => {
  const general = symptom('missing', [facts('/srv/x', { was })], { unit: 'a.service' });
  const pattern = { ...general.occurrence.pattern, title: undefined, means: 'a path is missing' };
  const findings = found({
    symptoms: [
      { ...general, occurrence: { ...general.occurrence, pattern } },
      symptom('missing', [facts('/srv/x', { was })], { unit: 'b.service', count: 3 }),
    ],
  });
  assert.deepEqual(
    findings.map(({ units, what, count }) => [units, what, count]),
    [[['a.service', 'b.service'], 'it is so', 4]],
  );
});

test('many paths out of one directory come back by one command', () => {
  const paths = ['a', 'b', 'c'].map((name) => facts(`/etc/foo/${name}`, { was: { ...was, files: 1, bytes: 10 } }));
  const [only, ...others] = found({ symptoms: paths.map((one) => symptom('missing', [one])) });
  assert.deepEqual(others, []);
  assert.deepEqual(
    [only?.was?.files, only?.was?.bytes, only?.count, only?.paths],
    [3, 30, 3, ['/etc/foo/b', '/etc/foo/c']],
  );
  assert.ok(only && told(only).includes('ebb restore /etc/foo/a /etc/foo/b /etc/foo/c --from OLD'));
});

test('many paths that a unit missed and no old root has are one finding', () => {
  const symptoms = ['a', 'b', 'c', 'd'].map((name) =>
    symptom('missing', [facts(`/opt/${name}`)], { file: `/opt/${name}` }),
  );
  const [only, ...others] = found({ symptoms, broken: [failed] });
  assert.deepEqual([only?.kind, only?.path, only?.paths.length, others], ['missing', '/opt/a', 3, []]);
});

test('without old roots, a first run may have lost its state; with them, it did not', () => {
  const symptoms = [symptom('first-run', [facts('/var/lib/foo')])];
  assert.equal(found({ symptoms, hasPast: false })[0]?.severity, 'risk');
  assert.equal(found({ symptoms, hasPast: true })[0]?.severity, 'note');
});

test('that a unit failed is not told beside the reason for it', () => {
  const reason = symptom('denied', [facts('/var/lib/foo')]);
  const echo = symptom('failed-start', []);
  const findings = found({ symptoms: [echo, reason], broken: [failed] });
  assert.deepEqual(
    findings.map(({ kind, count }) => `${kind} ${count}`),
    ['denied 2'],
  );
});

test('of a unit that runs by now, that it failed is no news', () => {
  const pattern = { ...symptom('failed-start', []).occurrence.pattern, title: 'systemd' };
  assert.deepEqual(found({ symptoms: [symptom('failed-start', [], { pattern })] }), []);
});

test('the worst comes first, and what keeps a unit from running before what does not', () => {
  const list = [
    plainFinding({ kind: 'mounts', severity: 'note', what: 'a' }),
    plainFinding({ kind: 'lost', severity: 'lost', what: 'b', path: at('/b') }),
    plainFinding({ kind: 'failed', severity: 'broken', what: 'c' }),
    plainFinding({ kind: 'identity', severity: 'lost', what: 'd', failed: ['x.service'] }),
    plainFinding({ kind: 'lost', severity: 'lost', what: 'e', path: at('/e'), was }),
  ];
  assert.deepEqual(
    ranked(list).map(({ what }) => what),
    ['d', 'e', 'b', 'c', 'a'],
  );
});

test('what was found by looking takes the words of the messages about the same', () => {
  const quoted = { text: 'said', by: 'sshd', count: 2, first: 1, last: 2 };
  const key = at('/etc/ssh/ssh_host_rsa_key');
  const message = plainFinding({
    ...{
      kind: 'lost',
      severity: 'lost',
      what: 'new keys',
      path: key,
      units: ['sshd.service'],
      messages: [quoted],
      count: 2,
    },
  });
  const looked = plainFinding({ kind: 'identity', severity: 'lost', what: 'others', path: at('/x'), paths: [key] });
  const [only, ...others] = merged([message], [looked]);
  assert.deepEqual([only?.what, only?.units, only?.count, others], ['others', ['sshd.service'], 2, []]);
});

test('a directory on the way explains why something may not be used', () => {
  const denied = plainFinding({ kind: 'denied', severity: 'broken', what: 'no', path: at('/var/lib/foo/x') });
  const chown = { kind: 'command', words: ['chown', 'foo', '/var/lib/foo'] } as const;
  const way = plainFinding({
    ...{ kind: 'owner', severity: 'risk', what: 'w', path: at('/var/lib/foo'), evidence: ['why'], remedies: [chown] },
  });
  const [only, ...others] = merged([denied], [way]);
  assert.deepEqual([only?.evidence, only?.remedies, others], [['/var/lib/foo: why'], [chown], []]);
});

test('a root that does not run is mended where it is mounted', () => {
  const words = [
    ['systemctl', 'restart', 'foo.service'],
    ['ebb', 'restore', '/a', '--from', 'OLD'],
    ['chown', 'foo:foo', '/a'],
    ['mount', '--bind', '/persist/a', '/a'],
  ];
  const finding = plainFinding({
    ...{ kind: 'lost', severity: 'lost', what: 'w' },
    remedies: words.map((one) => ({ kind: 'command', words: one })),
  });
  assert.deepEqual(
    mendedAt(finding, at('/mnt')).remedies.map((remedy) => (remedy.kind === 'command' ? remedy.words.join(' ') : '')),
    [...['ebb restore /a --from OLD --to /mnt', 'chroot /mnt chown foo:foo /a'], 'mount --bind /mnt/persist/a /mnt/a'],
  );
  assert.equal(mendedAt(finding, at('/')), finding);
});
