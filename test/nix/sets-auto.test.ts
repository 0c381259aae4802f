/** Sets as a configuration has them: of what it enables, where it put them, beside what it declares itself. */
import assert from 'node:assert/strict';
import { forEachLib } from '../support/nix-evaluation.ts';

interface Declared {
  readonly directories: readonly { path: string; user: string; group: string; mode: string }[];
  readonly files: readonly string[];
  readonly users: Readonly<Record<string, readonly string[]>>;
}

/** Options that nixpkgs has beside those of test/nix/nixpkgs-options.nix. */
const more = `{ lib, ... }: let
  inherit (lib) mkOption types;
  enable = mkOption { type = types.bool; default = false; };
  text = default: mkOption { type = types.str; inherit default; };
  instances = options: mkOption { type = types.attrsOf (types.submodule { inherit options; }); default = { }; };
in {
  options.services.redis.servers = instances { inherit enable; };
  options.services.dokuwiki.sites = instances { stateDir = text "/var/lib/dokuwiki/it/data"; };
  options.services.gotify = { inherit enable; stateDirectoryName = text "gotify-server"; };
  options.services.headscale = {
    inherit enable;
    settings = mkOption { type = types.anything; default = { database.sqlite.path = "/var/lib/headscale/db.sqlite"; }; };
  };
  options.services.restic.server = { inherit enable; dataDir = text "/var/lib/restic"; };
  options.services.restic.backups = instances { repository = text ""; };
  options.services.redmine = { inherit enable; stateDir = text "/var/lib/redmine"; };
  options.services.minio = { inherit enable; dataDir = mkOption { type = types.listOf types.str; default = [ "/var/lib/minio/data" ]; }; };
  options.services.sabnzbd = { inherit enable; configFile = text "/var/lib/sabnzbd/sabnzbd.ini"; };
  options.services.archisteamfarm = mkOption { visible = false; apply = _: throw "archisteamfarm was removed"; };
  options.services.ombi.enable = mkOption { visible = false; default = true; };
  options.services.kavita = { inherit enable; dataDir = mkOption { type = types.str; }; };
  options.services.airsonic.enable = mkOption { type = types.bool; default = throw "not to be known"; };
  options.programs.firefox = { inherit enable; };
  options.security.acme.certs = instances { directory = text "/var/lib/acme/it"; };
}`;

const owners = `{
  users.groups = lib.genAttrs [ "forgejo" "git" "postgres" ] (_: { });
  users.users = lib.genAttrs [ "forgejo" "git" "postgres" ] (group: { isSystemUser = true; inherit group; })
    // { josh = { isNormalUser = true; home = "/home/josh"; group = "users"; }; };
}`;

const impermanent = (...modules: string[]): string => `(
  let
    it = evaluate { modules = [ module impermanence (${more}) ${owners} { ebb.enable = true; } ${modules.join(' ')} ]; };
    persisted = it.config.environment.persistence."/persist" or { directories = [ ]; files = [ ]; users = { }; };
  in {
    directories = map (it: { path = it.dirPath; inherit (it) user group mode; }) persisted.directories;
    files = map (it: it.filePath) persisted.files;
    users = lib.mapAttrs (_: home: map (it: it.dirPath) home.directories) persisted.users;
  })`;

const auto = (configuration: string, sets = ''): string =>
  impermanent(`{ ebb.sets = { auto = true; ${sets} }; }`, `{ ${configuration} }`);

const pathsIn = (told: unknown): string[] => {
  const { directories, files } = told as Declared;
  // On in every configuration, whatever else is.
  const always = ['/var/db/sudo', '/var/lib/systemd/timesync', '/var/lib/dhcpcd'];
  return [...directories.map(({ path }) => path), ...files].filter((path) => !always.includes(path));
};

forEachLib('of the services that a configuration enables the sets are added, of others not', (evaluate) => {
  const [none, some] = evaluate(`[
    ${auto('')}
    ${auto('services.forgejo.enable = true; hardware.bluetooth.enable = true; services.postgresql.enable = false;')}
  ]`) as [unknown, unknown];
  assert.deepEqual(pathsIn(none), []);
  assert.deepEqual(pathsIn(some), ['/var/lib/bluetooth', '/var/lib/forgejo']);
});

