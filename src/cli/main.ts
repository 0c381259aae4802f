import { enableCompileCache } from 'node:module';
import { version } from './version.ts';

// The whole of it before anything else is loaded: scripts ask for it often.
if (process.argv.length === 3 && process.argv[2] === '--version') {
  process.stdout.write(`${version}\n`);
} else {
  enableCompileCache(process.env['EBB_COMPILE_CACHE']);
  void import('./process.ts').then(({ runProcess }) => runProcess());
}
