/** What a run of `ebb check` leaves behind for Prometheus, and for who logs in. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import fc from 'fast-check';
import type { CheckRun } from '../../src/core/check-run.ts';
import type { RawPath } from '../../src/core/rawpath.ts';
import { checkMessage } from '../../src/render/check-message.ts';
import { checkMetrics } from '../../src/render/check-metrics.ts';
import { parsePrometheus } from '../support/prometheus-text.ts';
import { change, checkReport, designChanges, diffReport, ordinary } from '../support/sample-reports.ts';
import { has } from '../support/workplace.ts';

const losing = designChanges.filter(({ category }) => category !== 'cache');
const uncovered = [
  { path: '/etc/machine-id' as RawPath, declaredIn: '/etc/ebb/config.toml', problem: 'nothing is mounted there' },
];
const boot = {
  ...{ sequence: 117, bootId: 'b', bootedAt: 1763990000, endedClean: false },
  ...{ kernel: '6.12.1', generation: '42' },
};
const run = (facts: Partial<CheckRun> = {}): CheckRun => ({
  ...{ startedAt: 1764000000.25, seconds: 0.125, report: checkReport(losing, { uncovered }), oldRoots: 9, boot },
  ...facts,
});

/** `name{label="value"}` with its value. */
function valuesOf(text: string): Record<string, number> {
  const samples = [...parsePrometheus(text)].flatMap(([name, family]) =>
    family.samples.map(({ labels, value }): [string, number] => {
      const shown = Object.entries(labels).map(([key, of]) => `${key}=${of}`);
      return [shown.length === 0 ? name : `${name}{${shown.join(',')}}`, value];
    }),
  );
  return Object.fromEntries(samples);
}

test('the metrics of a check tell what a reboot would lose, by category', () => {
  assert.deepEqual(valuesOf(checkMetrics(run(), '1.2.3')), {
    'ebb_build_info{version=1.2.3}': 1,
    ebb_check_success: 1,
    ebb_check_timestamp_seconds: 1764000000.25,
    ebb_check_duration_seconds: 0.125,
    ebb_check_passed: 0,
    ebb_root_ephemeral: 1,
    'ebb_losing_changes{category=state}': 1,
    'ebb_losing_changes{category=secret}': 1,
    'ebb_losing_changes{category=home}': 0,
    'ebb_losing_changes{category=unknown}': 1,
    'ebb_losing_entries{category=state}': 1204,
    'ebb_losing_entries{category=secret}': 1,
    'ebb_losing_entries{category=home}': 0,
    'ebb_losing_entries{category=unknown}': 1,
    'ebb_losing_bytes{category=state}': 310_200_000,
    'ebb_losing_bytes{category=secret}': 411,
    'ebb_losing_bytes{category=home}': 0,
    'ebb_losing_bytes{category=unknown}': 2100,
    ebb_uncovered_paths: 1,
    ebb_unreadable_directories: 0,
    ebb_reset_failed: 0,
    ebb_old_roots: 9,
    ebb_boot_sequence: 117,
    'ebb_boot_info{kernel=6.12.1,generation=42}': 1,
  });
});

test('a check that failed itself says so, and repeats nothing of an earlier one', () => {
  const failed = run({ report: undefined, oldRoots: undefined, boot: undefined });
  assert.deepEqual(Object.keys(valuesOf(checkMetrics(failed, '1.2.3'))), [
    'ebb_build_info{version=1.2.3}',
    ...['ebb_check_success', 'ebb_check_timestamp_seconds', 'ebb_check_duration_seconds'],
  ]);
  assert.equal(valuesOf(checkMetrics(failed, '1.2.3'))['ebb_check_success'], 0);
});

test('a reset that failed is a number; nothing of the machine is a label', () => {
  const report = checkReport(losing, { resetFailed: '/dev/sda2 is not there', uncovered });
  const text = checkMetrics(run({ report }), '1');
  assert.equal(valuesOf(text)['ebb_reset_failed'], 1);
  assert.doesNotMatch(text, /forgejo|machine-id|notes|\/dev/);
});

test('whatever a boot wrote of itself, the metrics can be read', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), fc.string({ unit: 'grapheme' }), (kernel, generation) => {
      const families = parsePrometheus(checkMetrics(run({ boot: { ...boot, kernel, generation } }), '1'));
      const [sample] = families.get('ebb_boot_info')?.samples ?? [];
      assert.deepEqual(Object.keys(sample?.labels ?? {}), ['kernel', 'generation']);
      if (/^[\w .-]*$/.test(kernel)) assert.equal(sample?.labels['kernel'], kernel);
    }),
  );
});

test('promtool finds nothing wrong with the metrics', {
  skip: has('promtool') ? false : 'promtool is not installed',
}, () => {
  const odd = { ...boot, kernel: 'a"b\\c\nd', generation: undefined };
  const input = checkMetrics(run({ boot: odd }), '1.2.3');
  const { status, stdout, stderr } = spawnSync('promtool', ['check', 'metrics'], { input, encoding: 'utf8' });
  assert.deepEqual([status, stdout + stderr], [0, '']);
});

test('the message says what the next reboot loses, the worst first, and what is not kept', () => {
  assert.equal(
    checkMessage(run()),
    [
      'ebb: the next reboot loses 3 things (1 secret, 1 state, 1 unknown): ebb diff\n',
      'ebb: 1 declared path is not kept: ebb check\n',
    ].join(''),
  );
  const one = checkReport([change('/var/lib/x')]);
  assert.equal(checkMessage(run({ report: one })), 'ebb: the next reboot loses 1 thing (1 state): ebb diff\n');
});

test('there is no message where nothing is lost: of a root that stays, no reboot takes anything', () => {
  assert.equal(checkMessage(run({ report: checkReport([]) })), undefined);
  assert.equal(checkMessage(run({ report: checkReport(losing, { diff: diffReport(losing, ordinary) }) })), undefined);
  // The boot itself tells of that.
  assert.equal(checkMessage(run({ report: checkReport([], { resetFailed: 'x', passed: false }) })), undefined);
});

test('the message of a check that failed claims nothing', () => {
  assert.match(checkMessage(run({ report: undefined })) ?? '', /^ebb: what the next reboot loses is not known.*\n$/);
});
