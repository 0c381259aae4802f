import { writeSync } from 'node:fs';
import { createRequire } from 'node:module';
import { version } from './version.ts';

// The whole of it before anything else is loaded: scripts ask for it often.
if (process.argv.length === 3 && process.argv[2] === '--version') {
  try {
    writeSync(1, `${version}\n`);
  } catch {
    // A full disk, or nobody who reads it.
    process.exitCode = 2;
  }
} else {
  // The other bundle. Not `import`, for which Node would load a second module system.
  const { runProcess } = createRequire(import.meta.url)('./process.cjs') as typeof import('./process.ts');
  void runProcess();
}
