import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { categories, verdicts } from '../../src/core/category.ts';
import { changeKinds, entryTypes } from '../../src/core/change.ts';
import type { RawPath } from '../../src/core/rawpath.ts';
import type { DiffReport } from '../../src/core/report.ts';
import { firstOfEachVerdict } from '../../src/render/change-table.ts';
import { widthOf } from '../../src/render/columns.ts';
import { type DiffTextOptions, diffText as diffTextParts } from '../../src/render/diff-text.ts';
import { anyRaw } from '../support/arbitrary-names.ts';
import { change, designChanges, diffReport, everyKind, ordinary, rawChange } from '../support/sample-reports.ts';

function diffText(report: DiffReport, options: DiffTextOptions): string {
  return [...diffTextParts(report, options)].join('');
}

function same(actual: string, expected: string) {
  // A template literal that begins on a line of its own is easier to compare by eye.
  assert.equal(actual, expected.slice(1));
}

test('at 120 columns: the layout of the design', () => {
  same(
    diffText(diffReport(designChanges), { width: 120, colour: false }),
    `
/ is ephemeral: btrfs @root, reset at boot · up 3 d 4 h · compared with the baseline of this boot

  lost at the next reboot                                      entries      size  newest
  state    /var/lib/forgejo/               forgejo.service       1,204  310.2 MB  2 min ago  → persist
  secret   /etc/ssh/ssh_host_ed25519_key   sshd.service              1     411 B  3 d ago    → persist
  cache    /var/cache/nginx/               nginx.service            88   12.0 MB  1 h ago
  unknown  /srv/notes.txt                                            1    2.1 kB  yesterday  → decide

  3 to decide · hidden: 412 generated at boot, 37 runtime (--all)
  next: ebb why /srv/notes.txt   ·   ebb diff --format nix
`,
  );
});

test('piped: the same as at 120 columns', () => {
  const report = diffReport(designChanges);
  assert.equal(diffText(report, { width: undefined, colour: false }), diffText(report, { width: 120, colour: false }));
});

test('at 80 columns: without the units, and a path that is too long for its column has a line of its own', () => {
  same(
    diffText(diffReport(designChanges), { width: 80, colour: false }),
    `
/ is ephemeral: btrfs @root, reset at boot · up 3 d 4 h
  compared with the baseline of this boot

  lost at the next reboot                entries      size  newest
  state    /var/lib/forgejo/               1,204  310.2 MB  2 min ago  → persist
  secret   /etc/ssh/ssh_host_ed25519_key
                                               1     411 B  3 d ago    → persist
  cache    /var/cache/nginx/                  88   12.0 MB  1 h ago
  unknown  /srv/notes.txt                      1    2.1 kB  yesterday  → decide

  3 to decide · hidden: 412 generated at boot, 37 runtime (--all)
  next: ebb why /srv/notes.txt   ·   ebb diff --format nix
`,
  );
});

test('at 120 columns a long title of who keeps something loses its middle rather than the column', () => {
  const title = 'What the owner of a machine writes for all of its users';
  const long = change('/etc/profile.d', {
    type: 'directory',
    evidence: [{ source: 'catalogue', detail: 'x', by: title }],
  });
  const report = diffReport([...designChanges, long]);
  const text = diffText(report, { width: 120, colour: false });
  assert.match(text, /\/var\/lib\/forgejo\/ {2,}forgejo\.service /);
  assert.match(text, /\/etc\/profile\.d\/ {2,}What the owne…l of its users /);
  assert.match(diffText(report, { width: undefined, colour: false }), new RegExp(title));
});

test('in a very narrow terminal the paths and the verdicts remain', () => {
  same(
    diffText(diffReport(designChanges), { width: 44, colour: false }),
    `
/ is ephemeral: btrfs @root, reset at boot
  up 3 d 4 h
  compared with the baseline of this boot

  lost at the next reboot
  state    /var/lib/forgejo/       → persist
  secret   /etc/ssh/ssh_host_ed25519_key
                                   → persist
  cache    /var/cache/nginx/
  unknown  /srv/notes.txt          → decide

  3 to decide
  hidden: 412 generated at boot, 37 runtime
  (--all)
  next: ebb why /srv/notes.txt
        ebb diff --format nix
`,
  );
});

