/** The hosts of nix/examples keep what the fleet's document lists for them, path by path. */
import assert from 'node:assert/strict';
import { forEachLib } from '../support/nix-evaluation.ts';
import { type ExampleHost, forEachLibOfHosts, type HostName, hostNames } from '../support/nixos-examples.ts';
import { juni, minimalServer } from '../support/seed-lists.ts';

interface Paths {
  readonly directories?: readonly string[];
  readonly files?: readonly string[];
  readonly users?: Readonly<Record<string, readonly string[]>>;
}

const server = ({ directories = [], files = [] }: Paths): Paths => ({
  directories: [...minimalServer.directories, ...directories],
  files: [...minimalServer.files, ...files],
});

/** The document's lists. It has none for the three that stand for a filesystem: two are servers, one a desktop of its own. */
const listed: Readonly<Record<HostName, Paths>> = {
  juni: { directories: juni.directories, files: juni.files, users: { josh: juni.home } },
  h001: server({
    directories: [
      '/var/lib/forgejo',
      '/var/lib/zitadel',
      '/var/lib/openbao',
      '/bao-keys',
      '/var/lib/trilium',
      '/var/lib/opengist',
      '/var/lib/open-webui',
      '/var/lib/n8n',
      '/var/lib/nixarr/state',
      '/var/lib/containers',
    ],
  }),
  h002: {},
  h003: server({
    directories: ['/var/lib/AdGuardHome', '/var/lib/dnsmasq'],
    files: ['/boot/keyfile_nvme0n1p1'],
  }),
  l001: server({ directories: ['/var/lib/headscale'] }),
  o001: server({ directories: ['/var/lib/vaultwarden', '/var/lib/postgresql', '/var/lib/fail2ban'] }),
  btrfs: server({}),
  ext4: {},
  tmpfs: server({}),
};

interface Deviation {
  readonly host: HostName;
  /** What the document lists; undefined: nothing of the kind. */
  readonly listed?: string;
  /** What is kept. */
  readonly kept: string;
  readonly isFile?: true;
  readonly because: string;
}

const ownDesktop = 'a desktop of its own, of which the document lists nothing';
const deviations: readonly Deviation[] = [
  {
    host: 'h001',
    listed: '/var/lib/containers',
    kept: '/var/lib/containers/storage/volumes',
    because: 'further down the document says it: volumes, not overlay, which is made again',
  },
  {
    host: 'h001',
    kept: '/var/lib/nixos-containers',
    because: 'further down the document says it: for NixOS containers',
  },
  {
    host: 'h003',
    listed: '/var/lib/AdGuardHome',
    kept: '/var/lib/private/AdGuardHome',
    because: 'its user is dynamic: the path that is listed is a link of systemd’s, and a mount there stops the service',
  },
  { host: 'btrfs', kept: '/home/josh/.ssh', because: 'what is a user’s is shown with preservation, too' },
  { host: 'btrfs', kept: '/home/josh/projects', because: 'what is a user’s is shown with preservation, too' },
  ...[
    '/var/log',
    '/var/lib/bluetooth',
    '/var/lib/nixos',
    '/var/lib/systemd',
    '/etc/NetworkManager/system-connections',
    '/home/josh/.ssh',
    '/home/josh/projects',
    '/home/josh/.mozilla',
    '/home/josh/.local/share/keyrings',
  ].map((kept): Deviation => ({ host: 'ext4', kept, because: ownDesktop })),
  { host: 'ext4', kept: '/etc/machine-id', isFile: true, because: ownDesktop },
  { host: 'ext4', kept: '/home/josh/.bash_history', isFile: true, because: ownDesktop },
];

function expected(name: HostName): Map<string, 'directory' | 'file'> {
  const { directories = [], files = [], users = {} } = listed[name];
  const paths = new Map<string, 'directory' | 'file'>();
  for (const path of directories) paths.set(path, 'directory');
  for (const path of files) paths.set(path, 'file');
  for (const [user, own] of Object.entries(users))
    for (const path of own) paths.set(`/home/${user}/${path}`, 'directory');
  for (const { host, listed: instead, kept, isFile } of deviations) {
    if (host !== name) continue;
    if (instead !== undefined) assert.ok(paths.delete(instead), `${name} has no ${instead} to keep otherwise`);
    assert.ok(!paths.has(kept), `${kept} is listed: no deviation`);
    paths.set(kept, isFile ? 'file' : 'directory');
  }
  return paths;
}

