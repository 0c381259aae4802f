import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { parse } from 'smol-toml';
import type { RawPath } from '../../src/core/rawpath.ts';
import { bytesOf, rawFromText } from '../../src/core/rawpath.ts';
import { diffToml, tomlString } from '../../src/render/toml.ts';
import { anyRaw, anyText } from '../support/arbitrary-names.ts';
import { change, designChanges, diffReport, everyKind, rawChange } from '../support/sample-reports.ts';

interface Persistence {
  readonly storage_base64?: string;
  readonly hide_mounts: boolean;
  readonly directories?: readonly Item[];
  readonly files?: readonly Item[];
  readonly users?: Record<string, Persistence>;
}
type Item = string | { readonly directory_base64?: string; readonly file_base64?: string };

function persistenceOf(toml: string): Record<string, Persistence> {
  return parse(toml).persistence as unknown as Record<string, Persistence>;
}

function rawOf(item: Item): string {
  return typeof item === 'string' ? rawFromText(item) : atob(item.file_base64 ?? item.directory_base64 ?? '');
}

test('a TOML string is read as the text that it was made of, and holds nothing unseen', () => {
  fc.assert(
    fc.property(anyText, (text) => {
      const toml = tomlString(text);
      assert.doesNotMatch(toml, /[\p{C}\p{Zl}\p{Zp}]/u);
      assert.equal(parse(`x = ${toml}`).x, text);
    }),
  );
});

test('the configuration is read as the same bytes, whatever the names are', () => {
  const name = anyRaw.map((raw) => `-${raw.replaceAll('/', '-')}`);
  const storage = name.map((raw) => `/${raw}` as RawPath);
  fc.assert(
    fc.property(fc.uniqueArray(name), fc.uniqueArray(name), storage, (files, directories, storage) => {
      const persist = [
        ...files.map((raw) => rawChange(`/f/${raw}`)),
        ...directories.map((raw) => rawChange(`/d/${raw}`, { type: 'directory' as const })),
      ];
      const decide = files.map((raw) => rawChange(`/c/${raw}`, { verdict: 'decide' as const }));
      const toml = diffToml(diffReport([...persist, ...decide], { storage }));
      // What TOML cannot say would be replaced here.
      assert.equal(Buffer.from(toml, 'utf8').toString('utf8'), toml);
      if (persist.length === 0) return;
      const [[key, read]] = Object.entries(persistenceOf(toml));
      assert.equal(read.storage_base64 === undefined ? rawFromText(key) : atob(read.storage_base64), storage);
      assert.deepEqual(new Set(read.files?.map(rawOf)), new Set(files.map((raw) => `/f/${raw}`)));
      assert.deepEqual(new Set(read.directories?.map(rawOf)), new Set(directories.map((raw) => `/d/${raw}`)));
    }),
  );
});

test('the declaration of the example', () => {
  const users = [change('/home/josh2/.ssh', { type: 'directory' }), change('/home/ann.b/x "y"')];
  const latin = rawChange('/srv/caf\xe9', { type: 'directory' });
  const toml = diffToml(diffReport([...designChanges, ...everyKind, ...users, latin]));
  assert.equal(
    toml,
    String.raw`# Proposed by ebb diff on halo. Read it before use.
[persistence."/persist"]
hide_mounts = true
directories = [
  "/home/josh",
  { directory_base64 = "L3Nydi9jYWbp" },  # /srv/caf\xe9
  "/var/lib/forgejo",
  # to decide:
  # "/srv/media",  # state, 31 entries, 88.0 MB, hidden under a mount
]
files = [
  "/etc/ssh/ssh_host_ed25519_key",
  # to decide:
  # "/etc/passwd",  # state, modified, 4.1 kB
  # "/etc/resolv.conf",  # unknown, 4.1 kB
  # { file_base64 = "L3Nydi9iYWT/G1szMW0KeA==" },  # /srv/bad\xff\e[31m\nx: unknown, 4.1 kB
  # "/srv/notes.txt",  # unknown, 2.1 kB
  # "/srv/日本語のファイル名.txt",  # unknown, 4.1 kB
]

[persistence."/persist".users."ann.b"]
files = [
  "x \"y\"",
]

[persistence."/persist".users.josh2]
directories = [
  ".ssh",
]
`,
  );
  const read = persistenceOf(toml)['/persist'];
  assert.equal(read.hide_mounts, true);
  assert.deepEqual(read.users?.['ann.b'].files, ['x "y"']);
  assert.deepEqual(bytesOf(rawOf(read.directories?.[1] ?? '')), Uint8Array.from(Buffer.from('/srv/caf\xe9', 'latin1')));
});

test('what is commented out can be put in by taking the hash away', () => {
  const toml = diffToml(diffReport(everyKind)).replace(/^( +)# (?!to decide)/gm, '$1');
  assert.equal(persistenceOf(toml)['/persist'].files?.length, 4);
});