test('every kind of row, seen by an ordinary user on a root that is not ephemeral, at 120 columns', () => {
  same(
    diffText(diffReport(everyKind, ordinary), { width: 120, colour: false }),
    String.raw`
/ is not ephemeral: ext4 · nothing says that it is reset at boot · up 3 d 4 h
  compared with the files that packages own

  an ephemeral root would lose                                      entries     size  newest
  state    /etc/passwd (modified)                                         1   4.1 kB  2 min ago  → decide
  state    /etc/fstab (deleted)                                           1           2 min ago  → decide
  unknown  /etc/resolv.conf (now a file)                                  1   4.1 kB  2 min ago  → decide
  state    /srv/media/ (hidden under a mount)                            31  88.0 MB  2 min ago  → decide
  home     /home/josh/projects/ebb/node_modules/.cache/x.json             1     88 B  2 min ago  → persist
  home     /home/josh/ (besides 3 of other categories)            9,120,331  82.5 GB  2 min ago  → persist
  unknown  /srv/日本語のファイル名.txt                                    1   4.1 kB  2 min ago  → decide
  unknown  /srv/bad\xff\e[31m\nx                                          1   4.1 kB  2 min ago  → decide
  unknown  /srv/app.sock (socket)                                         1   4.1 kB  2 min ago  → decide

  9 to decide · hidden: 412 generated, 37 runtime (--all)
  not seen: 12 unreadable directories, what mounts hide (root sees more)
  next: ebb why /etc/passwd   ·   ebb diff --format nix
`,
  );
});

test('at 80 columns what does not fit beside a path stands under it', () => {
  same(
    diffText(diffReport(everyKind, ordinary), { width: 80, colour: false }),
    String.raw`
/ is not ephemeral: ext4 · nothing says that it is reset at boot · up 3 d 4 h
  compared with the files that packages own

  an ephemeral root would lose            entries     size  newest
  state    /etc/passwd (modified)               1   4.1 kB  2 min ago  → decide
  state    /etc/fstab (deleted)                 1           2 min ago  → decide
  unknown  /etc/resolv.conf                     1   4.1 kB  2 min ago  → decide
           now a file
  state    /srv/media/                         31  88.0 MB  2 min ago  → decide
           hidden under a mount
  home     /home/josh/projects/ebb/node_modules/.cache/x.json
                                                1     88 B  2 min ago  → persist
  home     /home/josh/                  9,120,331  82.5 GB  2 min ago  → persist
           besides 3 of other categories
  unknown  /srv/日本語のファイル名.txt          1   4.1 kB  2 min ago  → decide
  unknown  /srv/bad\xff\e[31m\nx                1   4.1 kB  2 min ago  → decide
  unknown  /srv/app.sock (socket)               1   4.1 kB  2 min ago  → decide

  9 to decide · hidden: 412 generated, 37 runtime (--all)
  not seen: 12 unreadable directories, what mounts hide (root sees more)
  next: ebb why /etc/passwd   ·   ebb diff --format nix
`,
  );
});

test('in colour', () => {
  const text = diffText(diffReport(designChanges), { width: 80, colour: true });
  same(
    text.replaceAll('\x1b', '^'),
    `
/ is ephemeral: btrfs @root, reset at boot · up 3 d 4 h
  compared with the baseline of this boot

  ^[2mlost at the next reboot                entries      size  newest^[0m
  state    /var/lib/forgejo/               1,204  310.2 MB  2 min ago  ^[32m→ persist^[0m
  ^[31msecret ^[0m  /etc/ssh/ssh_host_ed25519_key
                                               1     411 B  3 d ago    ^[32m→ persist^[0m
  ^[2mcache  ^[0m  ^[2m/var/cache/nginx/^[0m^[2m                  88   12.0 MB  1 h ago^[0m
  ^[33munknown^[0m  /srv/notes.txt                      1    2.1 kB  yesterday  ^[33m→ decide^[0m

  3 to decide · hidden: 412 generated at boot, 37 runtime (--all)
  ^[2mnext:^[0m ebb why /srv/notes.txt   ·   ebb diff --format nix
`,
  );
});

