import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { EntryType } from '../../src/core/change.ts';
import {
  type Appearance,
  compareAppearances,
  historyEvidence,
  mayComeBack,
  type PathHistory,
} from '../../src/core/history.ts';
import { historyMemoText, parseHistoryMemo, type RememberedRoot } from '../../src/core/history-memo.ts';
import { isKeyContent, isKeyName } from '../../src/core/key-file.ts';
import type { OldRoot } from '../../src/core/old-root.ts';
import { pastRoots } from '../../src/core/past-roots.ts';
import { bytesOf, type RawName, type RawPath } from '../../src/core/rawpath.ts';
import { parseRestored, rememberable, restoredAt, restoredText, withRestored } from '../../src/core/restored.ts';
import { anyRaw } from '../support/arbitrary-names.ts';

const day = 86_400;
const booted = (boot: number): number => 1_760_000_000 + boot * day;

function file(boot: number, content: string, after = 5): Appearance {
  const mtime = booted(boot) + after;
  return {
    ...{ type: EntryType.file, mode: 0o644, size: content.length, oldest: mtime, newest: mtime },
    ...{ whole: true, shape: '', content },
  };
}

type Was = PathHistory['past'][number];

function past(boot: number, was: Appearance | 'absent', facts: Partial<Was['root']> = {}): Was {
  const beginning = { made: booted(boot), settled: booted(boot) + 3 };
  return { root: { name: `r${boot}` as RawName, beginning, endedClean: true, partial: false, ...facts }, was };
}

/** The running root is of boot 10, the newest old root of boot 9. */
function history(path: string, now: Appearance | undefined, ...old: readonly Was[]): PathHistory {
  const beginning = { made: booted(10), settled: booted(10) + 3 };
  return {
    path: path as RawPath,
    now,
    beginning,
    past: old,
    looksLikeKey: false,
    isPersonal: false,
    restored: undefined,
  };
}

/** `kind category`, or `-` for what counts for nothing. */
function said(asked: PathHistory): string[] {
  return historyEvidence(asked).map(({ kind, category }) => (kind === undefined ? '-' : `${kind} ${category}`));
}

