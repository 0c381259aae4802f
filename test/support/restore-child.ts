/** `restore` as a process that can be killed: OLD_ROOTS TARGET LOCKS force|keep PATH… It says when it begins. */
import { Failure } from '../../src/core/failure.ts';
import { restored } from './restore-host.ts';

const [oldRoots = '', to = '', locks = '', mode = '', ...paths] = process.argv.slice(2);
process.stdout.write('begins\n');
try {
  const report = restored(paths, { oldRoots, to, locks, force: mode === 'force' });
  process.exitCode = report.failures.length === 0 && report.stopped === undefined ? 0 : 3;
} catch (error) {
  if (!(error instanceof Failure) || error.code !== 'locked') throw error;
  process.exitCode = 11;
}
