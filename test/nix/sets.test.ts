/** Persistence sets: what is in them, and how they are put together. What a configuration makes of them: sets-auto.test.ts. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { evaluate, evaluationError, forEachLib, nixString, withoutNix } from '../support/nix-evaluation.ts';
import { hostKeys, juni, minimalServer } from '../support/seed-lists.ts';

interface Directory {
  readonly directory: string;
  readonly user?: string;
  readonly group?: string;
  readonly mode?: string;
}

interface Lists {
  readonly directories: readonly Directory[];
  readonly files: readonly { readonly file: string }[];
}

interface Composition extends Lists {
  readonly users: Lists;
}

interface PersistenceSet extends Composition {
  readonly title: string;
  readonly kind: string;
  readonly patterns: readonly string[];
}

const sets = '(import (repository + "/nix/sets.nix") { inherit lib; })';
const compose = (...names: string[]): Composition =>
  evaluate(`${sets}.compose [ ${names.map(nixString).join(' ')} ]`) as Composition;
const all = (): Record<string, PersistenceSet> => evaluate(`${sets}.sets`) as Record<string, PersistenceSet>;
const pathsOf = ({ directories, files }: Lists): string[] => [
  ...directories.map(({ directory }) => directory),
  ...files.map(({ file }) => file),
];
const skip = withoutNix;

test("server-minimal is the seed's template for a minimal server, path by path", { skip }, () => {
  const { directories, files, users } = compose('server-minimal');
  assert.deepEqual(
    directories,
    minimalServer.directories.map((directory) => ({ directory })),
  );
  assert.deepEqual(
    files,
    minimalServer.files.map((file) => ({ file })),
  );
  assert.deepEqual(users, { directories: [], files: [] });
});

test("desktop-minimal is what the seed's desktop keeps, path by path", { skip }, () => {
  const { directories, files, users } = compose('desktop-minimal');
  assert.deepEqual(
    directories,
    juni.directories.map((directory) => ({ directory })),
  );
  assert.deepEqual(
    files,
    juni.files.map((file) => ({ file })),
  );
  const keys = ['.ssh', '.gnupg'];
  assert.deepEqual(users, {
    // Made anew they are for nobody else, as the programs make them.
    directories: juni.home.map((directory) => (keys.includes(directory) ? { directory, mode: '0700' } : { directory })),
    files: [],
  });
});

test('containers has volumes and the roots of NixOS containers, and no layers of images', { skip }, () => {
  assert.deepEqual(pathsOf(compose('containers')), [
    '/var/lib/containers/storage/volumes',
    '/var/lib/nixos-containers',
  ]);
  for (const path of pathsOf(compose('containers', 'podman', 'docker'))) assert.doesNotMatch(path, /overlay|image/);
});

test('every path of a set can be declared: absolute, no pattern, not below what each boot makes', { skip }, () => {
  for (const [name, set] of Object.entries(all())) {
    const system = pathsOf(set);
    for (const path of system) {
      assert.match(path, /^(\/[^/*?[\]\\]+)+$/, name);
      assert.doesNotMatch(path, /^\/(nix|tmp|run|proc|sys|dev|var\/run|var\/tmp)(\/|$)/, name);
      assert.doesNotMatch(path, /^\/(opt|usr)\/|^\/(var|var\/lib|var\/lib\/private|etc)$/, name);
    }
    const homes = pathsOf(set.users);
    for (const path of homes) assert.match(path, /^[^/*?[\]\\~]+(\/[^/*?[\]\\]+)*$/, name);
    for (const paths of [system, homes]) {
      assert.deepEqual(paths, [...new Set(paths)], `${name}: no path twice`);
      for (const path of paths) {
        const above = paths.find((other) => path.startsWith(`${other}/`));
        assert.equal(above, undefined, `${name}: ${path} lies in ${above}`);
      }
    }
  }
});

test('what a service with a dynamic user keeps is in /var/lib/private, and nobody owns it before it starts', {
  skip,
}, () => {
  const known = all();
  for (const [name, directory] of [
    ['adguardhome', 'AdGuardHome'],
    ['n8n', 'n8n'],
    ['open-webui', 'open-webui'],
    ['openbao', 'openbao'],
    ['uptime-kuma', 'uptime-kuma'],
  ] as const) {
    assert.deepEqual(known[name]?.directories, [{ directory: `/var/lib/private/${directory}` }], name);
  }
  const paths = Object.values(known).flatMap(pathsOf);
  for (const path of paths.filter((it) => it.startsWith('/var/lib/private/'))) {
    assert.ok(!paths.includes(path.replace('/private/', '/')), path);
  }
});

test('the services of the seed keep what their modules of NixOS keep', { skip }, () => {
  const known = all();
  const of = (name: string) => pathsOf(known[name] as PersistenceSet);
  assert.deepEqual(of('forgejo'), ['/var/lib/forgejo']);
  assert.deepEqual(of('zitadel'), ['/var/lib/zitadel']);
  assert.deepEqual(of('trilium'), ['/var/lib/trilium']);
  assert.deepEqual(of('opengist'), ['/var/lib/opengist']);
  assert.deepEqual(of('nixarr'), ['/data/.state/nixarr', '/data/media']);
  assert.deepEqual(of('postgresql'), ['/var/lib/postgresql', '/var/backup/postgresql']);
  assert.deepEqual(of('fail2ban'), ['/var/lib/fail2ban']);
  assert.deepEqual(of('headscale'), ['/var/lib/headscale']);
  assert.deepEqual(of('dnsmasq'), ['/var/lib/dnsmasq']);
  assert.deepEqual(of('tailscale'), ['/var/lib/tailscale']);
  assert.deepEqual(of('acme'), ['/var/lib/acme']);
  assert.deepEqual(of('flatpak'), ['/var/lib/flatpak']);
  // Its name depends on the release that the machine was installed with.
  assert.deepEqual(of('vaultwarden').slice(0, 2), ['/var/lib/vaultwarden', '/var/lib/bitwarden_rs']);
  assert.deepEqual(of('network-manager'), ['/etc/NetworkManager/system-connections', '/var/lib/NetworkManager']);
  assert.deepEqual(of('podman'), ['/var/lib/containers/storage/volumes', '/var/lib/containers/storage/secrets']);
});

test('what only other distributions have is in no set', { skip }, () => {
  const known = all();
  assert.deepEqual(pathsOf(known['dpkg'] as PersistenceSet), []);
  const paths = new Set(Object.values(known).flatMap(pathsOf));
  for (const path of [
    '/etc/postgresql',
    '/opt/AdGuardHome',
    '/var/lib/mumble-server',
    '/var/lib/portage',
    '/var/snap',
  ]) {
    assert.ok(!paths.has(path), path);
  }
});

test('sets together have each path once, in the directory that has it, with its owner', { skip }, () => {
  assert.deepEqual(compose('forgejo', 'postgresql', 'forgejo').directories, [
    { directory: '/var/lib/forgejo', user: 'forgejo', group: 'forgejo', mode: '0750' },
    { directory: '/var/lib/postgresql', user: 'postgres', group: 'postgres', mode: '0750' },
    { directory: '/var/backup/postgresql', user: 'postgres', mode: '0700' },
  ]);
  // /var/lib/systemd has /var/lib/systemd/coredump, /var/log has /var/log/journal; tailscale knows whose its directory is.
  const { directories } = compose('server-minimal', 'nixos', 'tailscale');
  assert.deepEqual(
    directories.map(({ directory }) => directory),
    [
      '/var/lib/nixos',
      '/var/log',
      '/var/lib/tailscale',
      '/etc/NetworkManager/system-connections',
      '/var/lib/acme',
      '/var/lib/systemd',
    ],
  );
  const tailscale = { directory: '/var/lib/tailscale', user: 'root', group: 'root', mode: '0700' };
  assert.deepEqual(directories[2], tailscale);
  assert.deepEqual(compose('tailscale', 'server-minimal').directories[0], tailscale);
});

test('a service of a file about several goes by its own name, and has what is its own', { skip }, () => {
  assert.deepEqual(pathsOf(compose('redmine')), ['/var/lib/redmine']);
  assert.deepEqual(pathsOf(compose('metabase')), ['/var/lib/private/metabase']);
  assert.ok(pathsOf(compose('small-web-apps')).includes('/var/lib/private/metabase'));
});

test('a name that no set has is an error that says which were meant', { skip }, () => {
  const errorOf = (name: string): string => evaluationError(`${sets}.compose [ ${nixString(name)} ]`) ?? '';
  assert.match(errorOf('forgeo'), /no persistence set "forgeo"\. Is it one of: forgejo[,?]/);
  assert.match(errorOf('postgres'), /Is it one of: postgresql[,?]/);
  assert.match(errorOf('AdGuard'), /Is it one of: .*adguardhome/);
  assert.match(errorOf('NetworkManager'), /Is it one of: networkmanager, network-manager\?/);
  assert.match(errorOf('server_minimal'), /Is it one of: server-minimal/);
  assert.match(errorOf('qqqqqqqqqqqqqq'), /persistence-sets\.md has all of them/);
});

test('a set is read when it is asked for, and not before', { skip }, () => {
  const directory = mkdtempSync(join(tmpdir(), 'ebb-sets-'));
  try {
    writeFileSync(join(directory, 'general.toml'), '');
    writeFileSync(join(directory, 'broken.toml'), 'nothing = [');
    writeFileSync(
      join(directory, 'fine.toml'),
      `title = "Fine"\nkind = "service"\nsources = ["a test"]\n[[path]]\npaths = ["/var/lib/fine"]\ncategory = "state"\nwhy = "it"\n`,
    );
    const own = `(import (repository + "/nix/sets.nix") { inherit lib; catalogue = /. + ${nixString(directory)}; })`;
    assert.deepEqual(evaluate(`${own}.compose [ "server-minimal" "fine" ]`), {
      directories: [...minimalServer.directories, '/var/lib/fine'].map((path) => ({ directory: path })),
      files: minimalServer.files.map((file) => ({ file })),
      users: { directories: [], files: [] },
    });
    assert.match(evaluationError(`${own}.compose [ "broken" ]`) ?? '', /TOML/i);
  } finally {
    rmSync(directory, { recursive: true });
  }
});

test('paths of a file of the catalogue: what is kept, where NixOS has it', { skip }, () => {
  const given = (toml: string): unknown =>
    evaluate(`let
      paths = import (repository + "/nix/sets/paths.nix") { inherit lib; };
      entry = builtins.fromTOML ${nixString(`title = "It"\nkind = "service"\nnixos = ["services.it"]\nsources = ["a test"]\n${toml}`)};
      set = import (repository + "/nix/sets/from-catalogue.nix") { inherit lib paths; } entry;
    in map (place: "\${place.kind} \${place.path}") set.places`);
  const path = (lines: string): string => `[[path]]\ncategory = "state"\n${lines}\n`;
  // A cache is not kept, unless its path says so; nor is what somebody has to decide on.
  assert.deepEqual(given('[[path]]\npaths = ["/var/cache/it"]\ncategory = "cache"'), []);
  assert.deepEqual(given('[[path]]\npaths = ["/var/cache/it"]\ncategory = "cache"\npersist = "yes"'), [
    'directory /var/cache/it',
  ]);
  assert.deepEqual(given(path('paths = ["/var/lib/it"]\npersist = "optional"')), []);
  // Outside of /var and the homes only what the path says that NixOS has.
  assert.deepEqual(given(path('paths = ["/etc/it", "/opt/it", "~/.it"]\nexact = ["/var/it.conf"]')), [
    'directory ~/.it',
    'file /var/it.conf',
  ]);
  assert.deepEqual(given(path('paths = ["/etc/it"]\nnixos = ["services.it"]')), ['directory /etc/it']);
  assert.deepEqual(given(path('paths = ["/var/lib/it"]\nnixos = []')), []);
  assert.deepEqual(given(path('paths = ["/var/lib/it"]\nelsewhere = ["/var/it"]') + path('exact = ["/var/it/key"]')), [
    'directory /var/lib/it',
  ]);
  // What is replaced as a whole is kept with the directory that is said instead.
  assert.deepEqual(given(path('exact = ["/var/lib/it/a.json"]\ninstead = "/var/lib/it"')), ['directory /var/lib/it']);
  // All that is in a directory is the directory; a part of a name is a pattern, unless something has it.
  assert.deepEqual(given(path('paths = ["/var/lib/it/*", "/var/lib/it-*", "/var/*"]')), [
    'directory /var/lib/it',
    'pattern /var/lib/it-*',
    'pattern /var/*',
  ]);
  assert.deepEqual(given(path('paths = ["/var/lib/it"]') + path('exact = ["/var/lib/it/*/key", "/var/lib/it-*"]')), [
    'directory /var/lib/it',
    'pattern /var/lib/it-*',
  ]);
  assert.deepEqual(given(path('exact = ["/var/lib/it"]\ntypes = ["directory"]')), ['directory /var/lib/it']);
  assert.deepEqual(given(path('paths = ["/var/lib/it", "/var/lib/private/it"]')), ['directory /var/lib/private/it']);
});

