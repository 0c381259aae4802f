import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { DeclaredPath } from '../../src/core/configuration.ts';
import { consolidations } from '../../src/core/doctor/consolidation.ts';
import { changedIdentities, type Identity, type IdentityFacts } from '../../src/core/doctor/identities.ts';
import { keepAs } from '../../src/core/doctor/keep.ts';
import { mountsFinding } from '../../src/core/doctor/mounts.ts';
import { type Accounts, Names } from '../../src/core/doctor/names.ts';
import { changedDirectories, driftedOwners, type KeptPath, type OwnerFacts } from '../../src/core/doctor/owners.ts';
import { pathNamed } from '../../src/core/doctor/path-facts.ts';
import { UnitStates } from '../../src/core/doctor/unit-states.ts';
import type { RawName, RawPath } from '../../src/core/rawpath.ts';
import type { Rule } from '../../src/core/rule.ts';
import { RuleSet } from '../../src/core/rules.ts';
import { failedUnits, resultsOf } from '../../src/linux/systemd/host-services.ts';

const at = (path: string): RawPath => path as RawPath;

function accounts(...users: readonly (readonly [name: string, number: number])[]): Accounts {
  const text = [['root', 0] as const, ...users]
    .map(([name, number]) => `${name}:x:${number}:${number}::/:/bin/sh`)
    .join('\n');
  return { users: new Names(text), groups: new Names(text) };
}

function owned(uid: number, mode = 0o755) {
  return { uid, gid: uid, mode };
}

function ownerFacts(given: Partial<OwnerFacts>): OwnerFacts {
  return { now: accounts(), before: undefined, kept: [], changed: [], hasOtherSources: false, ...given };
}

function kept(path: string, uid: number, user = 'root', below: readonly number[] = []): KeptPath {
  const declared = { user, group: user === 'root' ? undefined : user };
  return { path: at(path), owner: owned(uid), declared, below: below.map((one) => owned(one)) };
}

test('what is kept of a user whose number is another one now is given back, by the number of then', () => {
  const facts = ownerFacts({
    now: accounts(['forgejo', 991], ['other', 993]),
    before: accounts(['forgejo', 993]),
    kept: [kept('/var/lib/forgejo', 993), kept('/var/lib/forgejo-backup', 0, 'root', [993])],
  });
  const [first] = driftedOwners(facts);
  assert.equal(first?.what, "what is kept belongs to the user other (993), and should be forgejo's");
  assert.deepEqual(
    first?.remedies.map((remedy) => (remedy.kind === 'command' ? remedy.words.join(' ') : '')),
    ['chown -R --from=993 forgejo /var/lib/forgejo', 'chown -R --from=993 forgejo /var/lib/forgejo-backup'],
  );
});

test('a number that nobody has is told, but for those that come and go', () => {
  const numbers = [0, 993, 61_200, 65_534, 100_000, 524_288];
  const facts = ownerFacts({ kept: numbers.map((number) => kept(`/var/lib/x${number}`, number)) });
  assert.deepEqual(
    driftedOwners(facts).map(({ path, severity }) => `${path} ${severity}`),
    ['/var/lib/x993 risk', '/var/lib/x993 risk'],
  );
  assert.deepEqual(driftedOwners({ ...facts, kept: [kept('/home/a', 1005)], hasOtherSources: true }), []);
});

test('an owner that the declaration does not say', () => {
  const facts = ownerFacts({ now: accounts(['foo', 990], ['bar', 991]), kept: [kept('/var/lib/foo', 991, 'foo')] });
  const [user, group] = driftedOwners(facts);
  assert.equal(user?.what, "what is kept belongs to the user bar (991), and should be foo's");
  assert.deepEqual(user?.evidence, ["it is declared as foo's, which is 990"]);
  assert.match(group?.what ?? '', /^what is kept belongs to the group bar/);
});

