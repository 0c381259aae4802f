/**
 * The scripted initrd of NixOS: what it copies, and the commands that it runs when it may have resumed, by the shell and the
 * programs of busybox as there, among stubs of its own functions. nixos/modules/system/boot/stage-1-init.sh has these.
 */
import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { runInInitrd } from '../support/initrd-world.ts';
import { evaluate, nixString, withoutNix } from '../support/nix-evaluation.ts';
import { has, needsRoot, run, Workplace } from '../support/workplace.ts';

const unavailable = needsRoot || withoutNix || (has('busybox') ? false : 'busybox is not installed');
const boot = join(import.meta.dirname, '../../boot');

/** As it is there; `fail` is told to go on once, and then to stop. */
const stage1 = (extraUtils: string, commands: string) => `
export PATH=${extraUtils}/bin
fail() {
  failed=$((failed + 1))
  echo "asked, time $failed"
  [ $failed -lt 2 ] || exit 9
}
trap 'echo stopped' 0
waitDevice() { echo "waits for $1"; test -e "$1"; }
failed=0
fsType=
${commands}
echo 'goes on'
`;

describe('the scripted initrd', { skip: unavailable }, () => {
  let workplace: Workplace;
  before(() => {
    workplace = new Workplace();
  });
  after(() => workplace.close());

  /** Boots of one btrfs. */
  class World {
    readonly top = workplace.make('top');
    readonly device = workplace.image('mkfs.btrfs', 128);

    constructor() {
      workplace.mount([this.device], this.top);
      run('btrfs', ['-q', 'subvolume', 'create', join(this.top, '@root')]);
      writeFileSync(join(this.top, '@root/marker'), 'first');
      mkdirSync(join(this.top, '@persist'));
      writeFileSync(join(this.top, '@persist/state'), 'kept');
    }

    boot(options = '') {
      const root = `{ filesystem = "btrfs"; device = ${nixString(this.device)}; ${options} }`;
      const settings = `{ ebb = { enable = true; root = ${root}; }; boot.initrd.systemd.enable = false; }`;
      const { extraUtilsCommands, postResumeCommands } = evaluate(`{
        inherit ((evaluate { modules = [ module ${settings} ]; }).config.boot.initrd) extraUtilsCommands postResumeCommands;
      }`) as Record<'extraUtilsCommands' | 'postResumeCommands', string>;
      const extraUtils = workplace.make('extra-utils');
      mkdirSync(join(extraUtils, 'bin'));
      // Before the scripts are copied there, nixpkgs has done this.
      const busybox = run('sh', ['-c', 'command -v busybox']).trim();
      run(busybox, ['--install', '-s', join(extraUtils, 'bin')]);
      run('ln', ['-sf', run('sh', ['-c', 'command -v btrfs']).trim(), join(extraUtils, 'bin')]);
      const copied = extraUtilsCommands.replace(/\/nix\/store\/\w{32}-([\w-]+)/g, `${boot}/$1`);
      run('env', [`out=${extraUtils}`, 'sh', '-euc', copied]);
      const script = join(extraUtils, 'init');
      writeFileSync(script, stage1(extraUtils, postResumeCommands));
      // Its /bin/sh is busybox, too.
      const shell = `mount --bind ${busybox} "$(readlink -f /bin/sh)"`;
      return runInInitrd(workplace, { shell: ['busybox', 'sh', script], before: shell });
    }

    kept(): string[] {
      const oldRoots = join(this.top, '@snapshots/old_roots');
      return readdirSync(oldRoots).map((name) => readFileSync(join(oldRoots, name, 'marker'), 'utf8'));
    }
  }

  test('waits for the device and resets the root, and leaves nothing mounted', () => {
    const world = new World();
    const { said, console, mounts } = world.boot();
    assert.match(said, new RegExp(`^waits for ${world.device}\n`));
    assert.match(said, /^goes on$/m);
    assert.match(console, /the root was reset/);
    assert.equal(mounts, '');
    assert.deepEqual(readdirSync(join(world.top, '@root')), ['.ebb']);
    assert.deepEqual(world.kept(), ['first']);
  });

  test('goes on with the root that is there where the reset fails, and says so', () => {
    const world = new World();
    const { said, failure } = world.boot('blank = "@blank";');
    assert.match(failure ?? '', /there is no .*@blank/);
    assert.match(said, /^goes on$/m);
    assert.doesNotMatch(said, /asked/);
    assert.equal(readFileSync(join(world.top, '@root/marker'), 'utf8'), 'first');
  });

  test('does not go on where it is to halt, whatever key is pressed, until the reset has gone well', () => {
    const world = new World();
    const halting = 'blank = "@blank"; onFailure = "halt";';
    const { said, status } = world.boot(halting);
    assert.equal(status, 9);
    assert.match(said, /asked, time 1\n(?:.*\n)*asked, time 2\n/);
    assert.doesNotMatch(said, /goes on/);
    run('btrfs', ['-q', 'subvolume', 'create', join(world.top, '@blank')]);
    assert.match(world.boot(halting).said, /^goes on$/m);
    assert.deepEqual(world.kept(), ['first']);
  });

  test('a name that a shell would take apart is only a name', () => {
    const world = new World();
    const name = "it's $(touch injected)\n`echo`";
    const { said } = world.boot(`subvolume = ${nixString(name)}; onFailure = "boot";`);
    assert.match(said, /^goes on$/m);
    assert.ok(readdirSync(world.top).includes(name), said);
  });
});
