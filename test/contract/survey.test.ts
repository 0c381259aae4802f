/** `ebb survey` of roots with real-looking services: what it finds, what it prints, and what it never tells. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { type RawPath, rawFromBytes } from '../../src/core/rawpath.ts';
import type { SurveyReport } from '../../src/core/survey/report.ts';
import { sha256 } from '../../src/linux/system/sha256.ts';
import { diffNix } from '../../src/render/nix.ts';
import { surveyJson } from '../../src/render/survey-json.ts';
import { surveyMarkdown } from '../../src/render/survey-markdown.ts';
import { surveyText } from '../../src/render/survey-text.ts';
import { diffToml } from '../../src/render/toml.ts';
import { type SurveyRequest, survey } from '../../src/usecases/survey.ts';
import { bind, buildTree, directoryRoot, link, noMounts, type TreeSpec, tmpfsRoot } from '../support/cli-roots.ts';
import { buildSurveyedRoot, MADE } from '../support/surveyed-root.ts';
import { machine } from '../support/test-host.ts';
import { has } from '../support/workplace.ts';

const catalogue = fileURLToPath(new URL('../support/survey-catalogue', import.meta.url));
const golden = (name: string): URL => new URL(`../unit/golden/survey-${name}`, import.meta.url);
const updates = process.env['EBB_UPDATE_GOLDEN'] === '1';

function surveyOf(root: string, asked: Partial<SurveyRequest> = {}): Promise<SurveyReport> {
  return survey(
    { root: root as RawPath, against: undefined, rootOnly: false, ...asked },
    { machine: machine({ catalogue }), sha256, progress: () => {} },
  );
}

/** In every format, as one text. */
function everything(report: SurveyReport): string {
  const notes = { command: 'survey', noteOf: (path: RawPath) => report.owners.get(path) };
  return [
    surveyText(report, { width: undefined, colour: false }),
    surveyText(report, { width: 80, colour: true }),
    surveyJson(report),
    surveyMarkdown(report, notes),
    rawFromBytes(diffNix(report.diff, notes)),
    diffToml(report.diff, notes),
  ].join('\n');
}

/** On a tmpfs, where sizes are the same on every machine. */
function surveyedRoot(t: TestContext, more: TreeSpec = {}): string {
  const root = tmpfsRoot(t, {});
  buildSurveyedRoot(root, more);
  return root;
}

const groupOf = (report: SurveyReport, title: string): SurveyReport['services'][number] | undefined =>
  report.services.find((group) => group.title === title);

test('what it prints of a server', { skip: noMounts }, async (t) => {
  const root = surveyedRoot(t);
  const report = await surveyOf(root);
  // It is printed as of a day later, and at a place that is the same each time.
  const fixed = { ...report, diff: { ...report.diff, now: MADE + 86_400 } };
  const notes = { command: 'survey', noteOf: (path: RawPath) => report.owners.get(path) };
  const texts = {
    '80.txt': surveyText(fixed, { width: 80, colour: false }),
    '120.txt': surveyText(fixed, { width: 120, colour: false }),
    'h001.markdown.txt': surveyMarkdown(fixed, notes),
    'h001.toml': diffToml(fixed.diff, notes),
    'h001.nix': Buffer.from(diffNix(fixed.diff, notes)).toString('utf8'),
  };
  for (const [name, text] of Object.entries(texts)) {
    const shown = text.replaceAll(root, '/mnt');
    if (updates) writeFileSync(golden(name), shown);
    assert.equal(shown, readFileSync(golden(name), 'utf8'), name);
  }
  assert.doesNotThrow(() => JSON.parse(surveyJson(fixed)));
});

test('of keys and passwords it tells whose they are, and nothing of what they hold', async (t) => {
  const root = directoryRoot(t, {});
  buildSurveyedRoot(root);
  const report = await surveyOf(root);
  const told = everything(report);
  for (const secret of ['NOT-A-KEY', 'HASH', '0123456789abcdef']) assert.ok(!told.includes(secret), secret);
  assert.deepEqual(report.passwords, ['josh', 'root']);
  assert.deepEqual(
    report.keys
      .filter(({ path }) => path.startsWith('/etc'))
      .map(({ path, kind, fingerprint }) => [path, kind, fingerprint?.slice(0, 7)]),
    [
      ['/etc/machine-id', 'machine id', 'SHA256:'],
      ['/etc/ssh/ssh_host_ed25519_key', 'SSH host key (ed25519)', 'SHA256:'],
    ],
  );
  // Of what somebody chose, a digest would tell.
  const guessable = report.keys.filter(({ kind }) => kind === 'secret');
  assert.ok(guessable.length > 0 && guessable.every(({ fingerprint }) => fingerprint === undefined));
});