forEachLib('a directory that the configuration put elsewhere is declared where it is', (evaluate) => {
  const [moved, below, relative, several, nested] = evaluate(`[
    ${auto('services.forgejo = { enable = true; stateDir = "/data/forgejo/"; };')}
    ${auto('services.postgresql = { enable = true; dataDir = "/var/lib/postgresql/16"; };')}
    ${auto('services.gotify = { enable = true; stateDirectoryName = "pushes"; };')}
    ${auto('services.minio = { enable = true; dataDir = [ "/data/a" "/data/b" ]; };')}
    ${auto('services.dokuwiki.sites = { a = { stateDir = "/data/wiki/a"; }; b = { }; };')}
  ]`) as unknown[];
  assert.deepEqual(pathsIn(moved), ['/data/forgejo']);
  assert.deepEqual(pathsIn(below), ['/var/lib/postgresql']);
  assert.deepEqual(pathsIn(relative), ['/var/lib/private/pushes']);
  assert.deepEqual(pathsIn(several), ['/data/a', '/data/b', '/var/lib/minio/certs']);
  assert.deepEqual(pathsIn(nested), ['/data/wiki/a', '/var/lib/dokuwiki/it/data']);
});

forEachLib('a file that was put elsewhere is declared with its directory, where that is its own', (evaluate) => {
  const [usual, own, shared, elsewhere] = evaluate(`[
    ${auto('services.sabnzbd.enable = true;')}
    ${auto('services.sabnzbd = { enable = true; configFile = "/data/usenet/sabnzbd.ini"; };')}
    ${auto('services.sabnzbd = { enable = true; configFile = "/var/lib/sabnzbd.ini"; };')}
    ${auto('services.headscale = { enable = true; settings.database.sqlite.path = "/data/db/headscale.sqlite"; };')}
  ]`) as unknown[];
  assert.deepEqual(pathsIn(usual), ['/var/lib/sabnzbd']);
  assert.deepEqual(pathsIn(own), ['/var/lib/sabnzbd', '/data/usenet']);
  assert.deepEqual(pathsIn(shared), ['/var/lib/sabnzbd', '/var/lib/sabnzbd.ini']);
  assert.deepEqual(pathsIn(elsewhere), ['/var/lib/headscale', '/data/db']);
});

forEachLib('what is kept anyway, or made anew at each boot, is not declared', (evaluate) => {
  const forgejo = (stateDir: string, more = '') =>
    auto(`services.forgejo = { enable = true; stateDir = "${stateDir}"; }; ${more}`);
  const disk = (type: string) => `fileSystems."/srv/data" = { device = "none"; fsType = "${type}"; };`;
  const told = evaluate(`[
    ${forgejo('/persist/forgejo')}
    ${forgejo('/nix/store/0-forgejo')}
    ${forgejo('/run/forgejo')}
    ${forgejo('/srv/data/forgejo', disk('ext4'))}
    ${forgejo('/srv/data/forgejo', `${disk('ext4')} ebb.root.ephemeralMounts = [ "/srv/data" ];`)}
    ${forgejo('/srv/data/forgejo', disk('tmpfs'))}
    ${forgejo('/srv/data-2/forgejo', disk('ext4'))}
    ${auto('services.forgejo.enable = true; fileSystems."/var/lib/forgejo" = { device = "none"; fsType = "ext4"; };')}
  ]`) as unknown[];
  assert.deepEqual(told.map(pathsIn), [
    [],
    [],
    [],
    [],
    ['/srv/data/forgejo'],
    ['/srv/data/forgejo'],
    ['/srv/data-2/forgejo'],
    [],
  ]);
});

forEachLib('what is not absolute, or not whole, moves nothing', (evaluate) => {
  const told = evaluate(`[
    ${auto('services.forgejo = { enable = true; stateDir = "forgejo/../x"; };')}
    ${auto('services.forgejo = { enable = true; stateDir = "/data/../etc"; };')}
    ${auto('services.forgejo = { enable = true; stateDir = "/data\\n/x"; };')}
    ${auto('services.forgejo = { enable = true; stateDir = "/"; };')}
  ]`) as unknown[];
  for (const one of told) assert.deepEqual(pathsIn(one), ['/var/lib/forgejo']);
});

