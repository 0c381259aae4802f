import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Worker } from 'node:worker_threads';
import fc from 'fast-check';
import { ManifestBuilder } from '../../src/core/manifest-builder.ts';
import { NO_NODE, PackageManifest, type PackageManifestData, ROOT_NODE } from '../../src/core/package-manifest.ts';
import { bytesOf, componentsOf, rawFromBytes } from '../../src/core/rawpath.ts';

/** Any byte that a name may hold, of a few values so that names meet. */
const component = fc
  .array(
    fc.oneof(
      fc.constantFrom(0x61, 0x62, 0x2e, 0xff),
      fc.integer({ min: 1, max: 255 }).filter((b) => b !== 0x2f),
    ),
    {
      minLength: 1,
      maxLength: 6,
    },
  )
  .map((bytes) => rawFromBytes(Uint8Array.from(bytes)))
  .filter((name) => name !== '.' && name !== '..');
const path = fc.array(component, { minLength: 1, maxLength: 5 }).map((components) => `/${components.join('/')}`);
const digest = fc.option(
  fc.uint8Array({ minLength: 16, maxLength: 16 }).map((bytes) => Buffer.from(bytes).toString('hex')),
);
const records = fc.array(fc.record({ path, owner: fc.nat(1000), digest }), { maxLength: 60 });

function manifestOf(entries: readonly { path: string; owner: number; digest?: string | null }[]): PackageManifest {
  const builder = new ManifestBuilder(16);
  for (const entry of entries) {
    const node = place(builder, entry.path);
    builder.own(node, entry.owner);
    if (entry.digest) assert.ok(builder.setDigest(node, bytesOf(entry.digest), 0));
  }
  return new PackageManifest(builder.finish());
}

function place(builder: ManifestBuilder, raw: string): number {
  const bytes = bytesOf(`junk${raw}\n`);
  return builder.place(bytes, 4, bytes.length - 1);
}

function lookup(manifest: PackageManifest, raw: string): number {
  let node: number = ROOT_NODE;
  for (const name of componentsOf(raw)) {
    node = manifest.findName(node, name);
    if (node === NO_NODE) return NO_NODE;
  }
  return node;
}

describe('a package manifest', () => {
  it('answers as a map from paths to what was recorded last, for names of any bytes', () => {
    fc.assert(
      fc.property(records, fc.array(path), (entries, others) => {
        const manifest = manifestOf(entries);
        const expected = new Map(entries.map((entry) => [entry.path, entry]));
        const ancestors = new Set(entries.flatMap((entry) => prefixesOf(entry.path)));
        for (const [raw, entry] of expected) {
          const node = lookup(manifest, raw);
          assert.ok(node !== NO_NODE && manifest.owned(node) && !manifest.loose(node));
          assert.equal(manifest.owner(node), entry.owner);
          assert.equal(manifest.digest(node), entry.digest ?? undefined);
          assert.equal(manifest.path(node), raw);
        }
        for (const raw of others) {
          assert.equal(lookup(manifest, raw) !== NO_NODE, expected.has(raw) || ancestors.has(raw));
        }
      }),
    );
  });

  it('lists as children of a directory exactly what lies in it', () => {
    fc.assert(
      fc.property(records, (entries) => {
        const manifest = manifestOf(entries);
        const all = new Set(entries.flatMap((entry) => [entry.path, ...prefixesOf(entry.path)]));
        for (const directory of new Set(['/', ...all])) {
          const node = directory === '/' ? ROOT_NODE : lookup(manifest, directory);
          const children = [...manifest.children(node)].map((child) => manifest.path(child)).sort();
          assert.deepEqual(
            children,
            [...all]
              .filter((raw) => prefixesOf(raw)[0] === directory || (prefixesOf(raw).length === 0 && directory === '/'))
              .sort(),
          );
          assert.equal(manifest.hasChildren(node), children.length > 0);
        }
      }),
      { numRuns: 40 },
    );
  });

  it('grows past the room that it begins with', () => {
    const count = 300_000;
    const builder = new ManifestBuilder(16);
    const raw = (i: number): string => `/directory${i % 1000}/with-a-name-of-some-length-${i}`;
    for (let i = 0; i < count; i++) builder.own(place(builder, raw(i)), i % 7);
    const manifest = new PackageManifest(builder.finish());
    assert.equal(manifest.data.count, 1 + 1000 + count);
    for (let i = 0; i < count; i += 997) assert.equal(manifest.owner(lookup(manifest, raw(i))), i % 7);
  });

  it('puts what lies below an alias where the link leads', () => {
    const builder = new ManifestBuilder(16);
    builder.alias(bytesOf('/bin'), bytesOf('/usr/bin'));
    for (const raw of ['/.', '/bin', '/bin/ls', '/usr/bin/env']) builder.own(place(builder, raw), 1);
    const manifest = new PackageManifest(builder.finish());
    assert.ok(manifest.owned(lookup(manifest, '/usr/bin/ls')));
    assert.ok(manifest.owned(lookup(manifest, '/usr/bin/env')));
    assert.equal(manifest.hasChildren(lookup(manifest, '/bin')), false);
    assert.ok(manifest.loose(lookup(manifest, '/bin')));
  });

  it("says that what was placed and never owned is nobody's", () => {
    const builder = new ManifestBuilder(16);
    place(builder, '/etc/placed');
    const manifest = new PackageManifest(builder.finish());
    assert.equal(manifest.owned(lookup(manifest, '/etc/placed')), false);
  });

  it('refuses digits that are none', () => {
    const builder = new ManifestBuilder(16);
    const node = place(builder, '/a');
    assert.equal(builder.setDigest(node, bytesOf(`${'0'.repeat(31)}g`), 0), false);
    assert.equal(builder.setDigest(node, bytesOf('00'), 0), false);
    assert.equal(new PackageManifest(builder.finish()).digest(node), undefined);
  });

  it('is shared with a worker, not copied', async () => {
    const { data } = manifestOf([{ path: '/usr/bin/env', owner: 3 }]);
    const worker = new Worker(
      `const { parentPort, workerData } = require('node:worker_threads'); workerData.owner[1] = 99; parentPort.postMessage(0);`,
      { eval: true, workerData: data satisfies PackageManifestData },
    );
    await new Promise((resolve, reject) => worker.once('message', resolve).once('error', reject));
    await worker.terminate();
    assert.equal(data.owner[1], 99);
  });
});

/** The directories above, nearest first, without the root. */
function prefixesOf(raw: string): string[] {
  const components = componentsOf(raw);
  return components
    .slice(0, -1)
    .map((_, i) => `/${components.slice(0, i + 1).join('/')}`)
    .reverse();
}