test('a directory on the way that changed hands; not one whose owner only got another number', () => {
  const oldRoot = 'OLD' as RawName;
  const facts = ownerFacts({
    now: accounts(['josh', 1001]),
    before: accounts(['josh', 1000]),
    changed: [
      { path: at('/home/josh'), now: owned(1001), before: owned(1000), oldRoot },
      { path: at('/home/josh/.local'), now: owned(0), before: owned(1000, 0o700), oldRoot },
    ],
  });
  const findings = changedDirectories(facts);
  assert.deepEqual(
    findings.map(({ path, remedies }) => [
      path,
      ...remedies.map((one) => (one.kind === 'command' ? one.words.join(' ') : '')),
    ]),
    [['/home/josh/.local', 'chown josh:josh /home/josh/.local', 'chmod 0700 /home/josh/.local']],
  );
});

function identity(path: string, kind: Identity['kind'], digest: string, fingerprint?: string): Identity {
  return { path: at(path), kind, digest, fingerprint, bytes: 400, hasPublic: fingerprint !== undefined };
}

function identityFacts(given: Partial<IdentityFacts>): IdentityFacts {
  return {
    ...{ now: [], before: [], oldRoot: 'OLD' as RawName, resetAt: 0, isKept: () => false, journals: 1 },
    ...{ sshUnit: 'sshd.service', place: { oldRoots: undefined, storage: at('/persist') } },
    ...given,
  };
}

test('host keys that are others: by their fingerprints, all brought back at once', () => {
  const key = (name: string, digest: string) => identity(`/etc/ssh/${name}`, 'host-key', digest, `SHA256:${digest}`);
  const facts = identityFacts({
    before: [key('a_key', '1'), key('b_key', '2'), key('c_key', '3')],
    now: [key('a_key', '9'), key('c_key', '3')],
  });
  const [only, ...others] = changedIdentities(facts);
  assert.deepEqual(others, []);
  assert.deepEqual(only?.evidence, ['a_key was SHA256:1, and is SHA256:9', '/etc/ssh/b_key is not there']);
  const [restore] = only?.remedies ?? [];
  assert.ok(restore?.kind === 'command');
  assert.equal(
    restore.words.join(' '),
    'ebb restore --force /etc/ssh/a_key /etc/ssh/a_key.pub /etc/ssh/b_key /etc/ssh/b_key.pub --from OLD',
  );
  assert.equal(JSON.stringify(only).includes('"digest"'), false);
});

test('a machine-id is compared and never told; one that is kept by now is a note', () => {
  const before = [identity('/etc/machine-id', 'machine-id', 'aaaa')];
  const now = [identity('/etc/machine-id', 'machine-id', 'bbbb')];
  const [only] = changedIdentities(identityFacts({ before, now, journals: 7 }));
  assert.equal(only?.severity, 'lost');
  assert.doesNotMatch(JSON.stringify(only), /aaaa|bbbb/);
  assert.ok(only?.evidence.includes('the journal has directories of 7 machine-ids'));
  assert.equal(changedIdentities(identityFacts({ before, now, isKept: () => true }))[0]?.severity, 'note');
  assert.deepEqual(changedIdentities(identityFacts({ before, now: before })), []);
});

function declared(path: string): DeclaredPath {
  return {
    ...{ path: at(path), kind: 'directory', storage: at('/persist'), method: 'bind', hidden: false, home: undefined },
    ...{ declaredIn: '/etc/ebb/config.toml', owner: { user: 'root', group: undefined, mode: '0755' } },
  };
}

test('siblings are consolidated only where nothing is kept that way that is not to be', () => {
  const paths = ['a', 'b', 'c'].map((name) => declared(`/srv/app/${name}`));
  const view = (there: readonly string[], stored: readonly string[], category: 'state' | 'cache') =>
    consolidations({
      declared: paths,
      namesIn: () => there as RawName[],
      storedIn: () => stored as RawName[],
      categoryOf: () => category,
    }).map(({ parent, count, others }) => [parent, count, others.length]);
  assert.deepEqual(view(['a', 'b', 'c'], ['a', 'b', 'c'], 'state'), [['/srv/app', 3, 0]]);
  assert.deepEqual(view(['a', 'b', 'c', 'd'], ['a', 'b', 'c'], 'state'), [['/srv/app', 3, 1]]);
  assert.deepEqual(view(['a', 'b', 'c', 'd'], ['a', 'b', 'c'], 'cache'), [], 'a cache would be kept');
  assert.deepEqual(view(['a', 'b', 'c'], ['a', 'b', 'c', 'old'], 'state'), [], 'something would come to light');
  const inLib = ['a', 'b', 'c'].map((name) => declared(`/var/lib/${name}`));
  assert.deepEqual(
    consolidations({ declared: inLib, namesIn: () => [], storedIn: () => [], categoryOf: () => 'state' }),
    [],
    '/var/lib is everybodys',
  );
});

