/** Reports for the tests of the renderers: the example of the design, and rows of every kind. */

import type { RawPath } from '../../src/core/rawpath.ts';
import { rawFromText } from '../../src/core/rawpath.ts';
import type { Change, CheckReport, DiffReport, RootFacts, WhyReport } from '../../src/core/report.ts';

/** 2025-11-24T16:00:00Z */
export const now = 1764000000;

const sampleRoot: RootFacts = {
  mount: '/' as RawPath,
  filesystem: 'btrfs',
  subvolume: '@root',
  ephemeral: { value: true, reason: 'reset at boot' },
};

export function change(path: string, facts: Partial<Change> = {}): Change {
  return {
    path: rawFromText(path) as RawPath,
    kind: 'added',
    type: 'file',
    category: 'state',
    verdict: 'persist',
    entries: 1,
    bytes: 4096,
    mtime: now - 120,
    apart: 0,
    shadowed: false,
    folds: 1,
    ignored: false,
    evidence: [],
    ...facts,
  };
}

/** A change whose path is these bytes. */
export function rawChange(raw: string, facts: Partial<Change> = {}): Change {
  return { ...change('/', facts), path: raw as RawPath };
}

export function unit(name: string): Pick<Change, 'evidence'> {
  return { evidence: [{ source: 'unit', detail: name, by: name }] };
}

export const designChanges: readonly Change[] = [
  change('/var/lib/forgejo', { type: 'directory', entries: 1204, bytes: 310_200_000, ...unit('forgejo.service') }),
  change('/etc/ssh/ssh_host_ed25519_key', {
    category: 'secret',
    bytes: 411,
    mtime: now - 3 * 86400,
    ...unit('sshd.service'),
  }),
  change('/var/cache/nginx', {
    type: 'directory',
    category: 'cache',
    verdict: 'ignore',
    entries: 88,
    bytes: 12_000_000,
    mtime: now - 3700,
    ...unit('nginx.service'),
  }),
  change('/srv/notes.txt', { category: 'unknown', verdict: 'decide', bytes: 2100, mtime: now - 90000 }),
];

export const everyKind: readonly Change[] = [
  change('/etc/passwd', { kind: 'modified', verdict: 'decide' }),
  change('/etc/fstab', { kind: 'deleted', bytes: 0, verdict: 'decide' }),
  change('/etc/resolv.conf', { kind: 'type-changed', category: 'unknown', verdict: 'decide' }),
  change('/srv/media', { shadowed: true, type: 'directory', verdict: 'decide', entries: 31, bytes: 88_000_000 }),
  change('/home/josh/projects/ebb/node_modules/.cache/x.json', { category: 'home', bytes: 88 }),
  change('/home/josh', { category: 'home', type: 'directory', apart: 3, entries: 9_120_331, bytes: 82.5e9 }),
  change('/srv/日本語のファイル名.txt', { category: 'unknown', verdict: 'decide' }),
  rawChange('/srv/bad\xff\x1b[31m\nx', { category: 'unknown', verdict: 'decide' }),
  change('/srv/app.sock', { type: 'socket', category: 'unknown', verdict: 'decide' }),
];

export function diffReport(changes: readonly Change[], facts: Partial<DiffReport> = {}): DiffReport {
  return {
    host: 'halo',
    now,
    uptime: 3 * 86400 + 4 * 3600 + 100,
    root: {
      mount: '/' as RawPath,
      filesystem: 'btrfs',
      subvolume: '@root',
      ephemeral: { value: true, reason: 'reset-root made it at this boot' },
    },
    baseline: { kind: 'baseline', at: now - 273_700, detail: '', complete: true },
    view: { method: 'open_tree', search: 'walk', seesShadowed: true, unreadable: 0 },
    selective: false,
    ...{ storage: '/persist' as RawPath, module: 'impermanence' },
    changes,
    summary: {
      entries: 1294,
      bytes: 322_202_511,
      byCategory: { state: { entries: 1204, bytes: 310_200_000 } },
      hidden: { generated: 412, runtime: 37, ignored: 0 },
    },
    warnings: [],
    ...facts,
  };
}

/** What an ordinary user sees of a machine whose root is not ephemeral. */
export const ordinary: Partial<DiffReport> = {
  root: {
    mount: '/' as RawPath,
    filesystem: 'ext4',
    subvolume: undefined,
    ephemeral: { value: false, reason: 'nothing says that it is reset at boot' },
  },
  baseline: { kind: 'packages', at: undefined, detail: 'the files that packages own', complete: true },
  view: { method: 'mount-table', search: 'walk', seesShadowed: false, unreadable: 12 },
};

export function checkReport(losing: readonly Change[], facts: Partial<CheckReport> = {}): CheckReport {
  return {
    diff: diffReport(losing),
    losing,
    uncovered: [],
    resetFailed: undefined,
    failOn: ['state', 'secret', 'home', 'unknown'],
    passed: losing.length === 0,
    ...facts,
  };
}

export const whyReport: WhyReport = {
  root: sampleRoot,
  path: '/etc/ssh/ssh_host_ed25519_key' as RawPath,
  exists: true,
  type: 'file',
  resolved: '/etc/ssh/ssh_host_ed25519_key' as RawPath,
  mount: { point: '/' as RawPath, filesystem: 'btrfs', source: '/dev/sda2', subtree: '@root' },
  fate: 'lost',
  unchanged: undefined,
  reasons: [{ source: 'mount', detail: 'it lies on the root filesystem itself, which is reset at boot' }],
  evidence: [
    {
      ...{ source: 'rule', detail: '/etc/ssh/ssh_host_*: identity of this host: clients pin it' },
      ...{ kind: 'general', category: 'secret', weight: 80, outweighed: false },
    },
    {
      ...{ source: 'unit', detail: 'ConfigurationDirectory=ssh of sshd.service', by: 'sshd.service' },
      ...{ kind: 'unit-directory', category: 'state', weight: 0, outweighed: true },
    },
  ],
  known: {
    ...{ title: 'OpenSSH', why: 'host keys', breaks: 'clients refuse to connect', instead: undefined },
    ...{ owner: 'root', group: undefined, mode: '0600', stop: [], dump: undefined },
  },
  category: 'secret',
  verdict: 'persist',
  rule: { pattern: '/etc/ssh/ssh_host_*', file: 'general.toml' },
  warnings: [],
};