test('colour changes nothing but the colour', () => {
  const report = diffReport([...designChanges, ...everyKind], ordinary);
  for (const width of [undefined, 120, 80, 50]) {
    const uncoloured = diffText(report, { width, colour: true }).replace(/\x1b\[\d+m/g, '');
    assert.equal(uncoloured, diffText(report, { width, colour: false }));
  }
});

test('nothing to lose takes one calm line', () => {
  same(
    diffText(diffReport([]), { width: 80, colour: false }),
    `
/ is ephemeral: btrfs @root, reset at boot · up 3 d 4 h
  compared with the baseline of this boot

  nothing would be lost at the next reboot

  hidden: 412 generated at boot, 37 runtime (--all)
`,
  );
});

test('what could not be seen is not called nothing', () => {
  assert.match(
    diffText(diffReport([], ordinary), { width: 80, colour: false }),
    /nothing that can be seen would be lost/,
  );
});

test('a root that is mounted elsewhere is not the one that runs', () => {
  const root = { ...diffReport([]).root, mount: '/mnt' as RawPath };
  const text = diffText(diffReport(designChanges, { root }), { width: 120, colour: false });
  assert.match(text, /^\/mnt is ephemeral: btrfs @root, reset at boot · compared with its own baseline\n/);
  assert.match(text, /lost when it boots next/);
  assert.match(text, /next: ebb diff --root \/mnt --format nix/);
  assert.doesNotMatch(text, /ebb why|up 3 d/);
});

test('of very many rows a terminal gets the first of each verdict, and how many more there are', () => {
  const many = verdicts.flatMap((verdict, v) =>
    Array.from({ length: [500, 3, 40][v] }, (_, i) => change(`/srv/${verdict}-${i}`, { verdict })),
  );
  const shown = firstOfEachVerdict(many, 100);
  assert.deepEqual(
    verdicts.map((verdict) => shown.filter((row) => row.verdict === verdict).length),
    [57, 3, 40],
  );
  const terminal = diffText(diffReport(many), { width: 120, colour: false });
  assert.match(terminal, /\n {2}… and 443 more to persist · all of them: --all, or --json\n/);
  assert.match(terminal, /\n {2}503 to decide/);
  const piped = diffText(diffReport(many), { width: undefined, colour: false });
  assert.equal(piped.match(/\/srv\//g)?.length, 543 + 1);
  const more = Array.from({ length: 100_000 }, (_, i) => change(`/note-${i}`));
  const cut = diffText(diffReport(more), { width: undefined, colour: false });
  assert.equal(cut.match(/ \/note-/g)?.length, 1000 + 1);
  assert.match(cut, /\n {2}… and 99,000 more to \w+ · all of them: --all, or --json\n/);
  const all = diffText(diffReport(more), { width: undefined, colour: false, unfolded: true });
  assert.equal(all.match(/ \/note-/g)?.length, 100_000 + 1);
});

test('a path that a shell would take apart is not suggested', () => {
  assert.match(diffText(diffReport([change('/srv/a b;c')]), { width: 80, colour: false }), /next: ebb why PATH /);
});

const anyChange = fc
  .record({
    path: anyRaw,
    kind: fc.constantFrom(...changeKinds),
    type: fc.constantFrom(...entryTypes),
    category: fc.constantFrom(...categories),
    verdict: fc.constantFrom(...verdicts),
    entries: fc.nat(),
    bytes: fc.nat(),
    mtime: fc.double(),
    apart: fc.nat(),
    shadowed: fc.boolean(),
    ignored: fc.boolean(),
    evidence: fc.array(fc.record({ source: fc.constantFrom('unit', 'rule'), detail: anyRaw }), { maxLength: 2 }),
  })
  .map(({ path, ...facts }) => rawChange(`/${path}`, facts));

test('whatever the names are, no control byte gets out and no row is wider than the terminal', () => {
  fc.assert(
    fc.property(fc.array(anyChange, { maxLength: 8 }), anyRaw, fc.constantFrom(60, 80, 120), (changes, host, width) => {
      const text = diffText(diffReport(changes, { host, ...ordinary }), { width, colour: false });
      assert.doesNotMatch(text.replaceAll('\n', ''), /[\p{C}\p{Zl}\p{Zp}]/u);
      for (const line of text.split('\n')) {
        assert.ok(widthOf(line) <= width, line);
        assert.equal(line, line.trimEnd());
      }
    }),
  );
});