test('names that nobody would choose break no format', async (t) => {
  const odd = 'a`b|c\x1b[31m\n*x*<i>"${x}';
  const root = directoryRoot(t, {});
  buildSurveyedRoot(root, {
    [`srv/${odd}/file`]: 'x',
    'srv/\xff\xfe': 'x',
    [`home/${odd}/.ssh/id_rsa`]: 'x',
    [`var/lib/docker/volumes/${odd}/_data/x`]: 'x',
    'var/lib/docker/containers/0/config.v2.json': JSON.stringify({ ID: '0', Name: `/${odd}`, Config: { Image: odd } }),
    [`etc/nixos-containers/${odd}.conf`]: `AUTO_START=1\n`,
    'etc/crypttab': `x\x1b[31m /dev/x /boot/key\x1b[31m\n`,
    'etc/hostname': 'h\x1b[31m|`x`\n',
    'etc/shadow': 'a\x1b[31m:$6$NOT$HASH:1::::::\n',
  });
  const report = await surveyOf(root);
  const told = everything(report).replaceAll(/\x1b\[[0-9]*m(?=[^\x1b]*\x1b\[0m)|\x1b\[0m/g, '');
  assert.ok(!told.includes('\x1b'), 'an escape sequence got through');
  JSON.parse(surveyJson(report));
  // Each row of a table in Markdown has as many cells as its heading.
  const cells = (line: string): number => line.replaceAll('\\|', '').split('|').length;
  let heading: string | undefined;
  for (const line of surveyMarkdown(report, { command: 'survey', noteOf: () => undefined }).split('\n')) {
    if (!line.startsWith('|')) heading = undefined;
    else if (heading === undefined) heading = line;
    else assert.equal(cells(line), cells(heading), line);
  }
});

test('what lies on another filesystem is kept, and counts with its service', { skip: noMounts }, async (t) => {
  const root = surveyedRoot(t);
  // Bound from a filesystem in memory, they would be lost as well: a disk is needed, and a directory has one.
  const disk = directoryRoot(t, {});
  buildTree(disk, {
    'forgejo/repositories/x': 'x'.repeat(10_000),
    'forgejo/data/tmp/y': 'y'.repeat(5000),
    'machine-id': 'f'.repeat(33),
    'wide/postgresql/15/main/PG_VERSION': '15',
    'wide/other/db.sqlite': 'SQLite format 3\0',
  });
  bind(t, join(disk, 'forgejo'), join(root, 'var/lib/forgejo'));
  bind(t, join(disk, 'machine-id'), join(root, 'etc/machine-id'));
  mkdirSync(join(root, 'var/lib/wide'));
  bind(t, join(disk, 'wide'), join(root, 'var/lib/wide'));
  const report = await surveyOf(root);
  assert.deepEqual(
    report.kept.map(({ path, how, declared }) => [path, how, declared]),
    [
      ['/etc/machine-id', 'mount', false],
      ['/var/lib/forgejo', 'mount', false],
      ['/var/lib/wide', 'mount', false],
    ],
  );
  const forgejo = groupOf(report, 'Forgejo');
  const kept = forgejo?.items.filter(({ fate }) => fate === 'kept');
  assert.deepEqual(
    kept?.map(({ path, category }) => [path, category]),
    [['/var/lib/forgejo', 'state']],
  );
  // The cache in it is not to be kept, and yet counted.
  assert.ok((forgejo?.rest.bytes ?? 0) >= 5000);
  // What the mount hides on the root would be lost, and is told.
  assert.ok(forgejo?.items.some(({ fate, path }) => fate === 'lost' && path === '/var/lib/forgejo'));
  assert.equal(report.keys.find(({ path }) => path === '/etc/machine-id')?.fate, 'kept');
  assert.ok(report.databases.some(({ path, fate }) => path.startsWith('/var/lib/wide/other') && fate === 'kept'));
  const alone = await surveyOf(root, { rootOnly: true });
  assert.ok(alone.kept.every(({ size }) => size === undefined));
  assert.ok(!groupOf(alone, 'Forgejo')?.items.some(({ fate }) => fate === 'kept'));
});

test('files that are none of what they are called are a warning, and nothing else', async (t) => {
  const root = directoryRoot(t, {});
  buildSurveyedRoot(root, {
    'var/lib/containers/storage/overlay-containers/containers.json': '{"a":',
    'var/lib/docker/containers/x/config.v2.json': '[]',
    'etc/containers/storage.conf': '\0\xff',
    'etc/docker/daemon.json': 'null',
  });
  const { warnings, containers } = await surveyOf(root);
  assert.deepEqual(
    warnings.map(({ message }) => message),
    [
      '/var/lib/containers/storage/overlay-containers/containers.json is not what podman writes',
      '/var/lib/docker/containers/x/config.v2.json is not what docker writes',
    ],
  );
  // The others are there all the same.
  assert.deepEqual(
    containers.map(({ name }) => name),
    ['immich_server', 'memos', 'mail'],
  );
});

test('what somebody has in their home stops no survey, and does not make what is not theirs their own', {
  skip: noMounts,
}, async (t) => {
  const docker = 'home/m/.local/share/docker';
  const mountPoint = (Source: string) => ({ Type: 'bind', Source, Destination: '/x' });
  const root = directoryRoot(t, {
    'etc/passwd': 'm:x:1000:1000::/home/m:/bin/sh\n',
    'proc/': null,
    'srv/own/f': 'x',
    'srv/notes': 'x',
    'home/m/mine/f': 'x',
    'home/m/.config/containers/storage.conf': '[storage]\ngraphroot = "/"\n',
    'home/m/.ssh/id_mem': link('/proc/self/mem'),
    'home/m/.ssh/id_kmsg': link('/proc/kmsg'),
    'home/m/data.db': link('/proc/self/mem'),
    [`${docker}/containers/x/config.v2.json`]: link('/proc/self/mem'),
    [`${docker}/containers/y/config.v2.json`]: JSON.stringify({
      ID: 'y'.repeat(64),
      MountPoints: {
        a: mountPoint('/srv/own'),
        b: mountPoint('/home/m/mine'),
        c: mountPoint(`/${'a/'.repeat(1_000_000)}`),
      },
    }),
    [`${docker}/containers/z/config.v2.json`]: '['.repeat(1_000_000),
    [`${docker}/volumes/v/_data/f`]: 'x',
  });
  bind(t, '/proc', join(root, 'proc'));
  const start = process.cpuUsage();
  const { containers, volumes, unclaimed, services } = await surveyOf(root);
  const { user, system } = process.cpuUsage(start);
  assert.ok(user + system < 5_000_000, `took ${(user + system) / 1000} ms`);
  assert.deepEqual(
    containers.map(({ mounts }) => mounts?.map(({ source }) => source)),
    [['/srv/own', '/home/m/mine']],
  );
  assert.equal(volumes.length, 1);
  assert.deepEqual(unclaimed.map(({ path }) => path).sort(), ['/srv/notes', '/srv/own']);
  assert.deepEqual(services, []);
});

test('an empty root has nothing, and says so', async (t) => {
  const report = await surveyOf(directoryRoot(t, {}));
  assert.deepEqual([report.services, report.unclaimed, report.containers, report.diskKeys], [[], [], [], []]);
  assert.match(surveyText(report, { width: 80, colour: false }), /0 services/);
});

const noPodman = noMounts || (has('podman') && has('busybox') ? false : 'podman is not installed');

test('containers as podman itself writes them down', { skip: noPodman }, async (t) => {
  const root = directoryRoot(t, { 'srv/www/index.html': 'x' });
  const image = directoryRoot(t, { 'bin/': null });
  const script = `
    cp "$(command -v busybox)" "$1/bin/sh"; tar -C "$1" -cf "$1.tar" .
    p() { podman --root "$STORE" --runroot "$RUN" --tmpdir "$RUN/tmp" --cgroup-manager cgroupfs --storage-driver vfs --events-backend file "$@"; }
    p import "$1.tar" localhost/box:1
    p create --name web -v data:/data -v "$2:/www:ro" localhost/box:1 /bin/sh
    # What runs it may not be allowed to, here; its configuration is written before.
    p init web || true
    p create --name idle localhost/box:1 /bin/sh
    rm -f "$1.tar"`;
  const store = join(root, 'var/lib/containers/storage');
  const outcome = spawnSync(
    'unshare',
    ['--mount', '--propagation', 'private', 'sh', '-eu', '-c', script, 'sh', image, join(root, 'srv/www')],
    { env: { ...process.env, STORE: store, RUN: `${image}-run` }, encoding: 'utf8' },
  );
  spawnSync('rm', ['-rf', '--one-file-system', `${image}-run`]);
  assert.equal(outcome.status, 0, outcome.stderr);
  const { containers, volumes, warnings } = await surveyOf(root);
  assert.deepEqual(warnings, []);
  assert.deepEqual(
    containers.map(({ name, image: from, mounts }) => [
      name,
      from,
      mounts?.map(({ kind, destination, readOnly }) => [kind, destination, readOnly]),
    ]),
    [
      // The sources are as the machine had them: its volumes lay elsewhere than below this root.
      [
        'web',
        'localhost/box:1',
        [
          ['bind', '/data', false],
          ['bind', '/www', true],
        ],
      ],
      ['idle', 'localhost/box:1', undefined],
    ],
  );
  assert.deepEqual(
    volumes.map(({ name }) => name),
    ['data'],
  );
});
