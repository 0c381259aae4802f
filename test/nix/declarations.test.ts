/** `ebb.declarations`: a file that ebb writes, beside what a configuration says itself. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after } from 'node:test';
import { evaluationError, forEachLib, nixString } from '../support/nix-evaluation.ts';

const directory = mkdtempSync(join(tmpdir(), 'ebb-declarations-'));
after(() => rmSync(directory, { recursive: true }));

function file(name: string, content: unknown): string {
  const path = join(directory, name);
  writeFileSync(path, JSON.stringify(content));
  return `(/. + ${nixString(path)})`;
}

const declarations = file('persistence.json', {
  schema: 'ebb.declarations/1',
  persistence: {
    '/persist': {
      directories: ['/var/lib/forgejo', '/var/log/', { directory: '/var/lib/colord', user: 'colord', mode: '0750' }],
      files: ['/etc/machine-id', '/etc/adjtime'],
      users: { josh: { directories: ['.ssh', 'projects'], files: ['.bash_history'] } },
    },
  },
  ignore: ['/etc/.pwd.lock'],
});
const machine = (module: string, own: string) => `(evaluate {
  modules = [
    module
    ${module}
    {
      ebb = { enable = true; declarations = ${declarations}; sets = [ "server-minimal" ]; };
      users.users = { josh.isNormalUser = true; colord = { isSystemUser = true; group = "colord"; }; };
      users.groups.colord = { };
    }
    (${own})
  ];
})`;
const told = (module: string, own: string) =>
  `let it = ${machine(module, own)}; in { paths = map (one: one.path) it.config.ebb.persisted; inherit (it.config.ebb) ignore; }`;
const sorted = (value: unknown) => (value as { paths: string[] }).paths.sort();

for (const [module, option] of [
  ['impermanence', 'environment.persistence'],
  ['preservation', 'preservation.preserveAt'],
] as const) {
  forEachLib(
    `${module}: what a file declares is kept, once, beside sets and what the configuration says`,
    (evaluate) => {
      const alone = evaluate(told(module, '{ }'));
      const own = `{ ${option}."/persist" = {
      directories = [ "/var/log" { directory = "/var/lib/colord"; } ];
      files = [ "/etc/machine-id" ];
      users.josh.directories = [ ".ssh" ];
    }; }`;
      const beside = evaluate(told(module, own));
      const paths = sorted(alone);
      assert.deepEqual(new Set(paths).size, paths.length);
      for (const path of ['/var/lib/forgejo', '/etc/adjtime', '/home/josh/projects', '/home/josh/.bash_history']) {
        assert.ok(paths.includes(path), path);
      }
      assert.deepEqual(sorted(beside), paths);
      assert.deepEqual((alone as { ignore: string[] }).ignore, ['/etc/.pwd.lock']);
      const entries = evaluate(`let it = (${machine(module, own)}).config.${option}."/persist"; in {
      directories = map (one: one.directory) it.directories;
      files = map (one: one.file) it.files;
    }`) as { directories: string[]; files: string[] };
      for (const names of [entries.directories, entries.files])
        assert.equal(new Set(names).size, names.length, `${names}`);
    },
  );
}

forEachLib('a file of another form is an error that says so', (_evaluate, lib) => {
  const error = (name: string, content: unknown) =>
    evaluationError(
      `(evaluate { modules = [ module { ebb = { enable = true; declarations = ${file(name, content)}; }; } ]; }).config.ebb.ignore`,
      lib,
    ) ?? '';
  assert.match(
    error('other.json', { schema: 'ebb.diff/1' }),
    /other\.json is no document of the schema ebb\.declarations\/1/,
  );
  assert.match(error('list.json', []), /list\.json is no document of the schema/);
  assert.match(
    error('more.json', { schema: 'ebb.declarations/1', imports: [] }),
    /more\.json has imports, which is not known/,
  );
});
