import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { RawPath } from '../../src/core/rawpath.ts';
import { rawFromText, textOf } from '../../src/core/rawpath.ts';
import type { CheckReport, DiffReport } from '../../src/core/report.ts';
import { checkJson as checkJsonParts, diffJson as diffJsonParts, whyJson } from '../../src/render/json.ts';
import { anyRaw } from '../support/arbitrary-names.ts';
import { change, checkReport, diffReport, rawChange, whyReport } from '../support/sample-reports.ts';

const diffJson = (report: DiffReport): string => [...diffJsonParts(report)].join('');
const checkJson = (report: CheckReport): string => [...checkJsonParts(report)].join('');

test('ebb.diff/1', () => {
  const odd = rawChange('/srv/caf\xe9', {
    mtime: 1764000000.5,
    evidence: [{ source: 'rule', detail: 'says \xff' }],
    category: 'unknown',
    verdict: 'decide',
  });
  const report = diffReport([odd], { warnings: [{ code: 'clock', message: 'was \x1b set' }] });
  assert.deepEqual(JSON.parse(diffJson(report)), {
    schema: 'ebb.diff/1',
    host: 'halo',
    reportedAt: '2025-11-24T16:00:00Z',
    uptime: 273700,
    root: {
      mount: '/',
      filesystem: 'btrfs',
      subvolume: '@root',
      ephemeral: true,
      ephemeralReason: 'reset-root made it at this boot',
    },
    baseline: { kind: 'baseline', at: '2025-11-21T11:58:20Z', detail: '', complete: true },
    view: { method: 'open_tree', search: 'walk', seesShadowed: true, unreadable: 0 },
    selective: false,
    storage: '/persist',
    changes: [
      {
        path: '/srv/caf\\xe9',
        pathBase64: 'L3Nydi9jYWbp',
        kind: 'added',
        type: 'file',
        category: 'unknown',
        verdict: 'decide',
        entries: 1,
        bytes: 4096,
        mtime: '2025-11-24T16:00:00.500000Z',
        apart: 0,
        folds: 1,
        shadowed: false,
        ignored: false,
        evidence: [{ source: 'rule', detail: 'says \\xff' }],
      },
    ],
    summary: {
      entries: 1294,
      bytes: 322202511,
      byCategory: { state: { entries: 1204, bytes: 310200000 } },
      hidden: { generated: 412, runtime: 37, ignored: 0 },
    },
    warnings: [{ code: 'clock', message: 'was \\e set' }],
  });
});

test('what is not known is null', () => {
  const report = diffReport([change('/a', { mtime: 1e15 })], {
    root: { ...diffReport([]).root, subvolume: undefined },
    baseline: { kind: 'packages', at: undefined, detail: 'packages', complete: true },
  });
  const { root, baseline, changes } = JSON.parse(diffJson(report));
  assert.deepEqual([root.subvolume, baseline.at, changes[0].mtime], [null, null, null]);
});

test('every path can be had back, and nothing unseen is in the document', () => {
  fc.assert(
    fc.property(fc.array(anyRaw, { maxLength: 6 }), (names) => {
      const json = diffJson(diffReport(names.map((raw) => rawChange(`/${raw}`))));
      assert.doesNotMatch(json.replaceAll('\n', ''), /[\p{C}\p{Zl}\p{Zp}]/u);
      const changes: { path: string; pathBase64?: string }[] = JSON.parse(json).changes;
      changes.forEach(({ path, pathBase64 }, i) => {
        assert.equal(pathBase64 === undefined ? rawFromText(path) : atob(pathBase64), `/${names[i]}`);
        assert.equal(pathBase64 === undefined, textOf(names[i]) !== undefined);
      });
    }),
  );
});

test('ebb.check/1', () => {
  const uncovered = [
    { path: '/etc/machine-id' as RawPath, declaredIn: '/etc/ebb/config.toml', problem: 'not mounted' },
  ];
  const document = JSON.parse(checkJson(checkReport([change('/srv/a')], { uncovered })));
  assert.equal(document.schema, 'ebb.check/1');
  assert.equal(document.passed, false);
  assert.deepEqual(document.failOn, ['state', 'secret', 'home', 'unknown']);
  assert.deepEqual(
    document.losing.map(({ path }: { path: string }) => path),
    ['/srv/a'],
  );
  assert.deepEqual(document.uncovered, uncovered);
  assert.equal(document.root.ephemeral, true);
});

test('ebb.why/1', () => {
  assert.deepEqual(JSON.parse(whyJson({ ...whyReport, exists: false, type: undefined, rule: undefined })), {
    schema: 'ebb.why/1',
    path: '/etc/ssh/ssh_host_ed25519_key',
    exists: false,
    type: null,
    resolved: '/etc/ssh/ssh_host_ed25519_key',
    mount: { point: '/', filesystem: 'btrfs', source: '/dev/sda2', subtree: '@root' },
    fate: 'lost',
    unchanged: null,
    reasons: whyReport.reasons,
    evidence: whyReport.evidence.map(({ kind, ...shown }) => shown),
    category: 'secret',
    verdict: 'persist',
    rule: null,
    known: {
      ...{ title: 'OpenSSH', why: 'host keys', breaks: 'clients refuse to connect', instead: null },
      ...{ owner: 'root', group: null, mode: '0600', stop: [], dump: null },
    },
    warnings: [],
  });
});

test('without changes, and with several, it is laid out like any other document', () => {
  for (const changes of [[], [change('/srv/a')], [change('/srv/a'), change('/srv/b')]]) {
    const json = diffJson(diffReport(changes));
    assert.equal(json, `${JSON.stringify(JSON.parse(json), undefined, 2)}\n`);
  }
});