describe('history over old roots', () => {
  const each = (make: (boot: number) => Appearance | 'absent'): Was[] =>
    [9, 8, 7, 6].map((boot) => past(boot, make(boot)));

  it('what each boot makes anew, byte for byte, is generated', () => {
    const same = (boot: number): Appearance => file(boot, 'always');
    const [evidence] = historyEvidence(history('/etc/made', same(10), ...each(same)));
    assert.deepEqual([evidence?.source, evidence?.kind, evidence?.category], ['history', 'comes-back', 'generated']);
    assert.equal(
      evidence?.detail,
      'comes back at every boot: the same, byte for byte, in the last 4 old roots, made anew in each',
    );
  });

  it('two old roots are not enough for that', () => {
    const old = [past(9, file(9, 'x')), past(8, file(8, 'x'))];
    assert.deepEqual(said(history('/etc/made', file(10, 'x'), ...old)), ['-']);
    assert.deepEqual(said(history('/etc/made', file(10, 'x'), ...old, past(7, file(7, 'x')))), [
      'comes-back generated',
    ]);
  });

  it('what a fresh root is copied from, or somebody copies back, has older times and is not made anew', () => {
    const copied = (boot: number): Appearance => ({ ...file(boot, 'x'), oldest: booted(0), newest: booted(0) });
    assert.deepEqual(said(history('/etc/x', copied(10), ...each(copied))), ['-']);
    assert.deepEqual(said(history('/etc/x', file(10, 'x'), ...each(copied))), ['-']);
  });

  it('what somebody makes by hand some time after each boot does not come back by itself', () => {
    const later = (boot: number): Appearance => file(boot, 'x', 3600);
    assert.deepEqual(said(history('/etc/x', later(10), ...each(later))), ['-']);
  });

  it('changed in this boot it is another thing than what comes back', () => {
    const same = (boot: number): Appearance => file(boot, 'default');
    assert.deepEqual(said(history('/etc/x', file(10, 'changed', 7200), ...each(same))), ['-']);
    assert.deepEqual(said(history('/etc/x', file(10, 'changed'), ...each(same))), ['-']);
  });

  it('a boot that was cut short, and a capture, may lack it; one that ended in order may not', () => {
    const old = [past(9, file(9, 'x')), past(8, file(8, 'x')), past(6, file(6, 'x'))];
    const with7 = (facts: Partial<Was['root']>): string[] => {
      const [nine, eight, six] = old as [Was, Was, Was];
      return said(history('/etc/x', file(10, 'x'), nine, eight, past(7, 'absent', facts), six));
    };
    assert.deepEqual(with7({ endedClean: undefined }), ['comes-back generated']);
    assert.deepEqual(with7({ partial: true }), ['comes-back generated']);
    assert.deepEqual(with7({}), ['-']);
  });

  it('a directory of which only the beginning was seen never comes back', () => {
    const seen = (boot: number): Appearance => ({ ...file(boot, 'x'), type: EntryType.directory, whole: false });
    assert.deepEqual(said(history('/var/lib/x', seen(10), ...each(seen))), ['-']);
  });

  it('a key that is another one in each root is a secret that is lost, by its name or by its look', () => {
    const fresh = (boot: number): Appearance => file(boot, `key ${boot}`.padEnd(8));
    assert.deepEqual(said(history('/etc/ssh/ssh_host_ed25519_key', fresh(10), ...each(fresh))), [
      'lost-identity secret',
    ]);
    assert.deepEqual(said(history('/etc/machine-id', fresh(10), ...each(fresh))), ['lost-identity secret']);
    const odd = history('/var/lib/x/blob', fresh(10), ...each(fresh));
    assert.deepEqual(said(odd), ['-']);
    assert.deepEqual(said({ ...odd, looksLikeKey: true }), ['lost-identity secret']);
  });

  it('a key that one other root has too is not lost at every boot', () => {
    const fresh = (boot: number): Appearance => file(boot, `key ${boot === 7 ? 10 : boot}`.padEnd(8));
    assert.deepEqual(said(history('/etc/machine-id', fresh(10), ...each(fresh))), ['-']);
    const unread = (boot: number): Appearance => ({ ...fresh(boot), content: undefined });
    assert.deepEqual(said(history('/etc/machine-id', fresh(10), ...each(unread))), ['-']);
  });

  it('what is written while the machine is used, and differs, is state', () => {
    const used = (boot: number): Appearance => file(boot, 'x'.repeat(boot), 5 * 3600);
    assert.deepEqual(said(history('/var/lib/x/db', used(10), ...each(used))), ['grows state']);
    assert.deepEqual(said(history('/var/lib/x/db', undefined, ...each(used))), ['grows state']);
  });

  it('what each boot writes differently, with the time in it, is not', () => {
    const stamped = (boot: number): Appearance => file(boot, 'x'.repeat(boot));
    assert.deepEqual(said(history('/etc/stamp', stamped(10), ...each(stamped))), ['-']);
  });

  it('a clock that was put right after the boot makes nothing state', () => {
    const jumped = (boot: number): Appearance => file(boot, 'x'.repeat(boot), 50 * 365 * day);
    assert.deepEqual(said(history('/etc/stamp', jumped(10), ...each(jumped))), ['-']);
  });

  it("a key, or what is somebody's, that was copied back by hand soon after each boot does not either", () => {
    const soon = (boot: number): Appearance => file(boot, 'x', 120);
    assert.deepEqual(said(history('/etc/x', soon(10), ...each(soon))), ['comes-back generated']);
    for (const path of ['/home/a/.netrc', '/root/x', '/etc/wireguard/wg0.key']) {
      assert.deepEqual(said(history(path, soon(10), ...each(soon))), ['-'], path);
    }
    assert.deepEqual(said({ ...history('/etc/x', soon(10), ...each(soon)), isPersonal: true }), ['-']);
    assert.deepEqual(said({ ...history('/etc/x', soon(10), ...each(soon)), looksLikeKey: true }), ['-']);
    // The boot itself does: nobody has logged in yet.
    const atOnce = (boot: number): Appearance => file(boot, 'x', 10);
    assert.deepEqual(said({ ...history('/etc/x', atOnce(10), ...each(atOnce)), isPersonal: true }), [
      'comes-back generated',
    ]);
  });

  it('what somebody restored is to be kept, more than it comes back', () => {
    const path = '/var/lib/x/config' as RawPath;
    const same = (boot: number): Appearance => file(boot, 'x');
    const restored = { path, times: 2, at: booted(9) };
    const asked = { ...history(path, same(10), ...each(same)), restored };
    assert.deepEqual(said(asked), ['restored state']);
    assert.equal(
      historyEvidence(asked)[0]?.detail,
      'restored from an old root by somebody 2 times, last on 2025-10-18',
    );
    assert.deepEqual(
      said({ ...asked, path: '/home/a/x' as RawPath, restored: { ...restored, path: '/home/a/x' as RawPath } }),
      ['restored home'],
    );
    assert.deepEqual(said({ ...asked, looksLikeKey: true }), ['restored secret']);
  });

  it('what lies in a restored directory may be anything', () => {
    const restored = { path: '/var/lib/x' as RawPath, times: 1, at: booted(9) };
    const [first, ...others] = historyEvidence({ ...history('/var/lib/x/lock', undefined), restored });
    assert.deepEqual([first?.kind, others], [undefined, []]);
    assert.match(
      first?.detail ?? '',
      /^lies in \/var\/lib\/x, which somebody restored from an old root on 2025-10-18$/,
    );
  });

  it('where nothing speaks for anything, it says which old roots had it', () => {
    const [evidence] = historyEvidence(history('/srv/x', undefined, past(9, 'absent'), past(8, file(8, 'x', 7200))));
    assert.equal(evidence?.detail, 'one of the last 2 old roots had it: r8');
    assert.deepEqual(historyEvidence(history('/srv/x', file(10, 'x'), past(9, 'absent'))), []);
  });

  const anyAppearance = fc.record({
    type: fc.constantFrom(EntryType.file, EntryType.directory, EntryType.symlink),
    mode: fc.constantFrom(0o644, 0o600),
    size: fc.nat(2),
    oldest: fc.integer({ min: booted(5), max: booted(11) }),
    newest: fc.integer({ min: booted(5), max: booted(11) }),
    whole: fc.boolean(),
    shape: fc.constantFrom('', 's'),
    content: fc.constantFrom(undefined, 'a', 'b'),
  });
  const anyHistory = fc
    .record({
      path: fc.constantFrom('/etc/machine-id', '/var/lib/x/db'),
      now: fc.option(anyAppearance, { nil: undefined }),
      looksLikeKey: fc.boolean(),
      old: fc.array(fc.tuple(fc.oneof(anyAppearance, fc.constant('absent' as const)), fc.boolean(), fc.boolean()), {
        maxLength: 8,
      }),
    })
    .map(({ path, now, looksLikeKey, old }) => ({
      ...history(path, now, ...old.map(([was, endedClean, partial], i) => past(9 - i, was, { endedClean, partial }))),
      looksLikeKey,
    }));

  it('nothing is ever hidden but what was the same, made at boot, in the running root and three others', () => {
    fc.assert(
      fc.property(anyHistory, (asked) => {
        const hides = historyEvidence(asked).some(({ category }) => category === 'generated');
        if (!hides) return;
        const { now } = asked;
        const same = asked.past.filter(({ was }) => was !== 'absent').slice(0, 3);
        assert.ok(now !== undefined && same.length === 3 && mayComeBack(asked));
        for (const { was, root } of same) {
          assert.ok(was !== 'absent' && compareAppearances(now, was) === 'equal');
          assert.ok(was.oldest >= (root.beginning?.made ?? Infinity) - 5);
        }
      }),
      { numRuns: 300 },
    );
  });

  it('one thing at most counts, and appearances compare the same from both sides', () => {
    fc.assert(
      fc.property(anyHistory, (asked) => {
        assert.ok(historyEvidence(asked).filter(({ kind }) => kind !== undefined).length <= 1);
      }),
    );
    fc.assert(
      fc.property(anyAppearance, anyAppearance, (a, b) => {
        assert.equal(compareAppearances(a, b), compareAppearances(b, a));
      }),
    );
  });
});

