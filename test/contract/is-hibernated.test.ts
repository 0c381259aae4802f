/** Whether a machine was put to disk, by what the kernel and systemd go by: real swap headers on loop devices. */
import assert from 'node:assert/strict';
import { closeSync, openSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { runInInitrd } from '../support/initrd-world.ts';
import { needsRoot, run, Workplace } from '../support/workplace.ts';

const shells = { dash: ['dash'], busybox: ['busybox', 'sh'] } as const;
const UUID = '11111111-2222-3333-4444-555555555555';
/** Of a swap file that lies somewhere on a disk. */
const OFFSET = 37;

describe('is-hibernated', { skip: needsRoot }, () => {
  let workplace: Workplace;
  let asleep: string;
  let awake: string;
  before(() => {
    workplace = new Workplace();
    asleep = swap('asleep', { uuid: UUID, signature: 'S1SUSPEND\0' });
    awake = swap('awake', {});
  });
  after(() => workplace.close());

  /** A loop device with a swap on it; `signature` is what a kernel that goes to sleep writes over its own. */
  function swap(name: string, how: { pageSize?: number; uuid?: string; signature?: string; at?: number }): string {
    const { pageSize = 4096, uuid, signature, at = 0 } = how;
    const image = join(workplace.path, name);
    run('truncate', ['-s', '2M', image]);
    if (at === 0) run('mkswap', ['-q', '-p', `${pageSize}`, ...(uuid === undefined ? [] : ['-U', uuid]), image]);
    const fd = openSync(image, 'r+');
    if (signature !== undefined) writeSync(fd, signature, at * pageSize + pageSize - 10);
    closeSync(fd);
    const device = run('losetup', ['--find', '--show', image]).trim();
    workplace.onClose(() => run('losetup', ['-d', device]));
    return device;
  }

  function deviceNumber(device: string): string {
    return run('lsblk', ['-dno', 'MAJ:MIN', device]).trim();
  }

  /** The device that it names, under every shell; undefined: the machine was not put to disk. */
  function found(how: Omit<Parameters<typeof runInInitrd>[1], 'script' | 'shell'>): string | undefined {
    const [dash, busybox] = Object.values(shells).map((shell) =>
      runInInitrd(workplace, { ...how, script: 'is-hibernated', shell }),
    );
    assert.deepEqual([dash?.status, dash?.said], [busybox?.status, busybox?.said]);
    assert.equal(dash?.status, dash?.said === '' ? 1 : 0, dash?.said);
    return dash?.said.trim() || undefined;
  }

  test('by the device, its number, or what it is called', () => {
    for (const resume of [asleep, deviceNumber(asleep), `UUID=${UUID}`]) {
      assert.equal(found({ commandLine: `quiet resume=${resume} splash` }), asleep, resume);
    }
  });

  test('a partition is known by its name and id, where udev made no links', () => {
    const uevent = `MAJOR=7\nMINOR=1\nDEVNAME=${asleep.slice(5)}\nDEVTYPE=partition\nPARTNAME=my-swap\nPARTUUID=aa-bb\n`;
    const files = {
      '/sys/class/block/sda1/uevent': `DEVNAME=${awake.slice(5)}\nPARTNAME=other\n`,
      '/sys/class/block/sda2/uevent': uevent,
    };
    for (const resume of ['PARTLABEL=my-swap', 'PARTUUID=aa-bb']) {
      assert.equal(found({ files, commandLine: `resume=${resume}` }), asleep, resume);
    }
    assert.equal(found({ files, commandLine: 'resume=PARTLABEL=other' }), undefined);
    assert.equal(found({ files, commandLine: 'resume=PARTLABEL=none' }), undefined);
  });

  test('a swap that holds no system is none, and neither is what is not there', () => {
    for (const resume of ['', awake, '/dev/nothing', 'UUID=no-such', '999:999', '/etc/passwd']) {
      assert.equal(found({ commandLine: `resume=${resume}` }), undefined, resume);
    }
    assert.equal(found({}), undefined);
  });

  test('of several the last one counts', () => {
    assert.equal(found({ commandLine: `resume=${awake} resume=${asleep}` }), asleep);
    assert.equal(found({ commandLine: `resume=${asleep} resume=${awake}` }), undefined);
  });

  test('a kernel that is told not to resume does not', () => {
    for (const word of ['noresume', 'hibernate=noresume', 'hibernate=no']) {
      assert.equal(found({ commandLine: `resume=${asleep} ${word}` }), undefined, word);
    }
  });

  test('the signature stands at the end of a page, however large the pages are', () => {
    for (const pageSize of [8192, 16_384, 65_536]) {
      const device = swap(`pages of ${pageSize}`, { pageSize, signature: 'S1SUSPEND\0' });
      assert.equal(found({ commandLine: `resume=${device}` }), device, `${pageSize}`);
    }
    const device = swap('of uswsusp', { signature: 'ULSUSPEND\0' });
    assert.equal(found({ commandLine: `resume=${device}` }), device);
  });

  test('a swap file is found by its place on the disk', () => {
    for (const pageSize of [4096, 16_384]) {
      const device = swap(`file ${pageSize}`, { pageSize, signature: 'S1SUSPEND\0', at: OFFSET });
      assert.equal(found({ commandLine: `resume_offset=${OFFSET} resume=${device}` }), device);
      assert.equal(found({ commandLine: `resume=${device}` }), undefined);
      assert.equal(found({ commandLine: `resume=${device} resume_offset=x` }), undefined);
    }
  });

  test('what the kernel was told since counts too', () => {
    const told = (device: string, offset: number) => ({
      files: { '/sys/power/resume': `${device}\n`, '/sys/power/resume_offset': `${offset}\n` },
    });
    assert.equal(found(told(deviceNumber(asleep), 0)), asleep);
    assert.equal(found(told(deviceNumber(asleep), 1)), undefined);
    assert.equal(found(told('0:0', 0)), undefined);
  });

  test('systemd keeps the place in an EFI variable', () => {
    const variable = (text: string) => ({
      '/sys/firmware/efi/efivars/HibernateLocation-8cf2644b-4b0b-428f-9387-6d876050dc67': Buffer.concat([
        Buffer.from([7, 0, 0, 0]),
        Buffer.from(`${text}\0`, 'utf16le'),
      ]),
    });
    const location = JSON.stringify({ uuid: UUID, offset: 0, kernelVersion: '6.12' });
    assert.equal(found({ files: variable(location) }), asleep);
    assert.equal(found({ files: variable(location.replace('0,', '"1",')) }), undefined);
    assert.equal(found({ files: variable('nonsense') }), undefined);
  });
});
