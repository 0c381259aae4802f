// Bundles src/ into dist/ and compiles the catalogue.
import { spawnSync } from 'node:child_process';
import { chmodSync, copyFileSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { resolve } from 'node:path';
import { build } from 'esbuild';

// Built beside and then put in place: an ebb that is started meanwhile finds a whole one.
const directory = mkdtempSync('dist.');
const options = {
  bundle: true,
  // Not ESM: Node loads that with a machinery that costs more than a diff of a small root.
  format: 'cjs',
  outExtension: { '.js': '.cjs' },
  define: { 'import.meta.url': 'importMetaUrl' },
  banner: { js: "const importMetaUrl = require('node:url').pathToFileURL(__filename).href;" },
  platform: 'node',
  target: 'node22',
  external: ['koffi', '@koromix/*'],
  minifySyntax: true,
  minifyWhitespace: true,
  // Where something does go wrong, Node prints the line that it happened in.
  lineLimit: 160,
  logLevel: 'warning',
};
try {
  const entryPoints = ['src/cli/main.ts', 'src/cli/process.ts', 'src/cli/examination-thread.ts'];
  await build({ ...options, entryPoints, outdir: directory });
  // The reader of the catalogue is bundled too, since not every Node reads TypeScript.
  const reader = `${directory}/read-catalogue.cjs`;
  await build({ ...options, entryPoints: ['src/linux/catalogue.ts'], outfile: reader });
  const { loadCatalogue, packRules } = (await import(resolve(reader))).default;
  writeFileSync(`${directory}/catalogue.json`, JSON.stringify(packRules(loadCatalogue('catalogue'))));
  rmSync(reader);
  copyFileSync('boot/reset-root', `${directory}/reset-root`);
  // What V8 compiles for a first diff, so that no other one has to wait for it.
  const example = mkdtempSync(`${tmpdir()}/ebb-example-`);
  for (const name of ['notes.txt', 'host.key', 'data.db']) writeFileSync(`${example}/${name}`, name);
  const arguments_ = ['scripts/code-cache.cjs', directory, 'diff', '--root', example, '--against', 'nothing'];
  spawnSync(process.execPath, arguments_, { stdio: 'ignore' });
  rmSync(example, { recursive: true });
  rmSync('dist.old', { recursive: true, force: true });
  try {
    renameSync('dist', 'dist.old');
  } catch (error) {
    if (error.code !== 'ENOENT') throw error;
  }
  // Others than the one who built it start it too.
  chmodSync(directory, 0o755);
  renameSync(directory, 'dist');
} finally {
  rmSync(directory, { recursive: true, force: true });
  rmSync('dist.old', { recursive: true, force: true });
}
