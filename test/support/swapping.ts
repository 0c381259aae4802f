import { spawn } from 'node:child_process';
import { once } from 'node:events';

/** Does `act` while another process turns `x/y` of every old root into a symlink and back, as fast as it can. */
export async function whileSwapping(directory: string, outside: string, act: () => void): Promise<void> {
  const attacker = spawn(process.execPath, ['--input-type=module', '-e', swapping, directory, outside]);
  await once(attacker.stdout, 'data');
  try {
    act();
  } finally {
    attacker.kill('SIGKILL');
    await once(attacker, 'close');
  }
}

const swapping = `
  import { readdirSync, renameSync, symlinkSync, unlinkSync, writeSync } from 'node:fs';
  const [directory, outside] = process.argv.slice(-2);
  const quietly = (act) => { try { act(); } catch {} };
  for (let round = 0; ; round++) {
    for (const name of readdirSync(directory)) {
      const x = directory + '/' + name + '/x';
      quietly(() => { renameSync(x + '/y', x + '/away'); symlinkSync(outside, x + '/y'); });
      quietly(() => { unlinkSync(x + '/y'); renameSync(x + '/away', x + '/y'); });
    }
    if (round === 0) writeSync(1, 'begun');
  }
`;