forEachLib('each set is taken by impermanence, and by preservation', (evaluateWith) => {
  const told = evaluateWith(`
    let
      sets = import (repository + "/nix/sets.nix") { inherit lib; };
      owners = lib.genAttrs [ "forgejo" "postgres" ] (_: { isSystemUser = true; group = "users"; });
      impermanent = evaluate {
        modules = [
          impermanence
          { users.users = owners; }
          { environment.persistence."/a" = sets.impermanence.server-minimal; }
          { environment.persistence."/b" = sets.impermanence.forgejo; }
          { environment.persistence."/c" = sets.impermanence.open-webui; }
        ];
      };
      preserved = evaluate {
        modules = [
          preservation
          { users.users = owners; preservation.enable = true; boot.initrd.systemd.enable = true; }
          { preservation.preserveAt."/a" = sets.preservation.server-minimal; }
          { preservation.preserveAt."/b" = sets.preservation.forgejo; }
          { preservation.preserveAt."/c" = sets.preservation.open-webui; }
        ];
      };
      of = name: choose: map choose impermanent.config.environment.persistence.\${name}.directories;
      at = name: preserved.config.preservation.preserveAt.\${name};
    in {
      server = of "/a" (it: it.dirPath);
      serverFiles = map (it: it.filePath) impermanent.config.environment.persistence."/a".files;
      forgejo = of "/b" (it: { inherit (it) dirPath user group mode; });
      private = of "/c" (it: it.dirPath);
      early = map (it: it.directory) (lib.filter (it: it.inInitrd) (at "/a").directories);
      preservedFiles = map (it: { inherit (it) file how inInitrd configureParent; }) (at "/a").files;
      preservedForgejo = map (it: { inherit (it) directory user group mode; }) (at "/b").directories;
      preservedPrivate = map (it: { inherit (it) directory configureParent; inherit (it.parent) mode; }) (at "/c").directories;
      all = builtins.length (builtins.attrNames sets.impermanence) == builtins.length (builtins.attrNames sets.preservation);
    }`) as Record<string, unknown>;
  const forgejo = { user: 'forgejo', group: 'forgejo', mode: '0750' };
  const key = (file: string) => ({ file, how: 'symlink', inInitrd: false, configureParent: true });
  assert.deepEqual(told, {
    server: minimalServer.directories,
    serverFiles: minimalServer.files,
    forgejo: [{ dirPath: '/var/lib/forgejo', ...forgejo }],
    private: ['/var/lib/private/open-webui'],
    early: ['/var/lib/nixos'],
    preservedFiles: [
      { file: '/etc/machine-id', how: 'bindmount', inInitrd: true, configureParent: false },
      ...hostKeys.map(key),
    ],
    preservedForgejo: [{ directory: '/var/lib/forgejo', ...forgejo }],
    preservedPrivate: [{ directory: '/var/lib/private/open-webui', configureParent: true, mode: '0700' }],
    all: true,
  });
});

test('all files of the catalogue are read in less than two seconds', { skip }, () => {
  const begin = performance.now();
  assert.ok(Object.keys(all()).length > 600);
  assert.ok(performance.now() - begin < 2000, `${Math.round(performance.now() - begin)} ms`);
});
