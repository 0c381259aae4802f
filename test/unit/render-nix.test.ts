import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import fc from 'fast-check';
import type { RawPath } from '../../src/core/rawpath.ts';
import { bytesOf, rawFromBytes, rawFromText } from '../../src/core/rawpath.ts';
import { declareNix } from '../../src/render/declare-text.ts';
import { plainText } from '../../src/render/escape.ts';
import { attributeName, diffNix, nixString } from '../../src/render/nix.ts';
import { anyText } from '../support/arbitrary-names.ts';
import { change, designChanges, diffReport, everyKind, rawChange } from '../support/sample-reports.ts';

const text = (bytes: Uint8Array) => Buffer.from(bytes).toString('utf8');

const noNix =
  spawnSync('nix-instantiate', ['--version']).error === undefined ? false : 'nix-instantiate is not installed';

/** What a Nix expression, a byte string, evaluates to. */
function evaluated(expression: string): unknown {
  // Nix wants a store even for what builds nothing.
  const { status, stdout, stderr } = spawnSync(
    'nix-instantiate',
    ['--eval', '--strict', '--json', '--store', 'dummy://', '-'],
    { input: bytesOf(expression), encoding: 'utf8' },
  );
  assert.equal(status, 0, stderr);
  return JSON.parse(stdout);
}

function sha256(raw: string): string {
  return createHash('sha256').update(bytesOf(raw)).digest('hex');
}

const pieces = [
  '"',
  '\\',
  '${',
  '$',
  '{',
  '}',
  '$${',
  '\n',
  '\r',
  '\t',
  '\r\n',
  '\x1b',
  '\x7f',
  '\x01',
  '\xff',
  '\xc3',
  "''",
];
/** Bytes of a path: anything but NUL, rich in what means something to Nix. */
const anyName = fc
  .array(
    fc.oneof(
      fc.constantFrom(...pieces),
      fc.integer({ min: 1, max: 255 }).map((byte) => String.fromCharCode(byte)),
      fc.constantFrom('é', '日', '🌊', '\u009b', '\u202e', '\u2028', '\u{e0041}').map(rawFromText),
    ),
    { maxLength: 12 },
  )
  .map((parts) => parts.join(''));

test('Nix reads a string as the bytes that it was made of', { skip: noNix }, () => {
  const raws = [...pieces, ...pieces.map((piece) => `$${piece}`), ...fc.sample(anyName, 3000)];
  const list = raws.map((raw) => `(builtins.hashString "sha256" ${nixString(raw)})`).join('\n');
  const hashes = evaluated(`[${list}]`) as string[];
  for (const [i, raw] of raws.entries()) assert.equal(hashes[i], sha256(raw), nixString(raw));
});

test('Nix reads a name on the left of an equals sign as the bytes that it was made of', { skip: noNix }, () => {
  const raws = [...new Set(['josh', 'if', 'or', '3d', "a'b", '-', ...fc.sample(anyName, 500)])];
  // One set each: two names that were taken for the same would be an error of another kind.
  const sets = raws.map((raw) => `{ ${attributeName(raw)} = 1; }`);
  const hashes = evaluated(
    `map (set: builtins.hashString "sha256" (builtins.head (builtins.attrNames set))) [${sets.join('\n')}]`,
  ) as string[];
  for (const [i, raw] of raws.entries()) assert.equal(hashes[i], sha256(raw), attributeName(raw));
});

test('no name gets out of its string or its comment', { skip: noNix }, () => {
  for (const names of fc.sample(fc.array(anyName, { minLength: 1, maxLength: 30 }), 12)) {
    const paths = [...new Set(names)].map((name) => `/srv/${name.replaceAll('/', '-')}`);
    const persist = paths.map((path) => rawChange(path));
    const decide = paths.map((path) => rawChange(`${path}?`, { verdict: 'decide' }));
    const report = diffReport([...persist, ...decide], { host: names[0], storage: `/${names[0]}` as RawPath });
    const nix = rawFromBytes(diffNix(report));
    const read = `let module = { ${nix} }; storages = builtins.attrNames module.environment.persistence; in
      map (path: builtins.hashString "sha256" path)
        (storages ++ module.environment.persistence.\${builtins.head storages}.files)`;
    assert.deepEqual(new Set(evaluated(read) as string[]), new Set([report.storage, ...paths].map(sha256)));
  }
});

