/** Packages of Debian, unpacked into a cache and never installed: the machine's own apt learns nothing of them. */
import { existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { run } from '../../support/workplace.ts';

const KEYS = '/usr/share/keyrings/debian-archive-keyring.gpg';

/** Where what is fetched stays between runs. */
function cacheDirectory(): string {
  const home = process.env['XDG_CACHE_HOME'];
  const directory = home === undefined || home === '' ? '/var/cache/ebb-test' : join(home, 'ebb-test');
  mkdirSync(directory, { recursive: true });
  return directory;
}

/**
 * The directory `name` of the cache, filled by `fill` where there is none yet: beside its place, so that what was stopped
 * half-way is not taken for whole. @throws Error where it cannot be filled.
 */
export function cached(name: string, fill: (into: string, apt: Apt) => void): string {
  const home = join(cacheDirectory(), name);
  if (existsSync(home)) return home;
  const work = mkdtempSync(`${home}.`);
  try {
    const into = join(work, 'unpacked');
    mkdirSync(into);
    fill(into, new Apt(work));
    // Another test may have been quicker.
    if (!existsSync(home)) renameSync(into, home);
    return home;
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

/** apt with lists and caches of its own, in the directory `work`. */
export class Apt {
  readonly #work: string;
  readonly #options: readonly string[];

  constructor(work: string) {
    this.#work = work;
    for (const name of ['lists/partial', 'cache/archives/partial', 'parts']) {
      mkdirSync(join(work, name), { recursive: true });
    }
    // Nothing is installed as far as it knows.
    writeFileSync(join(work, 'status'), '');
    const places = { 'Etc::sourcelist': 'sources', 'Etc::sourceparts': 'parts', 'State::lists': 'lists' };
    const paths = { ...places, Cache: 'cache', 'State::status': 'status' };
    const options = Object.entries(paths).flatMap(([key, name]) => ['-o', `Dir::${key}=${join(work, name)}`]);
    this.#options = [...options, '-o', 'APT::Sandbox::User=root', '-qq'];
  }

  /** Learns what the suites have. */
  update(suites: readonly string[]): void {
    writeFileSync(join(this.#work, 'sources'), suites.map((suite) => `${source(suite)}\n`).join(''));
    run('apt-get', [...this.#options, '-o', 'APT::Update::Error-Mode=any', 'update']);
  }

  /** What the package `name` needs, if one of these begins with `prefix`. */
  dependency(name: string, prefix: string): string | undefined {
    const needs = run('apt-cache', [...this.#options, 'depends', name]);
    return needs
      .split('\n')
      .flatMap((line) => /Depends: (\S+)/.exec(line)?.[1] ?? [])
      .find((one) => one.startsWith(prefix));
  }

  /** Unpacks these packages, `NAME/SUITE` or `NAME`, and nothing that they need. */
  unpack(packages: readonly string[], into: string): void {
    const downloads = join(this.#work, 'downloads');
    mkdirSync(downloads);
    // It writes into the directory that it runs in.
    const download = ['apt-get', ...this.#options, 'download', ...packages];
    run('sh', ['-c', 'cd "$1" && shift && exec "$@"', 'sh', downloads, ...download]);
    unpackAll(downloads, into);
  }

  /** Writes a tar file: these packages and all that they need, installed as on a machine. */
  install(suite: string, packages: readonly string[], into: string): void {
    const options = ['--quiet', '--mode=root', '--variant=custom', `--include=${packages.join(',')}`];
    run('mmdebstrap', [...options, suite, into, source(suite)]);
  }

  /** Unpacks these packages, and all that they need. */
  unpackWhole(packages: readonly string[], into: string): void {
    const options = ['-y', '--download-only', '--no-install-recommends'];
    run('apt-get', [...this.#options, ...options, 'install', ...packages]);
    unpackAll(join(this.#work, 'cache/archives'), into);
  }
}

function unpackAll(directory: string, into: string): void {
  const files = readdirSync(directory).filter((name) => name.endsWith('.deb'));
  if (files.length === 0) throw new Error(`apt-get left no package in ${directory}`);
  for (const file of files) run('dpkg-deb', ['-x', join(directory, file), into]);
}

function source(suite: string): string {
  return `deb [signed-by=${KEYS}] ${mirror()} ${suite} main`;
}

/** Debian's mirror that this machine uses, or the one for everybody. */
function mirror(): string {
  const known = run('apt-get', ['indextargets', '--format', '$(REPO_URI)', 'Created-By: Packages']).split('\n');
  return known.find((uri) => /\/debian\/?$/.test(uri)) ?? 'http://deb.debian.org/debian';
}
