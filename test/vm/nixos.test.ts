/**
 * What ebb's module for NixOS makes of a configuration, used: its environment file, scripts, units and fstab in an initrd with
 * systemd as nixpkgs makes it, and in the system that it boots.
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { parseMountInfo } from '../../src/core/mount-table.ts';
import { withoutNix } from '../support/nix-evaluation.ts';
import { isRoot } from '../support/workplace.ts';
import { bcachefsToolsOrReason } from './support/bcachefs-tools.ts';
import { reasonAgainst } from './support/debian-initramfs.ts';
import { factsOf } from './support/debian-root.ts';
import { type Kernel, kernelOrReason } from './support/kernel.ts';
import type { Outcome } from './support/machine.ts';
import { UUID } from './support/nixos-bcachefs.ts';
import { initrdUnitsIn, type UnitInInitrd } from './support/nixos-initrd.ts';
import { type HowItIs, NixosMachine } from './support/nixos-machine.ts';
import { GENERATION } from './support/nixos-system.ts';

const kernel = kernelOrReason();
const missing = typeof kernel === 'string' ? kernel : isRoot ? withoutNix : 'only root may mount';
const unavailable = missing === false ? (reasonAgainst('dracut') ?? false) : missing;

const btrfs = { filesystem: 'btrfs', root: '{ filesystem = "btrfs"; device = "/dev/vda"; }' } as const;
const bcachefs = {
  filesystem: 'bcachefs',
  root: `{ filesystem = "bcachefs"; device = [ "/dev/vda" "/dev/vdb" ]; uuid = "${UUID}"; options = [ "degraded" ]; }`,
} as const;
const ext4 = { filesystem: 'ext4', root: '{ filesystem = "directory"; device = "/dev/vda"; }' } as const;

/** What systemd says of sysroot.mount where the reset has failed, and the machine is not to boot. */
const FAILED = 'Dependency failed for';

const soaked = process.env['EBB_TEST_SOAK'] === undefined && 'only where EBB_TEST_SOAK is set';

/** Of a system with systemd: whether all its units are well, and what ebb's have done. */
const wholeStory = `
fact state "$(systemctl is-system-running --wait)"
systemctl --failed --no-legend --plain
fact remounted "$(systemctl show -P Result systemd-remount-fs)"
fact recorded "$(grep -o '"ended":"[a-z]*"' /.ebb/boot.json) $(find /.ebb/baseline -size +0)"
fact ended "$(grep -ho '"ended":"[a-z]*"' /.snapshots/old_roots/*/.ebb/boot.json)"
fact old "$(cat /.snapshots/old_roots/*/marker | tr '\\n' ' ')"
`;

async function using(how: Omit<HowItIs, 'kernel'>, use: (machine: NixosMachine) => Promise<void>): Promise<void> {
  const machine = new NixosMachine({ ...how, kernel: kernel as Kernel });
  try {
    await use(machine);
  } finally {
    machine.close();
  }
}

/** Mount points of the disk, and which part of it each shows. */
function partsIn(console: string): Map<string, string> {
  const table = /^mounts begin\n(.*)^mounts end$/ms.exec(console)?.[1] ?? '';
  const ofDisk = parseMountInfo(table).filter(({ source }) => source.startsWith('/dev/vd'));
  return new Map(ofDisk.map(({ point, subtree }) => [point, subtree]));
}

/** What every boot that goes well has to show. */
function assertBooted({ console, status }: Outcome): { facts: Map<string, string>; units: Map<string, UnitInInitrd> } {
  assert.equal(status, 0, console);
  const facts = factsOf({ console, status });
  assert.equal(facts.get('persisted'), 'kept', console);
  assert.equal(facts.get('failure'), '', console);
  const parts = partsIn(console);
  for (const [point, part] of Object.entries({ '/': '/@root', '/nix': '/@nix', '/persist': '/@persist' }))
    assert.equal(parts.get(point), part, console);
  const units = initrdUnitsIn(console);
  const [reset, mount, nix] = ['ebb-reset.service', 'sysroot.mount', 'sysroot-nix.mount'].map((name) =>
    units.get(name),
  );
  assert.ok(reset && mount && nix, console);
  assert.equal(reset.result, 'success', console);
  assert.ok(reset.starts > 0 && reset.starts <= mount.begins && mount.starts <= nix.begins, console);
  return { facts, units };
}