const linesOf = (paths: Iterable<readonly [string, string]>): string[] =>
  [...paths].map(([path, kind]) => `${kind} ${path}`).sort();

forEachLibOfHosts('each host keeps what is listed for it, and nothing else that has no reason', (hosts) => {
  for (const name of hostNames) {
    const kept = hosts[name].persisted.map(({ path, kind }) => [path, kind] as const);
    assert.deepEqual(linesOf(kept), linesOf(expected(name)), name);
  }
});

forEachLibOfHosts('no assertion fails on a host, and nothing is warned of', (hosts) => {
  for (const name of hostNames) {
    const { assertions, warnings } = hosts[name];
    assert.deepEqual({ assertions, warnings }, { assertions: [], warnings: [] }, name);
  }
});

forEachLib('the flake asks for the inputs that it uses, and offers what hosts share', (evaluate) => {
  const flake = evaluate(`
    let
      flake = import (repository + "/nix/examples/flake.nix");
      inherit (flake.outputs (builtins.mapAttrs (_: _: { }) flake.inputs // { self = { }; })) nixosModules;
    in
    {
      inputs = builtins.attrNames flake.inputs;
      taken = builtins.attrNames (builtins.functionArgs flake.outputs);
      shared = builtins.mapAttrs (_: builtins.pathExists) nixosModules;
    }`);
  const inputs = ['ebb', 'home-manager', 'impermanence', 'nixpkgs', 'preservation'];
  assert.deepEqual(flake, { inputs, taken: inputs, shared: { server: true, shared: true } });
});

forEachLibOfHosts('the flake has each host under its name', (hosts) => {
  assert.deepEqual(Object.keys(hosts).sort(), [...hostNames].sort());
  for (const name of hostNames) assert.equal(hosts[name].hostName, name);
});

forEachLibOfHosts('what is kept goes to /persist, and shows up as no drive', (hosts) => {
  for (const name of hostNames) {
    for (const { path, storage, hidden, from } of hosts[name].persisted) {
      assert.equal(storage, '/persist', `${name} ${path}`);
      // Where home-manager declares it, it hides what it is told to.
      if (from === 'environment.persistence') assert.ok(hidden, `${name} ${path}`);
    }
  }
});

const fromOf = ({ persisted }: ExampleHost): string[] => [...new Set(persisted.map(({ from }) => from))].sort();

forEachLibOfHosts('each way to declare has a host', (hosts) => {
  assert.deepEqual(fromOf(hosts.juni), ['environment.persistence']);
  assert.deepEqual(fromOf(hosts.btrfs), ['preservation']);
  assert.deepEqual(fromOf(hosts.ext4), ['environment.persistence', 'home-manager']);
  assert.deepEqual(fromOf(hosts.h002), []);
});

forEachLibOfHosts('what is read early is put in place in the initrd, where preservation does it', (hosts) => {
  const early = hosts.btrfs.persisted.filter(({ inInitrd }) => inInitrd).map(({ path }) => path);
  assert.deepEqual(early.sort(), ['/etc/machine-id', '/var/lib/nixos']);
});

forEachLib(
  'the key file of the router is in each initrd, from storage, and in place before /boot could hide it',
  (evaluate) => {
    const router = evaluate(`
    let
      inherit (import (repository + "/test/nix/examples/hosts.nix") {
        inherit evaluate module impermanence preservation homeManager;
      }) h003;
      inherit (h003.config) boot fileSystems;
    in
    {
      opened = boot.initrd.luks.devices.cryptroot.keyFile;
      inherit (boot.initrd) secrets;
      early = fileSystems."/boot".neededForBoot;
      onTheVolume = map (point: fileSystems.\${point}.device) [ "/boot" "/persist" ];
    }`);
    assert.deepEqual(router, {
      opened: '/boot/keyfile_nvme0n1p1',
      secrets: { '/boot/keyfile_nvme0n1p1': '/persist/boot/keyfile_nvme0n1p1' },
      early: true,
      onTheVolume: ['/dev/mapper/cryptroot', '/dev/mapper/cryptroot'],
    });
  },
);
