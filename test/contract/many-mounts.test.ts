/** Thousands of mounts, in a mount namespace of their own: the machine's table is not touched. */
import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { examineElsewhere } from '../support/examine-elsewhere.ts';
import { record } from '../support/test-host.ts';
import { told } from '../support/told.ts';
import { has, needsRoot, Workplace } from '../support/workplace.ts';

const COUNT = 2000;
const missing = ['unshare', 'python3'].find((program) => !has(program));
const skip = needsRoot || (missing === undefined ? false : `${missing} is not installed`);

describe(`${COUNT} bind mounts upon a root`, { skip }, () => {
  let workplace: Workplace;
  before(() => {
    workplace = new Workplace();
  });
  after(() => workplace.close());

  it('are all taken for coverage, by both methods, within seconds', async () => {
    const root = workplace.make('root');
    const kept = workplace.make('kept');
    mkdirSync(join(root, 'srv'));
    mkdirSync(join(root, 'etc/ebb'), { recursive: true });
    writeFileSync(join(kept, 'data'), 'x');
    const declared = Array.from({ length: COUNT }, (_, i) => `"/srv/m${i}"`).join(', ');
    writeFileSync(join(root, 'etc/ebb/config.toml'), `[persistence."/persist"]\ndirectories = [${declared}]`);
    await record(root);
    for (let i = 0; i < COUNT; i++) mkdirSync(join(root, `srv/m${i}`));
    writeFileSync(join(root, 'srv/m7-old'), 'x');
    // mount(8) would read the whole table for each of them.
    const program = `import ctypes, sys
libc = ctypes.CDLL(None, use_errno=True)
for i in range(${COUNT}):
    assert libc.mount(sys.argv[1].encode(), f"{sys.argv[2]}/srv/m{i}".encode(), None, 4096, None) == 0`;
    const prepare = `python3 -S -c '${program}' '${kept}' '${root}'`;
    for (const noKoffi of [false, true]) {
      const { diff, milliseconds } = examineElsewhere({ root, prepare }, { noKoffi, ownMounts: true });
      assert.equal(diff?.view.method, noKoffi ? 'mount-table' : 'open_tree');
      assert.deepEqual(told(diff?.changes ?? []), ['added unknown /srv/m7-old']);
      assert.deepEqual(
        diff?.warnings.filter(({ code }) => code === 'not-covered'),
        [],
      );
      assert.ok(milliseconds < 20_000, `${milliseconds} ms`);
    }
  });
});
