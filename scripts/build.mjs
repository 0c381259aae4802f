// Bundles src/ into dist/ and compiles the catalogue. Run by the Node that the repository brings.
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { build } from 'esbuild';

rmSync('dist', { recursive: true, force: true });
mkdirSync('dist');
await build({
  entryPoints: ['src/cli/main.ts', 'src/cli/process.ts', 'src/cli/examination-thread.ts'],
  outdir: 'dist',
  outExtension: { '.js': '.cjs' },
  bundle: true,
  // Not ESM: Node loads that with a machinery that costs more than a diff of a small root.
  format: 'cjs',
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
});
const { loadCatalogue } = await import('../src/linux/catalogue.ts');
writeFileSync('dist/catalogue.json', JSON.stringify(loadCatalogue('catalogue')));
