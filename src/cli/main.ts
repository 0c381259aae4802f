import { readFileSync, writeSync } from 'node:fs';
import { createRequire } from 'node:module';
import { Script } from 'node:vm';
import { version } from './version.ts';

/**
 * The other bundle, which is all of ebb but this. V8 takes longer to compile it than a diff of a small root takes, so
 * the build left what it compiled beside it (scripts/code-cache.cjs). V8 refuses that, and compiles, where it was made
 * by another V8; then it is only slower.
 */
function loadProgram(command = ''): typeof import('./process.ts') {
  const filename = `${__dirname}/process.cjs`;
  const source = readFileSync(filename, 'latin1');
  const cachedData = compiledFor(command) ?? compiledFor('diff');
  const wrapped = `(function (exports, require, module, __filename, __dirname) {${source}\n})`;
  const script = new Script(wrapped, cachedData === undefined ? { filename } : { filename, cachedData });
  const module = { exports: {} as typeof import('./process.ts') };
  script.runInThisContext()(module.exports, createRequire(filename), module, filename, __dirname);
  return module.exports;
}

/** What was compiled for a command; undefined where nothing was, which nothing depends on. */
function compiledFor(command: string): Buffer | undefined {
  if (!/^[a-z]+$/.test(command)) return undefined;
  try {
    return readFileSync(`${__dirname}/${command}.cache`);
  } catch {
    return undefined;
  }
}

// The whole of it before anything else is loaded: scripts ask for it often.
if (process.argv.length === 3 && process.argv[2] === '--version') {
  try {
    writeSync(1, `${version}\n`);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code !== 'EPIPE') {
      process.stderr.write(`ebb: the output could not be written: ${message}\n`);
      process.exitCode = 2;
    }
  }
} else {
  void loadProgram(process.argv[2]).runProcess();
}