forEachLib('a home is no directory of a service; what the service keeps in it is', (evaluate) => {
  const told = evaluate(
    auto(`services.syncthing = {
      enable = true;
      dataDir = "/home/josh";
      configDir = "/home/josh/.config/syncthing";
    };`),
  );
  assert.deepEqual(pathsIn(told), ['/home/josh/.config/syncthing']);
});

forEachLib('services of several instances: each that is enabled', (evaluate) => {
  const [redis, acme, restic, one] = evaluate(`[
    ${auto('services.redis.servers = { immich.enable = true; "".enable = true; off.enable = false; };')}
    ${auto('security.acme.certs."example.org" = { }; security.acme.certs.other.directory = "/data/certs/other";')}
    ${auto('services.restic.backups.daily = { }; services.restic.server.dataDir = "/data/backups";')}
    ${auto('services.redmine.enable = true;')}
  ]`) as unknown[];
  assert.deepEqual(pathsIn(redis).sort(), ['/var/lib/redis', '/var/lib/redis-immich']);
  assert.deepEqual(pathsIn(acme), ['/var/lib/acme/it', '/data/certs/other']);
  // Backups are made of this machine, and of no server.
  assert.deepEqual(pathsIn(restic), []);
  assert.deepEqual(pathsIn(one), ['/var/lib/redmine']);
});

forEachLib('an option that is gone, was renamed, or has no value is no error', (evaluate) => {
  const [gone, undefinedOne] = evaluate(`[
    ${auto('')}
    ${auto('services.kavita.enable = true;')}
  ]`) as unknown[];
  assert.deepEqual(pathsIn(gone), []);
  assert.deepEqual(pathsIn(undefinedOne), ['/var/lib/kavita']);
});

forEachLib('containers: their roots, and the directories of the host that they write to', (evaluate) => {
  const [roots, volumes] = evaluate(`[
    ${auto(`containers.web.bindMounts = { "/data/in" = { isReadOnly = false; }; "/data/read" = { }; };
      containers.gone.ephemeral = true;`)}
    ${auto(`virtualisation.podman.enable = true;
      virtualisation.oci-containers.containers.db.volumes = [
        "/srv/db:/var/lib/db" "named:/x" "/srv/read:/x:ro" "/srv/its/config.yml:/x" "/run/podman.sock:/x" "/etc/it:/x"
      ];`)}
  ]`) as unknown[];
  assert.deepEqual(pathsIn(roots), ['/var/lib/nixos-containers', '/data/in']);
  assert.deepEqual(pathsIn(volumes), [
    '/var/lib/containers/storage/volumes',
    '/var/lib/containers/storage/secrets',
    '/srv/db',
  ]);
});

forEachLib('sets and paths can be left out', (evaluate) => {
  const services = 'services.forgejo.enable = true; services.postgresql.enable = true; containers.web = { };';
  const told = evaluate(auto(services, 'exclude = [ "forgejo" "/var/lib/nixos-containers" ];'));
  assert.deepEqual(pathsIn(told), ['/var/lib/postgresql']);
});

forEachLib(
  'who owns a directory is who the service runs as, and nobody that the configuration does not have',
  (evaluate) => {
    const [usual, other, unknown] = evaluate(`[
    ${auto('services.forgejo.enable = true;')}
    ${auto('services.forgejo = { enable = true; user = "git"; };')}
    ${auto('services.grafana.enable = true;')}
  ]`) as Declared[];
    const of = (told: Declared | undefined) => told?.directories.find(({ path }) => /forgejo|grafana/.test(path));
    assert.deepEqual(of(usual), { path: '/var/lib/forgejo', user: 'forgejo', group: 'forgejo', mode: '0750' });
    assert.deepEqual(of(other), { path: '/var/lib/forgejo', user: 'git', group: 'forgejo', mode: '0750' });
    // Nobody is called grafana here: root makes the directory, and the service gives it its owner.
    assert.deepEqual(of(unknown), { path: '/var/lib/grafana', user: 'root', group: 'root', mode: '0750' });
  },
);

