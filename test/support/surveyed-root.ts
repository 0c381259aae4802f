/** A root with services, containers, keys and homes as real ones have them, for a survey to look at. */
import { utimesSync } from 'node:fs';
import { buildTree, bytePath, type TreeSpec } from './cli-roots.ts';

/** Seconds since 1970 of everything in it. */
export const MADE = 1_790_000_000;

const SQLITE = `SQLite format 3\0${'x'.repeat(4080)}`;
const ID = '6a5962f967afea65e4d49e5f4e242f353ed836471708a6bc5f1112ff7418611f';
const NEVER_STARTED = '3e659b8ab15a4762aa1ae1006a1f8466be46d424f399c433df8a740d8f304799';
const DOCKER_ID = '0f1e2d3c4b5a69788796a5b4c3d2e1f00f1e2d3c4b5a69788796a5b4c3d2e1f0';

/** The form of podman 4.3.1, on Debian. */
function containersJson(containers: readonly (readonly [id: string, name: string, image: string])[]): string {
  return JSON.stringify(
    containers.map(([id, name, image]) => ({
      id,
      names: [name],
      image: '59f0a61355bf668400bd835ca92dc2810be34d72bbbba12f232b6c1f334b991b',
      layer: '135128c4e13584456ba9c6cb1eaaf7f391cc30ac090f3788631b94d19f425d36',
      metadata: JSON.stringify({ 'image-name': image, name, 'created-at': 1795882195 }),
      created: '2026-11-28T16:09:55.516323744Z',
      flags: { MountLabel: '', ProcessLabel: '' },
    })),
  );
}

/** What it writes for the runtime, less what a survey does not read. */
function ociConfig(
  storage: string,
  id: string,
  binds: readonly (readonly [from: string, to: string, mode: string])[],
): string {
  const own = `${storage}/overlay-containers/${id}/userdata`;
  return JSON.stringify({
    ociVersion: '1.0.2-dev',
    process: { args: ['/bin/sh'] },
    hostname: id.slice(0, 12),
    mounts: [
      ...binds.map(([source, destination, mode]) => ({
        destination,
        type: 'bind',
        source,
        options: [mode, 'rprivate', 'rbind'],
      })),
      { destination: '/proc', type: 'proc', source: 'proc', options: ['nosuid'] },
      { destination: '/dev', type: 'tmpfs', source: 'tmpfs', options: ['nosuid'] },
      { destination: '/dev/shm', type: 'bind', source: `${own}/shm`, options: ['bind', 'rprivate'] },
      {
        destination: '/etc/hosts',
        type: 'bind',
        source: `/run/containers/storage/overlay-containers/${id}/userdata/hosts`,
        options: ['bind'],
      },
    ],
  });
}

const dockerConfig = JSON.stringify({
  State: { Running: true },
  ID: DOCKER_ID,
  Name: '/immich_server',
  Config: { Image: 'ghcr.io/immich-app/immich-server:v2', Labels: { 'com.docker.compose.project': 'immich' } },
  MountPoints: {
    '/data': {
      Source: '/var/lib/docker/volumes/immich_data/_data',
      Destination: '/data',
      RW: true,
      Name: 'immich_data',
      Driver: 'local',
      Type: 'volume',
    },
    '/etc/localtime': { Source: '/etc/localtime', Destination: '/etc/localtime', RW: false, Type: 'bind' },
    '/photos': { Source: '/srv/photos', Destination: '/photos', RW: true, Type: 'bind' },
    '/tmp': { Destination: '/tmp', Type: 'tmpfs' },
  },
});

/** The public half of a key that was made for this and thrown away. */
const PUBLIC = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIFx6Q8Zk0pGxQkqz3oHq3pJb6b0z1Yy8vRk8mQmJmHhD root@h001\n';
const PRIVATE = '-----BEGIN OPENSSH PRIVATE KEY-----\nNOT-A-KEY\n-----END OPENSSH PRIVATE KEY-----\n';

const podman = '/var/lib/containers/storage';
const rootless = 'home/josh/.local/share/containers/storage';

