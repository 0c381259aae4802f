// Bundles src/ into dist/ and compiles the catalogue. Run by the Node that the repository brings.
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { build } from 'esbuild';

rmSync('dist', { recursive: true, force: true });
mkdirSync('dist');
await build({
  entryPoints: ['src/cli/main.ts', 'src/cli/examination-thread.ts'],
  outdir: 'dist',
  bundle: true,
  splitting: true,
  format: 'esm',
  platform: 'node',
  target: 'node22',
  external: ['koffi', '@koromix/*'],
  minifySyntax: true,
  logLevel: 'warning',
});
const { loadCatalogue } = await import('../src/linux/catalogue.ts');
writeFileSync('dist/catalogue.json', JSON.stringify(loadCatalogue('catalogue')));