forEachLib(
  'a set that is named is added, where the configuration put it, whether its service is enabled or not',
  (evaluate) => {
    const [named, moved] = evaluate(`[
    ${impermanent('{ ebb.sets = [ "tailscale" "forgejo" ]; }')}
    ${impermanent('{ ebb.sets = [ "forgejo" ]; }', '{ services.forgejo.stateDir = "/data/forgejo"; }')}
  ]`) as unknown[];
    assert.deepEqual(pathsIn(named), ['/var/lib/tailscale', '/var/lib/forgejo']);
    assert.deepEqual(pathsIn(moved), ['/data/forgejo']);
  },
);

forEachLib('what belongs in homes is kept in those that are named, unless a disk keeps them', (evaluate) => {
  const home = 'fileSystems."/home" = { device = "none"; fsType = "ext4"; };';
  const told = evaluate(`[
    ${auto('programs.firefox.enable = true;')}
    ${auto('programs.firefox.enable = true;', 'users = [ "josh" ];')}
    ${auto(`programs.firefox.enable = true; ${home}`, 'users = [ "josh" ];')}
    ${auto('programs.firefox.enable = true; environment.persistence."/persist".directories = [ "/home" ];', 'users = [ "josh" ];')}
    ${auto('programs.firefox.enable = true; environment.persistence."/persist".users.josh.directories = [ ".mozilla" ];', 'users = [ "josh" ];')}
  ]`) as Declared[];
  assert.deepEqual(
    told.map(({ users }) => users),
    [
      {},
      { josh: ['/home/josh/.mozilla', '/home/josh/.config/mozilla'] },
      {},
      {},
      { josh: ['/home/josh/.config/mozilla', '/home/josh/.mozilla'] },
    ],
  );
});

forEachLib('what is declared already is not declared again', (evaluate) => {
  const told = evaluate(
    impermanent(
      '{ ebb.sets = [ "server-minimal" "nixos" ]; }',
      '{ environment.persistence."/persist".directories = [ "/var/log" { directory = "/var/lib/acme"; mode = "0700"; } ]; }',
      '{ environment.persistence."/persist" = lib.mkIf true { files = lib.mkBefore [ "/etc/machine-id" ]; }; }',
      '{ environment.persistence."/other".directories = lib.mkMerge [ [ "/var/lib" ] (lib.mkIf false [ "/etc" ]) ]; }',
    ),
  );
  const { directories, files } = told as Declared;
  assert.deepEqual(
    directories.map(({ path, mode }) => `${path} ${mode}`),
    ['/var/log 0755', '/var/lib/acme 0700', '/etc/NetworkManager/system-connections 0755'],
  );
  assert.deepEqual(files.filter((file) => file === '/etc/machine-id').length, 1);
});

forEachLib('with preservation alone the sets go there', (evaluate) => {
  const told = evaluate(`
    (let
      it = evaluate {
        modules = [
          module preservation (${more}) ${owners}
          { ebb.enable = true; boot.initrd.systemd.enable = true; }
          { ebb.sets = { names = [ "nixos" ]; auto = true; users = [ "josh" ]; }; }
          { services.forgejo.enable = true; programs.firefox.enable = true; }
          { preservation.preserveAt."/persist".directories = [ "/var/lib/systemd" ]; }
        ];
      };
      persisted = it.config.preservation.preserveAt."/persist";
    in {
      inherit (it.config.preservation) enable;
      directories = map (it: "\${it.directory} \${it.user}") persisted.directories;
      files = map (it: it.file) persisted.files;
      home = map (it: it.directory) (lib.filter (it: it.how != "_intermediate") persisted.users.josh.directories);
    })`) as Record<string, unknown>;
  const always = ['/var/db/sudo root', '/var/lib/dhcpcd root'];
  assert.deepEqual(
    { ...told, directories: (told['directories'] as string[]).filter((it) => !always.includes(it)) },
    {
      enable: true,
      directories: [
        '/var/lib/systemd root',
        '/var/lib/nixos root',
        '/var/log/journal root',
        '/var/lib/forgejo forgejo',
      ],
      files: ['/etc/machine-id'],
      home: ['/home/josh/.mozilla', '/home/josh/.config/mozilla'],
    },
  );
});