export const surveyedTree: TreeSpec = {
  'var/lib/forgejo/custom/conf/app.ini': '[server]\n',
  'var/lib/forgejo/data/forgejo.db': SQLITE,
  'var/lib/forgejo/repositories/a.git/HEAD': 'ref: refs/heads/main\n',
  'var/lib/forgejo/data/tmp/upload': 'x'.repeat(9000),
  'var/lib/postgresql/15/main/PG_VERSION': '15\n',
  'var/lib/postgresql/15/main/base/1/112': 'x'.repeat(8192),
  'var/lib/vaultwarden/db.sqlite3': SQLITE,
  'var/lib/vaultwarden/rsa_key.pem': '-----BEGIN PRIVATE KEY-----\nNOT-A-KEY\n-----END PRIVATE KEY-----\n',
  'var/lib/vaultwarden/icon_cache/a.png': 'x'.repeat(5000),
  'var/lib/tailscale/tailscaled.state': '{"_machinekey":"x"}',
  'var/lib/homegrown/data/app.db': SQLITE,
  'var/cache/nginx/a': 'x'.repeat(20000),
  'srv/notes.txt': 'do not lose me\n',
  'srv/photos/2026/a.jpg': 'x'.repeat(30000),
  'bao-keys/unseal.txt': 'NOT-A-KEY\n',
  [`${podman.slice(1)}/overlay-containers/containers.json`]: containersJson([
    [ID, 'web', 'docker.io/library/nginx:1.27'],
    [NEVER_STARTED, 'db', 'docker.io/library/postgres:17'],
  ]),
  [`${podman.slice(1)}/overlay-containers/${ID}/userdata/config.json`]: ociConfig(podman, ID, [
    [`${podman}/volumes/data/_data`, '/data', 'rw'],
    ['/srv/www', '/usr/share/nginx/html', 'ro'],
  ]),
  [`${podman.slice(1)}/volumes/data/_data/index.html`]: 'x'.repeat(6000),
  [`${podman.slice(1)}/volumes/left-over/_data/`]: null,
  [`${podman.slice(1)}/overlay/135128c4e135/diff/bin/busybox`]: 'x'.repeat(50000),
  [`${rootless}/overlay-containers/containers.json`]: containersJson([[ID, 'memos', 'ghcr.io/usememos/memos:stable']]),
  [`${rootless}/overlay-containers/${ID}/userdata/config.json`]: ociConfig(`/${rootless}`, ID, [
    [`/${rootless}/volumes/memos/_data`, '/var/opt/memos', 'rw'],
  ]),
  [`${rootless}/volumes/memos/_data/memos_prod.db`]: SQLITE,
  [`var/lib/docker/containers/${DOCKER_ID}/config.v2.json`]: dockerConfig,
  'var/lib/docker/volumes/immich_data/_data/upload/a.jpg': 'x'.repeat(12000),
  'var/lib/docker/overlay2/l/x': 'x',
  'etc/nixos-containers/mail.conf':
    'SYSTEM_PATH=/nix/store/x-nixos-system\nPRIVATE_NETWORK=1\nAUTO_START=1\nEXTRA_NSPAWN_FLAGS=" --bind=/srv/mail:/var/vmail --bind-ro=/etc/ssl"\n',
  'var/lib/nixos-containers/mail/etc/machine-id': 'a'.repeat(32),
  'etc/hostname': 'h001\n',
  'etc/machine-id': `${'0123456789abcdef'.repeat(2)}\n`,
  'etc/ssh/ssh_host_ed25519_key': PRIVATE,
  'etc/ssh/ssh_host_ed25519_key.pub': PUBLIC,
  'etc/crypttab':
    '# name device key\ndata UUID=1234 /boot/keyfile_nvme0n1p1 luks\nswap /dev/sda3 /dev/urandom swap\nhome /dev/sdb1 none\n',
  'boot/keyfile_nvme0n1p1': 'NOT-A-KEY',
  'etc/passwd':
    'root:x:0:0::/root:/bin/sh\njosh:x:1000:100::/home/josh:/bin/sh\nforgejo:x:990:990::/var/lib/forgejo:/bin/false\n',
  'etc/shadow':
    'root:$y$j9T$NOT$HASH:20000::::::\njosh:$6$NOT$HASH:20000::::::\nforgejo:!:20000::::::\nnobody:*:20000::::::\n',
  'root/.bash_history': 'ls\n',
  'home/josh/.ssh/id_ed25519': PRIVATE,
  'home/josh/.ssh/id_ed25519.pub': PUBLIC,
  'home/josh/.config/git/config': '[user]\n',
  'home/josh/.cache/x/y': 'x'.repeat(40000),
  'home/josh/projects/thesis/main.tex': 'x'.repeat(2000),
};

/** With the same times everywhere, so that what is printed is the same each time. */
export function buildSurveyedRoot(root: string, more: TreeSpec = {}): void {
  const tree = { ...surveyedTree, ...more };
  buildTree(root, tree);
  const paths = new Set<string>();
  for (const path of Object.keys(tree)) {
    const components = path.split('/').filter((name) => name !== '');
    for (let depth = components.length; depth > 0; depth--) paths.add(components.slice(0, depth).join('/'));
  }
  for (const path of paths) utimesSync(bytePath(root, path), MADE, MADE);
}
