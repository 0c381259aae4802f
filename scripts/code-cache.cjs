// Runs the built program once, as src/cli/main.ts does, and keeps what V8 compiled for it: usage: code-cache.cjs DIST
// COMMAND ARGUMENTS…
const { readFileSync, writeFileSync } = require('node:fs');
const { createRequire } = require('node:module');
const { resolve } = require('node:path');
const { Script } = require('node:vm');

const [, , directory, command] = process.argv;
const dist = resolve(directory);
const filename = `${dist}/process.cjs`;
const wrapped = `(function (exports, require, module, __filename, __dirname) {${readFileSync(filename, 'latin1')}\n})`;
// Where it lies now is where nobody will run it: V8 takes the name that it has then.
const script = new Script(wrapped, { filename: 'process.cjs' });
const module_ = { exports: {} };
script.runInThisContext()(module_.exports, createRequire(filename), module_, filename, dist);
// ebb reads its arguments from the process, and drops the first two words.
process.argv.splice(1, 2, `${dist}/main.cjs`);
module_.exports.runProcess().then(() => writeFileSync(`${dist}/${command}.cache`, script.createCachedData()));
