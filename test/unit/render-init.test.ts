import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { RawPath } from '../../src/core/rawpath.ts';
import type { Layout } from '../../src/core/setup.ts';
import type { InitReport, InitStep } from '../../src/core/setup-report.ts';
import { widthOf } from '../../src/render/columns.ts';
import { initJson, initText } from '../../src/render/init-text.ts';

const layout: Layout = {
  ...{ filesystem: 'btrfs', type: 'btrfs', device: '/dev/disk/by-uuid/0b1c2d3e-4f50-4172-8394-a5b6c7d8e9f0' },
  ...{ root: '@root', oldRoots: '@snapshots/old_roots', blank: '@blank', storage: '/persist' as RawPath },
  ...{ storageAt: '@persist', mountsStorage: true, onFailure: 'boot', target: 'initramfs-tools' },
};
const timer = '/etc/systemd/system/ebb-gc.timer';
const link = '/etc/systemd/system/timers.target.wants/ebb-gc.timer';
const steps: InitStep[] = [
  { action: 'make', what: '@persist', detail: 'persistent storage, for /persist' },
  { action: 'copy', what: '/home', detail: 'to /persist/home' },
  {
    ...{ action: 'copy', what: '/etc/NetworkManager/system-connections' },
    detail: 'to /persist/etc/NetworkManager/system-connections',
  },
  { action: 'write', what: '/etc/ebb/config.toml' },
  { action: 'write', what: timer },
  { action: 'link', what: link, detail: '../ebb-gc.timer' },
  { action: 'link', what: '/usr/local/bin/ebb', detail: '/opt/ebb/ebb' },
  { action: 'run', what: 'initramfs-tools', detail: 'makes the initrds anew' },
  { action: 'make', what: '@blank', detail: 'a copy of @root: what each boot begins with' },
];
const plan: InitReport = {
  ...{ layout, undo: false, dryRun: true, planned: true, steps, same: 0 },
  ...{ storage: '/persist' as RawPath, warnings: [] },
};
const undone: InitReport = {
  ...{ ...plan, layout: undefined, undo: true, same: 5 },
  steps: [
    { action: 'remove', what: timer },
    { action: 'remove', what: link },
    { action: 'keep', what: '@blank', detail: 'data, yours to delete' },
  ],
};

for (const width of [80, 120]) {
  test(`what init does fits on a terminal of ${width} columns`, () => {
    const cases: [string, string][] = [
      ['plan', initText(plan, { width, colour: false, carriedOutBy: 'ebb init --persist /home' })],
      ['asked about', initText({ ...plan, dryRun: false }, { width, colour: false, part: 'plan' })],
      ['answered no', initText({ ...plan, dryRun: false }, { width, colour: false, part: 'outcome' })],
      ['done', initText({ ...plan, dryRun: false, planned: false }, { width, colour: false })],
      ['nothing to do', initText({ ...plan, steps: [] }, { width, colour: false })],
      ['undo, dry run', initText(undone, { width, colour: false })],
      ['undone', initText({ ...undone, dryRun: false, planned: false }, { width, colour: false })],
    ];
    const all = cases.map(([title, text]) => `# ${title}\n${text}`).join('\n');
    assert.equal(all, readFileSync(join(import.meta.dirname, `golden/init-${width}.txt`), 'utf8'));
    for (const line of all.split('\n')) assert.ok(widthOf(line) <= width, line);
  });
}

test('the next step after a dry run carries out what was asked for', () => {
  const carriedOutBy = 'ebb init --persist /var/lib/app --device UUID=1';
  const text = initText(plan, { width: 120, colour: false, carriedOutBy });
  assert.match(text, /^ {2}next: ebb diff {3}· {3}ebb init --persist \/var\/lib\/app --device UUID=1$/m);
});

test('a link that enables a unit has no line of its own, whether it comes or goes', () => {
  const options = { width: 120, colour: false };
  assert.doesNotMatch(initText(plan, options), /timers\.target\.wants/);
  assert.match(initText(undone, options), /remove {2}\S+ebb-gc\.timer {2}and its link\n/);
  assert.doesNotMatch(initText(undone, options), /timers\.target\.wants/);
});

test('sixty persisted paths are sixty lines, and what comes of it stands below them', () => {
  const many = Array.from({ length: 60 }, (_, i): InitStep => ({ action: 'copy', what: `/srv/${i}`, detail: 'to x' }));
  const lines = initText({ ...plan, steps: many }, { width: 80, colour: false }).split('\n');
  assert.equal(lines.filter((line) => line.startsWith('  copy')).length, 60);
  assert.deepEqual(lines.slice(-4), ['  nothing was done', '', '  next: ebb diff   ·   ebb init', '']);
});

test('names from the machine are shown escaped, and colours change no character', () => {
  const hostile: InitReport = { ...plan, steps: [{ action: 'copy', what: '/srv/\x1b[31m', detail: 'to /x' }] };
  const coloured = initText(hostile, { width: 80, colour: true });
  const uncoloured = initText(hostile, { width: 80, colour: false });
  assert.equal(coloured.replace(/\x1b\[[0-9;]*m/g, ''), uncoloured);
  assert.doesNotMatch(uncoloured, /\x1b/);
});

test('the JSON document has every step, links too', () => {
  const document = JSON.parse(initJson(plan)) as { schema: string; steps: unknown[]; done: boolean };
  assert.deepEqual([document.schema, document.steps.length, document.done], ['ebb.init/1', steps.length, false]);
});
