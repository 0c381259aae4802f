/** The ephemeral root takes the place of the top level that an initrd has mounted, or the top level stays as it was. */
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, beforeEach, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { parseMountInfo } from '../../src/core/mount-table.ts';
import { type InitrdOutcome, type InitrdRun, runInInitrd } from '../support/initrd-world.ts';
import { places } from '../support/old-roots-place.ts';
import { shells, shimsOf } from '../support/reset-world.ts';
import { has, run, Workplace } from '../support/workplace.ts';

const filesystems = places.filter(({ kind }) => ['ext4', 'xfs'].includes(kind));
const script = fileURLToPath(new URL('../../boot/mount-root', import.meta.url));
const PATH = `${process.env['PATH']}:/sbin:/usr/sbin`;

for (const { kind, unavailable } of filesystems) {
  // To mount-root, one is as good as the other.
  const rare = kind === 'xfs' && process.env['EBB_TEST_SOAK'] === undefined && 'only where EBB_TEST_SOAK is set';
  describe(`mount-root on ${kind}`, { skip: unavailable ?? rare }, () => {
    let workplace: Workplace;
    let device: string;
    /** Where the initrd mounts the root. */
    let newRoot: string;
    /** Where the disk is mounted all the time: making it ready for that takes longest. */
    let held: string;
    before(() => {
      workplace = new Workplace();
      device = workplace.image(`mkfs.${kind}`, kind === 'xfs' ? 300 : 32);
      newRoot = workplace.make('new root');
      held = workplace.make('held');
      workplace.mount([device], held);
    });
    after(() => workplace.close());
    beforeEach(() => onDisk('rm -rf ./@* && mkdir @root && echo x >@root/marker'));

    const onDisk = (commands: string): string => run('sh', ['-euc', `cd "$1" && ${commands}`, 'sh', held]);

    /** After the initrd has mounted the top level, as `options` say. `before`: more commands, before or instead. */
    function mountRoot({ options = 'rw', before = '', ...how }: InitrdRun & { options?: string } = {}): InitrdOutcome {
      const mount = options === '' ? '' : `mount -o ${options} ${device} '${newRoot}'`;
      return runInInitrd(workplace, {
        ...{ script: 'mount-root', args: [newRoot], ...how },
        before: `umount '${held}'\n${mount}\n${before}`,
        env: { PATH, EBB_DEVICE: device, ...how.env },
      });
    }

    /** What of the disk is mounted, and where. */
    const mountsOf = ({ table }: InitrdOutcome) =>
      parseMountInfo(table)
        .filter(({ source }) => source === device)
        .map(({ point, subtree }) => `${subtree} at ${point}`);
    const optionsOf = ({ table }: InitrdOutcome): string =>
      table
        .split('\n')
        .find((line) => line.includes(` - ${kind} ${device} `))
        ?.split(' ')[5] ?? '';

    function assertMounted(outcome: InitrdOutcome): void {
      assert.equal(outcome.status, 0, outcome.said);
      assert.deepEqual(mountsOf(outcome), [`/@root at ${newRoot}`], outcome.said);
      assert.equal(outcome.failure, undefined);
    }

    function assertAsItWas(outcome: InitrdOutcome, status: number, why: RegExp): void {
      assert.deepEqual([outcome.status, mountsOf(outcome)], [status, [`/ at ${newRoot}`]], outcome.said);
      assert.match(outcome.failure ?? '', why);
      assert.match(outcome.console, /^<2>ebb: @root was not mounted: /);
    }

    for (const [name, shell] of Object.entries(shells)) {
      test(`under ${name}, the root is mounted with the options of the top level, and nothing else is`, {
        skip: has(shell[0]) ? false : 'not installed',
      }, () => {
        for (const options of ['rw,nosuid,noatime', 'ro,nodev,relatime']) {
          // It is writable where it is held.
          const before = `mount ${device} '${newRoot}'; mount -o remount,bind,${options} '${newRoot}'`;
          const outcome = mountRoot({ shell, options: '', before });
          assertMounted(outcome);
          assert.equal(outcome.said, '');
          assert.equal(optionsOf(outcome), options);
        }
      });
    }

    test('below mounts that are shared, as those of systemd are, too', () => {
      const shared = 'mount --make-rshared /';
      assertMounted(mountRoot({ options: '', before: `${shared}; mount ${device} '${newRoot}'` }));
      onDisk('mv @root @other');
      const outcome = mountRoot({ options: '', before: `${shared}; mount ${device} '${newRoot}'` });
      assertAsItWas(outcome, 1, /no directory @root/);
    });

    test('where the root is mounted already, nothing is done', () => {
      const there = workplace.make('there');
      const before = `mount ${device} '${there}'; mount -o bind '${there}/@root' '${newRoot}'; umount '${there}'`;
      assertMounted(mountRoot({ options: '', before, shell: shimsThat(workplace, 'exit 1', ['mount', 'umount']) }));
    });

    for (const [outcome, prepare, check] of [
      ['the root is mounted', 'true', assertMounted],
      [
        'the top level is as it was',
        'mv @root @other',
        (of: InitrdOutcome) => assertAsItWas(of, 1, /no directory @root/),
      ],
    ] as const) {
      test(`killed at every command, and run again: ${outcome}`, (t) => {
        onDisk(prepare);
        const shims = workplace.make('shims');
        shimsOf(shims, ['mkdir', 'mount', 'sed', 'stat', 'umount']);
        let cuts = 0;
        for (const when of ['before', 'after']) {
          for (let at = 1; ; at++) {
            writeFileSync(join(shims, 'count'), '0');
            const killed = `echo $$ >'${shims}/pid'; exec dash '${script}' '${newRoot}'`;
            const env = `PATH='${shims}:${PATH}' KILL_AT=${at} KILL_WHEN=${when}`;
            // What a shim does that was killed with its script is not to be met with by the next run.
            const again = mountRoot({ before: `${env} sh -c "${killed.replaceAll('$', '\\$')}"` });
            check(again);
            if (Number(readFileSync(join(shims, 'count'), 'utf8')) < at) break;
            cuts++;
          }
        }
        t.diagnostic(`${cuts} cuts`);
        assert.ok(cuts > 12);
      });
    }

    test('a root of any name, at any depth', () => {
      onDisk("mkdir -p '@my roots/the #1' && mv @root '@my roots/the #1/now'");
      const outcome = mountRoot({ env: { EBB_ROOT: '@my roots/the #1/now' } });
      assert.equal(outcome.status, 0, outcome.said);
      assert.deepEqual(mountsOf(outcome), [`/@my roots/the #1/now at ${newRoot}`]);
    });

    test('no link is followed, and no name leads above the top level', () => {
      onDisk('mv @root real && ln -s real @root && mkdir @roots && mv real @roots/real && ln -s @roots @linked');
      assertAsItWas(mountRoot(), 1, /there is no directory @root/);
      for (const [name, why] of [
        ['@linked/real', /there is no directory/],
        ['@roots/../@roots/real', /is no path from the top level/],
        ['/@roots/real', /is no path from the top level/],
      ] as const) {
        const outcome = mountRoot({ env: { EBB_ROOT: name } });
        assert.deepEqual([outcome.status, mountsOf(outcome)], [1, [`/ at ${newRoot}`]]);
        assert.match(outcome.failure ?? '', why);
      }
      assert.equal(mountRoot({ env: { EBB_ROOT: '@roots/real' } }).status, 0);
    });

    test('who uses the top level keeps it, and is not in the way', () => {
      assertMounted(mountRoot({ before: `exec 9<'${newRoot}/.'` }));
    });

    test('what counts is what is mounted, not what a program ends with', () => {
      const lies = shimsThat(workplace, `/bin/$name "$@"; exit 1`, ['mount', 'umount']);
      assertMounted(mountRoot({ shell: lies }));
      // Nothing is mounted or unmounted where this is about the root.
      const idle = 'case "$*" in *@root*) exit 0 ;; esac; exec /bin/$name "$@"';
      assertAsItWas(mountRoot({ shell: shimsThat(workplace, idle, ['mount']) }), 1, /shows nothing$/);
      const kept = `case "$*" in *'${newRoot}') exit 0 ;; esac; exec /bin/$name "$@"`;
      assertAsItWas(mountRoot({ shell: shimsThat(workplace, kept, ['umount']) }), 1, / is in use$/);
    });

    test('where the top level cannot be put back either, the machine does not boot', () => {
      const first = `case "$*" in *' /run/ebb/mount-root') exec /bin/$name "$@" ;; esac; exit 1`;
      const outcome = mountRoot({ shell: shimsThat(workplace, first, ['mount']) });
      assert.equal(outcome.status, 3);
      assert.match(outcome.failure ?? '', /nothing is mounted at .* now$/);
      // Whoever mends it finds the top level, and so does another run.
      assert.deepEqual(mountsOf(outcome), ['/ at /run/ebb/mount-root']);
    });

    test('whether a machine boots without its root is a setting; the reset is spoken of first', () => {
      onDisk('mv @root @other');
      assertAsItWas(mountRoot({ env: { EBB_ON_FAILURE: 'halt' } }), 3, /no directory @root/);
      const told = mountRoot({ before: 'mkdir -p /run/ebb; echo because >/run/ebb/reset-failed' });
      assert.deepEqual([told.status, told.failure], [1, 'because']);
    });

    test('mended and run again, it has not failed', () => {
      onDisk('mv @root @other');
      const before = `dash '${script}' '${newRoot}'; mv '${newRoot}/@other' '${newRoot}/@root'`;
      assertMounted(mountRoot({ before }));
    });

    test('what is not the top level stays', () => {
      const elsewhere = workplace.make('elsewhere');
      for (const [options, before, mounts, why] of [
        ['', '', [], /nothing is mounted at /],
        [
          '',
          `mount ${device} '${elsewhere}'; mount -o bind '${elsewhere}/@other' '${newRoot}'`,
          [`/ at ${elsewhere}`, `/@other at ${newRoot}`],
          /\/@other is mounted, not the top level/,
        ],
        [
          'rw',
          `mount -o bind '${newRoot}/@other' '${newRoot}/@other'`,
          [`/ at ${newRoot}`, `/@other at ${newRoot}/@other`],
          /something is mounted below /,
        ],
      ] as const) {
        onDisk('mkdir -p @other');
        const outcome = mountRoot({ options, before });
        assert.deepEqual([outcome.status, mountsOf(outcome)], [1, mounts], outcome.said);
        assert.match(outcome.failure ?? '', why);
      }
    });

    test('another root that boots, as of a system to mend this one, stays as it is', () => {
      const other = workplace.image(`mkfs.ext4`, 32);
      const outcome = mountRoot({ env: { EBB_DEVICE: other, EBB_ON_FAILURE: 'halt' } });
      assert.deepEqual([outcome.status, mountsOf(outcome), outcome.failure], [0, [`/ at ${newRoot}`], undefined]);
      assert.match(outcome.console, /^<5>ebb: the root that boots is not on /);
    });

    test('on btrfs an option of the mount does it', () => {
      const outcome = mountRoot({ env: { EBB_FILESYSTEM: 'btrfs' } });
      assert.deepEqual([outcome.status, mountsOf(outcome), outcome.said], [0, [`/ at ${newRoot}`], '']);
    });

    test('where nothing is reset, the root is mounted all the same', () => {
      assertMounted(mountRoot({ commandLine: 'ebb.skip resume=/dev/null' }));
    });
  });
}

/** A shell on whose PATH these programs are a line of shell, in which `$name` is what they are called. */
function shimsThat(workplace: Workplace, line: string, names: readonly string[]): string[] {
  const shims = workplace.make('shims');
  for (const name of names) writeFileSync(join(shims, name), `#!/bin/sh\nname=${name}\n${line}\n`, { mode: 0o755 });
  return ['env', `PATH=${shims}:${PATH}`, 'dash'];
}
