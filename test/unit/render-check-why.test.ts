import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { RawPath } from '../../src/core/rawpath.ts';
import { checkText } from '../../src/render/check-text.ts';
import { whyText } from '../../src/render/why-text.ts';
import { change, checkReport, designChanges, diffReport, ordinary, whyReport } from '../support/sample-reports.ts';

const losing = designChanges.filter(({ category }) => category !== 'cache');
const uncovered = [
  {
    path: '/etc/machine-id' as RawPath,
    declaredIn: '/etc/ebb/config.toml',
    problem: 'replaced by a file of the root',
  },
];

test('a failed check says in one line what would be lost, then shows the worst of it', () => {
  assert.equal(
    checkText(checkReport(losing, { uncovered }), { width: 100, colour: false, quiet: false }),
    `ebb check: 3 changes would be lost at the next reboot (1 secret, 1 state, 1 unknown: 1,206 entries, 310.2 MB); 1 declared path is not covered

  the worst of it                                          entries      size  newest
  secret   /etc/ssh/ssh_host_ed25519_key  sshd.service           1     411 B  3 d ago    → persist
  state    /var/lib/forgejo/              forgejo.service    1,204  310.2 MB  2 min ago  → persist
  unknown  /srv/notes.txt                                        1    2.1 kB  yesterday  → decide

  declared, but not covered
  /etc/machine-id · replaced by a file of the root · declared in /etc/ebb/config.toml
`,
  );
});

test('a quiet check is one line', () => {
  assert.equal(
    checkText(checkReport(losing, { uncovered }), { width: 80, colour: false, quiet: true }).split('\n').length,
    2,
  );
});

test('a passed check says so', () => {
  assert.equal(
    checkText(checkReport([]), { width: 80, colour: false, quiet: false }),
    'ebb check: nothing that counts would be lost at the next reboot\n',
  );
});

test('a check says that it did not see everything, and whether the root is ephemeral at all', () => {
  assert.equal(
    checkText(checkReport([], { diff: diffReport([], ordinary) }), { width: 80, colour: false, quiet: false }),
    'ebb check: nothing that counts would be lost with an ephemeral root; 12 directories could not be read\n',
  );
});

test('the worst is a secret, then the largest state; what is left out is counted', () => {
  const many = [
    change('/srv/b', { category: 'unknown', bytes: 1e9 }),
    change('/var/lib/small', { bytes: 1 }),
    change('/var/lib/large', { bytes: 1e6 }),
    change('/etc/key', { category: 'secret' }),
  ];
  const text = checkText(checkReport(many), { width: 80, colour: false, quiet: false, limit: 3 });
  assert.deepEqual(text.match(/\/(?:srv|var|etc)\/\S+/g), ['/etc/key', '/var/lib/large', '/var/lib/small']);
  assert.match(text, /\n {2}… and 1 more: ebb diff\n$/);
});

test('why explains what is lost', () => {
  assert.equal(
    whyText(whyReport, { width: 80, colour: false }),
    `/etc/ssh/ssh_host_ed25519_key would be lost at the next reboot

  because    it lies on the root filesystem itself, which is reset at boot
               (mount)
  mount      / · btrfs @root on /dev/sda2
  category   secret  → persist
  evidence   secret 80: /etc/ssh/ssh_host_*: identity of this host: clients
               pin it (rule)
             state outweighed: ConfigurationDirectory=ssh of sshd.service
               (unit)
  known as   OpenSSH
  without    clients refuse to connect
  owner      root 0600
`,
  );
});

test('why explains what is kept, and what does not exist yet', () => {
  const kept = { ...whyReport, resolved: '/persist/key' as RawPath, fate: 'kept' as const };
  const unknown = { ...kept, evidence: [], known: undefined };
  assert.match(whyText(kept, { width: 80, colour: false }), /^\/etc\/ssh\/ssh_host_ed25519_key survives a reboot\n/);
  assert.match(whyText(kept, { width: 80, colour: false }), /\n {2}really at {2}\/persist\/key\n/);
  assert.match(whyText(unknown, { width: 80, colour: false }), /\n {2}category {3}secret\n$/);
  const absent = { ...whyReport, exists: false, type: undefined };
  assert.match(whyText(absent, { width: 80, colour: false }), / does not exist; made now, it would be lost at the/);
});

test('why lets no control byte out', () => {
  const odd = { ...whyReport, path: '/a\x1b\n' as RawPath, reasons: [{ source: 'link', detail: '\x1b]0;\x07\n' }] };
  assert.doesNotMatch(whyText(odd, { width: 80, colour: false }).replaceAll('\n', ''), /\p{C}/u);
});

test('why says to move a file where the directory to persist instead does not hold it', () => {
  const whose = { owner: undefined, group: undefined, mode: undefined };
  const about = { title: 'Git', why: '', breaks: undefined, ...whose, stop: [], dump: undefined };
  const of = (path: string, instead: string) =>
    whyText(
      { ...whyReport, path: path as RawPath, known: { ...about, instead: instead as RawPath } },
      { width: 100, colour: false },
    );
  assert.match(of('/var/lib/app/state.json', '/var/lib/app'), /instead {4}persist \/var\/lib\/app: it is replaced/);
  assert.match(
    of('/home/ann/.gitconfig', '/home/ann/.config/git'),
    /instead {4}move it to \/home\/ann\/\.config\/git,/,
  );
});
