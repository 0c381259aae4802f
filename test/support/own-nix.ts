/** nix(1) with a store and a home of its own, and without network: flakes, and builds in its sandbox. */

import { type SpawnSyncReturns, spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, realpathSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { repository } from './cli-program.ts';
import { noMounts } from './cli-roots.ts';
import { packageSource } from './installed-ebb.ts';
import { minimalLib, nixpkgsLib } from './nix-evaluation.ts';

const modules = realpathSync(join(repository, 'node_modules'));
/** What of this machine builds see: its programs, and npm's packages with the Node among them. */
const VISIBLE = ['/bin', '/usr', '/lib', '/lib64', modules].filter((path) => existsSync(path));

export class OwnNix {
  readonly #home: string;
  /** ebb's flake, with what belongs to it. */
  readonly flake: string;

  /** In an empty directory. */
  constructor(home: string) {
    this.#home = home;
    this.flake = join(this.#home, 'ebb');
    packageSource(this.flake, { withModules: false });
    for (const name of ['flake.nix', 'default.nix', 'nix']) {
      cpSync(join(repository, name), join(this.flake, name), { recursive: true });
    }
    this.#makeNixpkgs();
    // So that nothing is looked for in the network.
    this.run('flake', 'lock', '--override-input', 'nixpkgs', `path:${join(this.#home, 'nixpkgs')}`, this.flake);
  }

  #makeNixpkgs(): void {
    const nixpkgs = join(this.#home, 'nixpkgs');
    mkdirSync(nixpkgs);
    cpSync(join(repository, 'test/nix'), join(nixpkgs, 'nix'), { recursive: true });
    cpSync((nixpkgsLib ?? minimalLib).directory, join(nixpkgs, 'lib'), { recursive: true });
    const outputs = `import ./nix/stub-nixpkgs { lib = import ./lib; modules = "${modules}"; }`;
    writeFileSync(join(nixpkgs, 'flake.nix'), `{ outputs = _: ${outputs}; }\n`);
  }

  run(...words: string[]): SpawnSyncReturns<string> {
    return this.runIn(this.#home, ...words);
  }

  runIn(cwd: string, ...words: string[]): SpawnSyncReturns<string> {
    const settings = {
      'experimental-features': 'nix-command flakes',
      sandbox: 'true',
      'sandbox-paths': VISIBLE.map((path) => `${path}=${realpathSync(path)}`).join(' '),
      'build-users-group': '',
      substitute: 'false',
      'flake-registry': '',
    };
    const options = Object.entries(settings).flatMap(([name, value]) => ['--option', name, value]);
    const store = join(this.#home, 'store');
    mkdirSync(store, { recursive: true });
    const bind = 'mount --bind "$0" /nix && exec "$@"';
    const [program, ...before] =
      withoutRootStore === false
        ? ['unshare', '--mount', '--propagation', 'private', 'sh', '-c', bind, store, 'nix']
        : ['nix', '--store', store];
    return spawnSync(program, [...before, ...options, ...words], {
      cwd,
      env: { PATH: process.env['PATH'], HOME: join(this.#home, 'home') },
      encoding: 'utf8',
    });
  }
}

/**
 * Why the store cannot lie in `/nix`, for this process alone. It lies elsewhere then, which is good for builds, but Nix 2.8
 * does not find files of a flake there.
 */
export const withoutRootStore = existsSync('/nix') ? false : 'there is no /nix to mount a store at';

/** Why there can be no such thing here. */
export function noOwnNix(): string | false {
  if (noMounts) return noMounts;
  const { status } = spawnSync('unshare', ['--user', '--mount', '--pid', '--net', '--fork', 'true']);
  if (status !== 0) return 'no namespaces for a sandbox';
  if (spawnSync('nix', ['--version']).error !== undefined) return 'nix is not installed';
  if (!existsSync(join(modules, `node-linux-${process.arch}`))) return 'no Node of npm for this machine';
  return false;
}
