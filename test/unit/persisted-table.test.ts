/** What `boot/persist-paths` is given: parents first, nothing that its shell could take for more than a path. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { DeclaredPath } from '../../src/core/configuration.ts';
import { persistedTable } from '../../src/core/persisted-table.ts';
import type { RawPath } from '../../src/core/rawpath.ts';
import { configurationOf } from '../../src/linux/configuration.ts';
import { anyRaw } from '../support/arbitrary-names.ts';

function tableOf(toml: string): string {
  return persistedTable(configurationOf(toml).declared);
}

test('parents come first and once, with the modes that they have everywhere; a home is its user’s', () => {
  const table = tableOf(`
    [persistence."/persist"]
    hide_mounts = true
    directories = ["/var/lib/private/app", "/var/log", { directory = "/var/lib/colord", user = "colord", group = "video", mode = "0750" }]
    files = ["/etc/machine-id", { file = "/var/lib/colord/x", method = "link" }]
    [persistence."/persist".users.josh]
    directories = [".config/app"]`);
  assert.deepEqual(table.trimEnd().split('\n'), [
    'parent 0755 root - /persist /var',
    'directory+hidden 0755 root - /persist /var/log',
    'parent 0755 root - /persist /etc',
    'file+hidden 0644 root - /persist /etc/machine-id',
    'parent 0755 root - /persist /var/lib',
    'directory+hidden 0750 colord video /persist /var/lib/colord',
    'parent 0700 root - /persist /var/lib/private',
    'directory+hidden 0755 root - /persist /var/lib/private/app',
    'link 0644 root - /persist /var/lib/colord/x',
    'parent 0755 root - /persist /home',
    'parent 0700 josh - /persist /home/josh',
    'parent 0755 josh - /persist /home/josh/.config',
    'directory+hidden 0755 josh - /persist /home/josh/.config/app',
  ]);
});

for (const wrong of ['user = "a b"', 'user = "-R"', 'group = "a:b"', 'mode = "u+q"', 'mode = "0755 -R"']) {
  test(`${wrong} is refused`, () => {
    assert.throws(() => tableOf(`[persistence."/p"]\ndirectories = [{ directory = "/x", ${wrong} }]`), /line 2/);
  });
}

test('a user whose name is none is refused', () => {
  assert.throws(
    () => tableOf('[persistence."/p".users."a/b"]\ndirectories = ["x"]'),
    /users\.a\/b: is no name of a user/,
  );
});

test('whatever bytes a path has, its line has six words of printable ASCII', () => {
  const path = fc
    .array(
      anyRaw.map((raw) => raw.replaceAll(/[/\0]/g, '') || 'x'),
      { minLength: 1, maxLength: 4 },
    )
    .map((names) => `/${names.join('/')}` as RawPath);
  fc.assert(
    fc.property(fc.array(path, { minLength: 1, maxLength: 4 }), (paths) => {
      const declared = paths.map(
        (one): DeclaredPath => ({
          ...{ path: one, kind: 'directory', storage: '/persist' as RawPath, method: 'bind', hidden: false },
          ...{ owner: { user: 'root', group: undefined, mode: '0755' }, home: undefined, declaredIn: '' },
        }),
      );
      for (const line of persistedTable(declared).trimEnd().split('\n')) {
        assert.match(line, /^(parent|directory) 0755 root - \/persist \/[!-~]*$/);
        assert.equal(line.split(' ').length, 6);
        assert.doesNotMatch(line.replaceAll(/\\0[0-7]{3}/g, ''), /[\\'"$`;&|<>*?#]/);
      }
    }),
  );
});
