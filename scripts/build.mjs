// Bundles src/ into dist/, and compiles the catalogue and what is known of messages.
import { spawnSync } from 'node:child_process';
import { chmodSync, cpSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
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
  // V8 has all of it to read at each start. Where something does go wrong, Node prints the line that it happened in, and
  // the map beside tells what that was.
  minify: true,
  lineLimit: 160,
  sourcemap: 'external',
  sourcesContent: false,
  logLevel: 'warning',
};
try {
  const entryPoints = ['src/cli/main.ts', 'src/cli/process.ts', 'src/cli/examination-thread.ts'];
  await build({ ...options, entryPoints, outdir: directory });
  // The reader of the catalogue is bundled too, since not every Node reads TypeScript.
  const reader = `${directory}/read-catalogue.cjs`;
  await build({ ...options, entryPoints: ['src/linux/catalogue.ts'], outfile: reader });
  const { loadCatalogue, packRules } = (await import(resolve(reader))).default;
  const { entries, rules } = loadCatalogue('catalogue');
  writeFileSync(`${directory}/catalogue.json`, JSON.stringify(packRules(rules)));
  writeFileSync(`${directory}/catalogue-entries.json`, JSON.stringify(entries));
  const messages = `${directory}/read-messages.cjs`;
  await build({ ...options, entryPoints: ['src/linux/messages.ts'], outfile: messages });
  const { loadMessagePatterns } = (await import(resolve(messages))).default;
  writeFileSync(`${directory}/messages.json`, JSON.stringify(loadMessagePatterns('messages')));
  for (const file of [reader, messages]) for (const made of [file, `${file}.map`]) rmSync(made);
  cpSync('boot', `${directory}/boot`, { recursive: true });
  keepCompiled(directory);
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

/** What V8 compiles for the first run of a command, so that no later one has to wait for it. */
function keepCompiled(dist) {
  const example = mkdtempSync(`${tmpdir()}/ebb-example-`);
  const oldRoots = `${example}/old_roots`;
  for (const sequence of [1, 2, 3]) {
    const root = `${oldRoots}/2026-01-0${sequence}_08-15-00`;
    mkdirSync(`${root}/.ebb`, { recursive: true });
    const boot = { schema: 'ebb.boot/1', sequence, bootedAt: `2026-01-0${sequence}T08:15:00Z`, ended: 'clean' };
    writeFileSync(`${root}/.ebb/boot.json`, JSON.stringify(boot));
    for (const name of ['notes.txt', 'host.key', 'data.db']) writeFileSync(`${root}/${name}`, `${name} ${sequence}`);
  }
  // What it takes to read units is compiled, too.
  const service = `[Service]\nExecStart=/usr/bin/a --data /srv/a\nStateDirectory=a\nUser=a\n`;
  for (const [directory, name, content] of [
    ['systemd/system', 'a.service', service],
    ['systemd/system/a.service.d', 'b.conf', '[Service]\nCacheDirectory=%N\n'],
    ['tmpfiles.d', 'a.conf', 'L /srv/link - - - - /srv/a\nd /srv/b 0755 root root 10d\n'],
    ['sysusers.d', 'a.conf', 'u a - "A" /srv/a\n'],
  ]) {
    mkdirSync(`${oldRoots}/2026-01-01_08-15-00/etc/${directory}`, { recursive: true });
    writeFileSync(`${oldRoots}/2026-01-01_08-15-00/etc/${directory}/${name}`, content);
  }
  const place = ['--old-roots', oldRoots];
  for (const words of [
    ['diff', '--root', `${oldRoots}/2026-01-01_08-15-00`, '--against', 'nothing'],
    ['ls', ...place],
    ['find', '/notes.txt', ...place],
    ['gc', '--dry-run', ...place],
  ]) {
    spawnSync(process.execPath, ['scripts/code-cache.cjs', dist, ...words], { stdio: 'ignore' });
  }
  rmSync(example, { recursive: true });
}
