/** The reset and the check of the filesystem: one after the other, and no reset of what its check has left broken. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { repository } from '../support/cli-program.ts';
import { temporaryDirectory } from '../support/cli-roots.ts';
import { runInInitrd } from '../support/initrd-world.ts';
import { withoutSystemd } from '../support/systemd-analyze.ts';
import { bootWith, noSystemd } from '../support/systemd-namespace.ts';
import { needsRoot, Workplace } from '../support/workplace.ts';

const unit = readFileSync(join(repository, 'boot/units/initrd/ebb-reset.service'), 'utf8');
const generator = ['/usr/lib/systemd/system-generators/', '/lib/systemd/system-generators/']
  .map((directory) => `${directory}systemd-fstab-generator`)
  .find(existsSync);

/** What systemd's own generator makes of the command line of an initrd. */
function generated(directory: string, commandLine: string): string[] {
  const { status, stderr } = spawnSync(generator ?? '', [directory, directory, directory], {
    env: {
      ...{ SYSTEMD_IN_INITRD: '1', SYSTEMD_PROC_CMDLINE: commandLine, SYSTEMD_LOG_TARGET: 'console' },
      ...{ SYSTEMD_FSTAB: '/dev/null', SYSTEMD_SYSROOT_FSTAB: '/dev/null' },
    },
    encoding: 'utf8',
  });
  assert.equal(status, 0, stderr);
  return readdirSync(directory);
}

/** What each unit comes after, as systemd loads it. */
function ordered(directory: string, names: readonly string[]): Map<string, Set<string>> {
  const { stdout } = spawnSync('systemd-analyze', ['verify', '--man=no', ...names], {
    env: {
      ...{ PATH: process.env['PATH'], SYSTEMD_LOG_LEVEL: 'debug', LC_ALL: 'C' },
      SYSTEMD_UNIT_PATH: [directory, '/usr/lib/systemd/system', '/lib/systemd/system'].join(':'),
    },
    ...{ encoding: 'utf8', cwd: '/', maxBuffer: 64 * 1024 * 1024 },
  });
  const after = new Map<string, Set<string>>();
  let unit = '';
  for (const line of stdout.split('\n')) {
    unit = /^\t(?:->|→) Unit (.*):$/.exec(line)?.[1] ?? unit;
    const other = /^\t\tAfter: (\S+)/.exec(line)?.[1];
    if (other !== undefined) after.set(unit, (after.get(unit) ?? new Set()).add(other));
  }
  return after;
}

test('between the check of the root, as systemd’s generator makes it, and the mount of it', {
  skip: withoutSystemd || (generator === undefined ? 'there is no systemd-fstab-generator' : false),
}, (t) => {
  const directory = temporaryDirectory(t);
  const units = generated(directory, 'root=/dev/vda2 rootfstype=ext4 rw');
  assert.ok(units.includes('systemd-fsck-root.service') && units.includes('sysroot.mount'), units.join());
  writeFileSync(join(directory, 'ebb-reset.service'), unit.replace('/usr/lib/ebb/', join(repository, 'boot/')));
  const after = ordered(directory, ['ebb-reset.service', 'sysroot.mount']);
  assert.ok(after.get('ebb-reset.service')?.has('systemd-fsck-root.service'));
  assert.ok(after.get('sysroot.mount')?.has('ebb-reset.service'));
  for (const name of after.get('systemd-fsck-root.service') ?? []) {
    if (name.endsWith('.target')) assert.ok(after.get('ebb-reset.service')?.has(name), name);
  }
});

for (const [outcome, ends, told] of [
  ['that fails', 'exit 4', 'the check of a file system failed'],
  ['that passes', 'exit 0', 'no device is configured'],
] as const) {
  test(`a check of the root ${outcome}, in a real systemd`, { skip: noSystemd }, (t) => {
    const reset = unit
      .replace(/[\s\S]*\[Unit\]\n/, '[Unit]\n')
      .replace(/^AssertPathExists=.*\n/m, '')
      .replace('/usr/lib/ebb/reset-root', '/bin/sh /repository/boot/reset-root')
      .replace('[Service]\n', '[Service]\nExecStartPre=/bin/sh -c "echo reset >>/output"\n');
    const seen = bootWith(
      temporaryDirectory(t),
      {
        'systemd-fsck-root': `Type=oneshot\nRemainAfterExit=yes\nExecStart=/bin/sh -c "sleep 0.3; echo checked >>/output; ${ends}"`,
        'ebb-reset': `Environment=EBB_ENV=/dev/null\n${reset}`,
      },
      '',
      'cat /run/ebb/reset-failed >>/output',
    );
    assert.deepEqual(seen.split('\n'), ['checked', 'reset', told, '']);
  });
}

test('a check that failed is asked of systemd, where that runs the initrd', { skip: needsRoot }, () => {
  const workplace = new Workplace();
  try {
    const shims = workplace.make('shims');
    const PATH = `${shims}:${process.env['PATH']}:/sbin:/usr/sbin`;
    const asked = (answer: string): string | undefined => {
      writeFileSync(join(shims, 'systemctl'), `#!/bin/sh\n${answer}\n`, { mode: 0o755 });
      return runInInitrd(workplace, { env: { PATH } }).failure;
    };
    const failed = 'systemd-fsck@dev-vda2.service loaded failed failed File System Check';
    assert.equal(
      asked(`case "$*" in *failed*systemd-fsck*) echo '${failed}' ;; esac`),
      'the check of a file system failed',
    );
    assert.equal(asked('exit 1'), 'no device is configured');
    assert.equal(asked('echo; exit 0'), 'no device is configured');
  } finally {
    workplace.close();
  }
});