describe('keys', () => {
  it('are known by their names', () => {
    const keys = [
      'machine-id',
      'ssh_host_rsa_key',
      'ssh_host_rsa_key.pub',
      'id_ed25519',
      'a.key',
      'tls.pem',
      'node_key',
      'private_key.json',
      'secret_key_base',
      'jwt-secret',
      'server-uuid',
      'x.keystore',
      '.erlang.cookie',
    ];
    for (const name of keys) assert.ok(isKeyName(name as RawName), name);
    const others = [
      'keyboard',
      'monkey',
      'keys',
      'authorized_keys',
      'known_hosts',
      'secretary.db',
      'tokenizer.py',
      'db.sqlite',
      'id',
      'machine-identity.md',
      'random-seed',
    ];
    for (const name of others) assert.ok(!isKeyName(name as RawName), name);
  });

  it('are known by their look, and other files are not', () => {
    const begin = (what: string): string => `-----BEGIN ${what}-----\nMIIB\n-----END ${what}-----\n`;
    const keys = [
      begin('PRIVATE KEY'),
      begin('OPENSSH PRIVATE KEY'),
      begin('RSA PRIVATE KEY'),
      begin('PGP PRIVATE KEY BLOCK'),
      `${'A'.repeat(43)}=\n`,
      `# x\nAGE-SECRET-KEY-1${'Q'.repeat(58)}\n`,
      '{"PrivateNodeKey":"privkey:0123456789abcdef"}',
      'PuTTY-User-Key-File-3: ssh-rsa',
    ];
    for (const key of keys) assert.ok(isKeyContent(bytesOf(key)), key);
    const others = [
      '',
      begin('CERTIFICATE'),
      begin('PUBLIC KEY'),
      'private_key_file = /etc/x',
      `${'A'.repeat(42)}=\n`,
      'd41d8cd98f00b204e9800998ecf8427e  x\n',
    ];
    for (const other of others) assert.ok(!isKeyContent(bytesOf(other)), other);
    assert.ok(!isKeyContent(new Uint8Array(65 * 1024).fill(0x41)));
  });
});