test('few mounts are no news, many cost time', () => {
  assert.equal(
    mountsFinding(20, [], () => undefined),
    undefined,
  );
  const many = mountsFinding(200, [], () => undefined);
  assert.deepEqual([many?.severity, many?.evidence], ['risk', ['each takes about 6 ms at boot: 1.2 s in all']]);
});

test('what to keep of a path is what the outermost rule about its place is about', () => {
  const rule = (pattern: string, kind: Rule['kind'], exact = false): Rule => {
    return { pattern, kind, exact, category: 'state', types: undefined, why: '', file: 'x.toml' };
  };
  const rules = new RuleSet([
    rule('/var/lib/foo/key.pem', 'catalogue'),
    rule('/var/lib/foo', 'catalogue'),
    rule('~/.config/bar', 'catalogue'),
    rule('/etc/one.conf', 'catalogue', true),
    rule('/var/lib/*', 'place'),
  ]);
  const keepOf = (path: string, missing?: string) =>
    keepAs(
      at(path),
      missing === undefined ? undefined : at(missing),
      (where, type) => rules.rules[rules.matchPath(where, type)],
      [],
    ).path;
  assert.equal(keepOf('/var/lib/foo/key.pem'), '/var/lib/foo');
  assert.equal(keepOf('/var/lib/other/deep/file'), '/var/lib/other');
  assert.equal(keepOf('/home/josh/.config/bar/x'), '/home/josh/.config/bar');
  assert.equal(keepOf('/root/.config/bar/x'), '/root/.config/bar');
  assert.equal(keepOf('/etc/one.conf'), '/etc/one.conf');
  assert.equal(keepOf('/srv/a/b', '/srv/a'), '/srv/a');
});

test('a path of a message is one of the root, or none', () => {
  assert.equal(pathNamed('/run/systemd/unit-root/var/bar'), '/var/bar');
  assert.equal(pathNamed('db/../main.sqlite', at('/var/lib/foo')), '/var/lib/foo/main.sqlite');
  assert.equal(pathNamed('/a//b/./c/'), '/a/b/c');
  for (const none of ['/', '/..', `/${'x'.repeat(256)}`, `/${'x/'.repeat(3000)}`, '/a\0b'])
    assert.equal(pathNamed(none), undefined);
});

test('the last that systemd said of a unit counts', () => {
  const states = new UnitStates();
  const say = (unit: string, message: string) => {
    const names = { identifier: 'systemd', program: 'systemd', container: undefined };
    states.take({ ...names, at: 1, message, unit, isUserUnit: false, isManager: true });
  };
  say('a.service', 'Started A.');
  say('a.service', "a.service: Failed with result 'exit-code'.");
  say('b.service', "b.service: Failed with result 'signal'.");
  say('b.service', 'Started B.');
  say('c.service', 'Dependency failed for C.');
  const told = states.broken().map(({ unit, state, result, failures }) => `${unit} ${state} ${result} ${failures}`);
  assert.deepEqual(told, ['a.service failed exit-code 1', 'c.service dependency dependency 0']);
});

test('what systemctl lists, with and without its marks', () => {
  const listed = [
    'foo.service                loaded failed failed Foo, with words',
    '● dev-disk-by\\x2dlabel-x.swap loaded failed failed Swap',
    '',
    '0 loaded units listed.',
  ];
  const raw = listed.join('\n').replace('●', '\xe2\x97\x8f');
  assert.deepEqual(failedUnits(raw), ['foo.service', 'dev-disk-by\\x2dlabel-x.swap']);
  assert.deepEqual(
    [...resultsOf('Id=foo.service\nResult=exit-code\n\nResult=success\nId=bar.service\n')],
    [['foo.service', 'exit-code']],
  );
});