describe('NixOS', { skip: unavailable }, () => {
  test('on btrfs begins each boot with an empty root, or stops where the reset fails', () =>
    using({ ...btrfs, system: 'small' }, async (machine) => {
      const one = assertBooted(await machine.boot({ story: 'echo one >/marker' }));
      // systemd has made what it mounts at.
      assert.equal(one.facts.get('fresh'), 'nix persist');
      assert.equal(one.facts.get('marker'), '');
      const after = one.units.get('ebb-reset.service')?.after ?? [];
      for (const unit of ['dev-vda.device', 'systemd-hibernate-resume.service']) assert.ok(after.includes(unit), unit);
      assertBooted(await machine.boot({ story: 'echo two >/marker' }));
      assert.deepEqual(machine.markers(), { root: 'two', kept: ['first', 'one'] });
      machine.onDisk((top) => {
        const { generation, sequence } = JSON.parse(readFileSync(join(top, '@root/.ebb/boot.json'), 'utf8'));
        assert.deepEqual({ generation, sequence }, { generation: GENERATION, sequence: 2 });
      });

      const halted = await machine.boot({
        options: 'onFailure = "halt"; blank = "@blank";',
        commandLine: 'systemd.show_status=1',
        cutAt: FAILED,
      });
      assert.equal(halted.status, undefined, halted.console);
      assert.ok(halted.console.includes(FAILED), halted.console);
      assert.match(halted.console, /the root was not reset: there is no .*@blank/);
      assert.deepEqual(machine.markers(), { root: 'two', kept: ['first', 'one'] });
    }));

  test('on ext4 resets a directory when it has been checked, and mounts the parts of the device', () =>
    using({ ...ext4, system: 'small' }, async (machine) => {
      const { console, status } = await machine.boot({ story: 'echo one >/marker' });
      const { units } = assertBooted({ console, status });
      const [check, reset] = [units.get('systemd-fsck-root.service'), units.get('ebb-reset.service')];
      assert.ok(check && reset && check.starts > 0 && check.starts <= reset.begins, console);
      assert.deepEqual(machine.markers(), { root: 'one', kept: ['first'] });
    }));

  test(
    'goes on with the root that is there where the reset fails, and waits for ever where it is to halt',
    {
      skip: soaked,
    },
    () =>
      using({ ...ext4, system: 'small' }, async (machine) => {
        const blank = 'blank = "@blank";';
        const { console, status } = await machine.boot({ options: blank });
        assert.equal(status, 0, console);
        const facts = factsOf({ console, status });
        assert.equal(facts.get('marker'), 'first', console);
        assert.match(facts.get('failure') ?? '', /there is no .*@blank/);
        // Nobody can log in, and the initrd tries again and again.
        const halted = await machine.boot({
          options: `onFailure = "halt"; ${blank}`,
          cutAt: 'You are in emergency mode',
          cutAfter: 15_000,
        });
        assert.doesNotMatch(halted.console, /mounts begin/);
        assert.ok(halted.console.split('the root was not reset').length > 2, halted.console);
        assert.deepEqual(machine.markers(), { root: 'first', kept: [] });
      }),
  );

  test('a reset that died is not run again below the root that is mounted by then', { skip: soaked }, () =>
    using({ ...btrfs, system: 'small' }, async (machine) => {
      const dies = '#!/bin/sh\necho >/dev/console\necho "reset begins" >/dev/console\nkill -9 $$\n';
      const { console } = await machine.boot({ change: (initrd) => initrd.file('etc/ebb/reset-root', dies) });
      assert.match(console, /^mounts begin$/m);
      assert.equal(console.match(/^reset begins$/gm)?.length, 1, console);
    }),
  );

  for (const how of [btrfs, ext4, bcachefs]) {
    test(`on ${how.filesystem} boots a whole system with its units, twice`, { skip: soaked }, async (t) => {
      const tools = how === bcachefs ? bcachefsToolsOrReason() : undefined;
      if (typeof tools === 'string') return t.skip(tools);
      await using({ ...how, system: 'systemd', ...(tools === undefined ? {} : { tools }) }, async (machine) => {
        const one = await machine.boot({ story: `${wholeStory} echo one >/marker` });
        const { facts } = assertBooted(one);
        assert.equal(facts.get('state'), 'running', one.console);
        assert.equal(facts.get('remounted'), 'success', one.console);
        assert.equal(facts.get('recorded'), '"ended":"running" /.ebb/baseline', one.console);
        assert.equal(facts.get('old'), 'first ', one.console);
        assert.equal(partsIn(one.console).get('/.snapshots'), '/@snapshots', one.console);
        assert.match(one.console, /^ebb was called: check --at-shutdown warn$/m);
        const two = await machine.boot({ story: `${wholeStory} echo two >/marker` });
        const later = assertBooted(two).facts;
        assert.equal(later.get('state'), 'running', two.console);
        assert.equal(later.get('ended'), '"ended":"clean"', two.console);
        assert.deepEqual((later.get('old') ?? '').trim().split(' ').sort(), ['first', 'one'], two.console);
        if (how !== bcachefs) return;
        // It is waited for as long as for any device, which is 90 seconds where nothing is said.
        const gone = { disks: 1, commandLine: 'systemd.default_device_timeout_sec=10' };
        const three = await machine.boot({ story: wholeStory, ...gone });
        assert.equal(assertBooted(three).facts.get('old')?.trim().split(' ').length, 3, three.console);
      });
    });
  }
});