describe('the old roots that history asks', () => {
  const oldRoot = (name: string, facts: Partial<OldRoot> = {}): OldRoot => ({
    ...{ name: name as RawName, sequence: undefined, bootedAt: undefined, endedClean: undefined, kernel: undefined },
    ...{ generation: undefined, pinned: undefined, foreign: false, adopted: false, inUse: undefined, doubt: undefined },
    ...facts,
  });
  const chosen = (...oldRoots: OldRoot[]): string[] => pastRoots(oldRoots, 'boot-now').map(({ name }) => name);

  it('are the newest ten, each of another boot, and none that ebb did not make', () => {
    const many = Array.from({ length: 12 }, (_, i) => oldRoot(`r${i}`, { sequence: i }));
    assert.deepEqual(chosen(...many), ['r11', 'r10', 'r9', 'r8', 'r7', 'r6', 'r5', 'r4', 'r3', 'r2']);
    const foreign = { foreign: { format: '' } };
    assert.deepEqual(
      chosen(oldRoot('a', foreign), oldRoot('b', { ...foreign, adopted: true }), oldRoot('.deleting-c')),
      ['b'],
    );
  });

  it('of the captures of one boot the newest counts, and of the boot that runs none', () => {
    const capture = (name: string, of: string, number: number): OldRoot =>
      oldRoot(name, { sequence: of === 'x 1' ? 1 : 2, capture: { of, number, at: number } });
    assert.deepEqual(chosen(capture('a', 'x 1', 1), capture('b', 'x 1', 2), capture('c', 'boot-now 1', 3)), ['b']);
  });
});

