/** `ebb doctor` on a machine that a real systemd runs, with its real journal. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { documentOf } from '../support/cli-documents.ts';
import { temporaryDirectory } from '../support/cli-roots.ts';
import { doctorDocument, names } from '../support/doctor-machine.ts';
import { bootWith, noSystemd } from '../support/systemd-namespace.ts';

const boot = (sequence: number, day: number) =>
  `{"schema":"ebb.boot/1","sequence":${sequence},"bootedAt":"2026-11-${day}T08:15:00Z"}`;

test('of units that failed for the usual reasons, each is told with what it misses', { skip: noSystemd }, (t) => {
  const services = {
    lost: 'ExecStart=/bin/cat /var/lib/lost/db',
    chdir: 'WorkingDirectory=/var/lib/nowhere\nExecStart=/bin/true',
    env: 'EnvironmentFile=/var/lib/secret.env\nExecStart=/bin/true',
    exec: 'ExecStart=/opt/none/bin/x',
    state: 'StateDirectory=statefile\nExecStart=/bin/true',
    ns: 'BindPaths=/var/lib/gone\nExecStart=/bin/true',
    user: 'User=nosuch\nExecStart=/bin/true',
    silent: 'ExecStart=/bin/sh -c "echo the moon is full; exit 3"',
    good: 'ExecStart=/bin/sleep 1000',
  };
  const old = `srv/old_roots/${names[1]}`;
  const prepare = `mkdir .ebb && echo '${boot(3, 20)}' >.ebb/boot.json && mkdir -p ${old}/.ebb ${old}/var/lib/lost
echo '${boot(2, 19)}' >${old}/.ebb/boot.json; echo data >${old}/var/lib/lost/db; echo x >var/lib/statefile`;
  const written = bootWith(
    temporaryDirectory(t),
    services,
    prepare,
    '$EBB doctor --json --old-roots /srv/old_roots >/output 2>&1',
  );
  const { findings, warnings, journal } = documentOf(doctorDocument, written);
  assert.deepEqual(warnings, []);
  assert.equal(journal.source, 'running');
  const told = findings.map(({ severity, kind, failed, path }) => `${severity} ${kind} ${failed} ${path}`);
  assert.deepEqual(told, [
    'lost lost lost.service /var/lib/lost',
    'broken failed silent.service null',
    'broken missing exec.service /opt/none/bin/x',
    'broken missing ns.service /var/lib/gone',
    'broken missing chdir.service /var/lib/nowhere',
    'broken missing env.service /var/lib/secret.env',
    'broken missing user.service null',
    'broken denied state.service /var/lib/statefile',
  ]);
  const silent = findings[1];
  assert.deepEqual([silent?.what, silent?.messages[0]?.text], ['it failed (exit-code)', 'the moon is full']);
  assert.deepEqual(findings[0]?.commands, [
    `ebb restore /var/lib/lost --from ${names[1]} --old-roots /srv/old_roots`,
    'systemctl restart lost.service',
  ]);
});