test('what is commented out can be put in by taking the hash away', { skip: noNix }, () => {
  const names = fc.sample(anyText, 300).map((name) => `-${name.replaceAll(/[/\0]/g, '-')}`);
  const paths = [...new Set(['$', '"', '$${x}', ...names])].map((name) => `/srv/${rawFromText(name)}`);
  const nix = rawFromBytes(diffNix(diffReport(paths.map((path) => rawChange(path, { verdict: 'decide' })))));
  const uncommented = nix.replace(/^( +)# (?=")/gm, '$1');
  const hashes = evaluated(
    `map (builtins.hashString "sha256") ({ ${uncommented} }).environment.persistence."/persist".files`,
  ) as string[];
  const plain = paths.filter((path) => plainText(path) !== undefined);
  assert.deepEqual(new Set(hashes), new Set(plain.map(sha256)));
});

test('the declaration of the example', () => {
  assert.equal(
    text(diffNix(diffReport([...designChanges, ...everyKind]))),
    String.raw`# Proposed by ebb diff on halo. Read it before use.
environment.persistence."/persist" = {
  hideMounts = true;
  directories = [
    "/home/josh"
    "/var/lib/forgejo"
    # to decide:
    # "/srv/media"  # state, 31 entries, 88.0 MB, hidden under a mount
  ];
  files = [
    "/etc/ssh/ssh_host_ed25519_key"
    # to decide:
    # "/etc/passwd"  # state, modified, 4.1 kB
    # "/etc/resolv.conf"  # unknown, 4.1 kB
    # (name escaped) /srv/bad\xff\e[31m\nx  # unknown, 4.1 kB
    # "/srv/notes.txt"  # unknown, 2.1 kB
    # "/srv/日本語のファイル名.txt"  # unknown, 4.1 kB
  ];
};
`,
  );
});

test('what lies below a home belongs to the user', () => {
  const changes = [
    change('/home/josh/.ssh', { type: 'directory' }),
    change('/home/josh/.bash_history'),
    change('/home/ann.b/$' + '{x}'),
    change('/home/.snapshots/1'),
    change('/home/eve'),
    change('/root/.bash_history'),
  ];
  assert.equal(
    text(diffNix(diffReport(changes))),
    String.raw`# Proposed by ebb diff on halo. Read it before use.
environment.persistence."/persist" = {
  hideMounts = true;
  files = [
    "/home/.snapshots/1"
    "/home/eve"
    "/root/.bash_history"
  ];
  users."ann.b" = {
    files = [
      "\${x}"
    ];
  };
  users.josh = {
    directories = [
      ".ssh"
    ];
    files = [
      ".bash_history"
    ];
  };
};
`,
  );
});

test('of a machine with preservation, the declaration is for that, early where it has to be', { skip: noNix }, () => {
  const changes = [
    change('/etc/machine-id', { category: 'secret' }),
    change('/etc/ssh/ssh_host_rsa_key', { category: 'secret' }),
    change('/var/lib/nixos', { type: 'directory' }),
    change('/home/josh/.ssh', { type: 'directory', category: 'home' }),
  ];
  const nix = text(diffNix(diffReport(changes, { module: 'preservation' })));
  assert.deepEqual(evaluated(`{ ${nix} }`), {
    preservation: {
      preserveAt: {
        '/persist': {
          commonMountOptions: ['x-gvfs-hide'],
          directories: [{ directory: '/var/lib/nixos', inInitrd: true }],
          files: [{ file: '/etc/machine-id', inInitrd: true }, '/etc/ssh/ssh_host_rsa_key'],
          users: { josh: { directories: ['.ssh'] } },
        },
      },
    },
  });
});

test('one line of Nix declares a path, for the module that the machine has', () => {
  const declare = (path: string, type: 'directory' | 'file', module: 'impermanence' | 'preservation', user?: string) =>
    declareNix(
      {
        ...{ kind: 'declare', storage: '/persist' as RawPath, path: path as RawPath, type, user },
        ...{ group: undefined, mode: undefined },
      },
      module,
    );
  assert.deepEqual(
    [
      declare('/var/lib/x', 'directory', 'impermanence', 'x'),
      declare('/var/lib/nixos', 'directory', 'preservation'),
      declare('/home/ann/.ssh', 'directory', 'preservation'),
      declare('/etc/machine-id', 'file', 'impermanence'),
    ],
    [
      'environment.persistence."/persist".directories = [ { directory = "/var/lib/x"; user = "x"; } ];',
      'preservation.preserveAt."/persist".directories = [ { directory = "/var/lib/nixos"; inInitrd = true; } ];',
      'preservation.preserveAt."/persist".users.ann.directories = [ ".ssh" ];',
      'environment.persistence."/persist".files = [ "/etc/machine-id" ];',
    ],
  );
});

test('what lies in a directory that is listed is not listed', () => {
  const nix = text(
    diffNix(
      diffReport([
        change('/var/lib/a', { type: 'directory' }),
        change('/var/lib/a-old/x'),
        change('/var/lib/a/key', { category: 'secret' }),
        change('/var/lib/a/b/c', { verdict: 'decide' }),
        change('/srv/d', { type: 'directory', verdict: 'decide' }),
        change('/srv/d/decide', { verdict: 'decide' }),
        // The directory is only a comment, so this one has to be named.
        change('/srv/d/keep'),
      ]),
    ),
  );
  const listed = nix.match(/^ +(?:# )?"[^"]+"/gm)?.map((line) => line.trim());
  assert.deepEqual(listed, ['"/var/lib/a"', '# "/srv/d"', '"/srv/d/keep"', '"/var/lib/a-old/x"']);
});

test('nothing to persist is said in a comment', () => {
  const gone = change('/srv/gone', { kind: 'deleted' });
  const ignored = change('/var/cache/x', { verdict: 'ignore' });
  assert.equal(
    text(diffNix(diffReport([gone, ignored, change('/srv/s', { type: 'socket' })]))),
    '# Proposed by ebb diff on halo. Read it before use.\n# Nothing to persist.\n',
  );
});

test('a file that is replaced as a whole is declared by its directory, once', () => {
  const instead = (directory: string) => [
    { source: 'catalogue', detail: 'x', kind: 'catalogue', category: 'state', instead: directory } as const,
  ];
  const report = diffReport([
    change('/etc/app/a.conf', { evidence: instead('/etc/app') }),
    change('/etc/app/b.conf', { evidence: instead('/etc/app') }),
    change('/home/ann/.config/app/rc', { evidence: instead('~/.config/app') }),
  ]);
  const nix = text(diffNix(report));
  assert.match(
    nix,
    /directories = \[\n {4}"\/etc\/app"\n {2}\];\n {2}users\.ann = \{\n {4}directories = \[\n {6}"\.config\/app"\n/,
  );
  assert.doesNotMatch(nix, /files/);
});

test('a file is declared itself where the directory named instead does not hold it', () => {
  const evidence = (instead: string) => [
    { source: 'catalogue', detail: 'x', kind: 'catalogue', category: 'home', instead } as const,
  ];
  const report = diffReport([
    change('/home/ann/.gitconfig', { evidence: evidence('~/.config/git') }),
    change('/etc/hostid', { evidence: evidence('/etc/zfs') }),
    change('/etc/zfs', { type: 'directory', verdict: 'ignore' }),
  ]);
  const nix = text(diffNix(report));
  assert.match(nix, /files = \[\n {4}"\/etc\/hostid"\n/);
  assert.match(nix, /users\.ann = \{\n {4}files = \[\n {6}"\.gitconfig"\n/);
  assert.doesNotMatch(nix, /directories/);
});