describe('what is remembered', () => {
  const path = fc
    .string({ unit: fc.integer({ min: 0, max: 255 }).map((code) => String.fromCharCode(code)) })
    .map((rest) => `/${rest}` as RawPath);

  it('of restores comes back as it was written, whatever the names', () => {
    fc.assert(
      fc.property(fc.array(path), fc.array(path), (first, second) => {
        const marks = withRestored(withRestored([], first, 10), second, 20);
        assert.deepEqual(parseRestored(restoredText(marks)), marks);
        assert.equal(new Set(marks.map((mark) => mark.path)).size, marks.length);
        for (const each of second) {
          assert.equal(restoredAt(marks, each)?.path, each);
          assert.equal(restoredAt(marks, each)?.times, first.includes(each) ? 2 : 1);
        }
      }),
    );
  });

  it('of restores is bounded, and the newest are kept', () => {
    const many = Array.from({ length: 600 }, (_, i) => `/srv/a/${i}` as RawPath);
    const marks = withRestored(withRestored([], many, 1), ['/srv/new' as RawPath], 2);
    assert.equal(marks.length, 500);
    assert.equal(marks[0]?.path, '/srv/new');
  });

  it('of a restore of much is what was asked for, and of all of /etc nothing', () => {
    const many = Array.from({ length: 40 }, (_, i) => `/var/lib/x/${i}` as RawPath);
    assert.deepEqual(rememberable(['/var/lib/x' as RawPath], many), ['/var/lib/x']);
    for (const sweeping of ['/', '/etc', '/var/lib', '/home/josh'])
      assert.deepEqual(rememberable([sweeping as RawPath], many), []);
    assert.deepEqual(rememberable(['/etc' as RawPath], ['/etc/nginx' as RawPath]), ['/etc/nginx']);
    assert.deepEqual(rememberable(['/etc/nginx' as RawPath], []), []);
  });

  it('of what cannot be understood is nothing', () => {
    const texts = [
      undefined,
      '',
      'null',
      '[]',
      '{"schema":"ebb.restored/1"}',
      '{"schema":"ebb.restored/1","paths":[1,{"path":"x"},{"path":"/x","times":1,"at":1e300}]}',
    ];
    for (const text of texts) assert.deepEqual(parseRestored(text), [], text);
    for (const text of [...texts, '{"schema":"ebb.history/1","roots":[1,[],["a","b",null,[[],["/x",1]]]]}']) {
      for (const { paths } of parseHistoryMemo(text).values()) assert.equal(paths.size, 0);
    }
  });

  it('of old roots comes back as it was written', () => {
    const appearance = fc.record(
      {
        ...{ type: fc.nat(15), mode: fc.nat(0o7777), size: fc.nat(), oldest: fc.nat(), newest: fc.nat() },
        ...{ whole: fc.boolean(), shape: anyRaw, content: fc.option(anyRaw, { nil: undefined }) },
      },
      { noNullPrototype: true },
    );
    const was = fc.oneof(fc.constant('absent' as const), appearance);
    const beginning = fc.option(fc.record({ made: fc.nat(), settled: fc.nat() }, { noNullPrototype: true }), {
      nil: undefined,
    });
    const root = fc.record(
      { of: anyRaw, beginning, paths: fc.array(fc.tuple(path, was)).map((all) => new Map(all)) },
      { noNullPrototype: true },
    );
    fc.assert(
      fc.property(fc.array(fc.tuple(anyRaw, root)), (roots) => {
        const known = new Map<string, RememberedRoot>(roots);
        assert.deepEqual(parseHistoryMemo(historyMemoText(known)), known);
      }),
    );
  });
});
