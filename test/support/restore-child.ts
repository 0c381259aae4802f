/** `restore` as a process that can be killed: OLD_ROOTS TARGET force|keep PATH… */
import { restored } from './restore-host.ts';

const [oldRoots = '', to = '', mode = '', ...paths] = process.argv.slice(2);
process.stdout.write('begins\n');
const report = restored(paths, { oldRoots, to, force: mode === 'force' });
process.exitCode = report.failures.length === 0 && report.stopped === undefined ? 0 : 3;
