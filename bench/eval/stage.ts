/** A root of the corpus as files in a directory, for the same program to look at that looks at machines. */
import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  lchownSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import type { Account, CorpusRoot, TreeEntry } from './corpus.ts';

const STORE = '/nix/store/0c1p5z9kx3n1r5fjdq1l3m5bq2zr8a1w';

const releases: Readonly<Record<CorpusRoot['distribution'], string>> = {
  nixos: 'ID=nixos\nNAME=NixOS\nVERSION_ID="25.11"\n',
  debian: 'ID=debian\nNAME="Debian GNU/Linux"\nVERSION_ID="12"\n',
  arch: 'ID=arch\nNAME="Arch Linux"\n',
  fedora: 'ID=fedora\nNAME="Fedora Linux"\nVERSION_ID=42\n',
  other: 'ID=linux\nNAME=Linux\n',
};

/** Fills the empty directory `into`. Owners are given only where this process may. */
export function makeRoot(root: CorpusRoot, into: string): void {
  const stage = new Stage(root, into);
  stage.makeSystem();
  for (const entry of [...root.tree, ...root.cases]) stage.put(entry);
  stage.makeSockets();
  stage.fillDirectories([...root.tree, ...root.cases]);
}

class Stage {
  readonly #root: CorpusRoot;
  readonly #into: string;
  readonly #sockets: string[] = [];
  readonly #isRoot = process.getuid?.() === 0;

  constructor(root: CorpusRoot, into: string) {
    this.#root = root;
    this.#into = into;
  }

  /** What tells of the machine: its distribution, units, lines of tmpfiles.d and accounts. */
  makeSystem(): void {
    const { distribution, units, tmpfiles } = this.#root;
    const isNixos = distribution === 'nixos';
    // On NixOS all of this lies in the store, and /etc leads there.
    const etc = isNixos ? `${STORE}-etc/etc` : '/etc';
    if (isNixos) {
      this.#link('/etc/static', etc);
      this.#link('/etc/systemd/system', '/etc/static/systemd/system');
      this.#link(`${etc}/systemd/system`, `${STORE}-system-units`);
      this.#link('/etc/tmpfiles.d', '/etc/static/tmpfiles.d');
      this.#file('/etc/NIXOS', '');
    }
    const directories = isNixos
      ? { units: `${STORE}-system-units`, tmpfiles: `${etc}/tmpfiles.d`, release: '/etc/os-release' }
      : { units: '/usr/lib/systemd/system', tmpfiles: '/usr/lib/tmpfiles.d', release: '/usr/lib/os-release' };
    if (isNixos) {
      this.#link('/etc/os-release', '/etc/static/os-release');
      this.#file(`${etc}/os-release`, releases.nixos);
    } else {
      this.#file(directories.release, releases[distribution]);
      this.#link('/etc/os-release', '../usr/lib/os-release');
    }
    for (const [name, content] of Object.entries(units)) this.#file(`${directories.units}/${name}`, content);
    for (const [name, content] of Object.entries(tmpfiles)) this.#file(`${directories.tmpfiles}/${name}`, content);
    this.#accounts();
  }

  #accounts(): void {
    const accounts = Object.entries<Account>({ root: { uid: 0, home: '/root' }, ...this.#root.accounts });
    const users = accounts.map(([name, { uid, gid = uid, home }]) => `${name}:x:${uid}:${gid}::${home}:/bin/sh\n`);
    const groups = accounts.map(([name, { uid, gid = uid }]) => `${name}:x:${gid}:\n`);
    this.#file('/etc/passwd', users.join(''));
    this.#file('/etc/group', groups.join(''));
  }

  put(entry: TreeEntry): void {
    const at = this.#at(entry.path);
    // What tells of the machine is there already.
    if (isThere(at) && entry.kind !== 'directory' && entry.content === undefined) return;
    switch (entry.kind) {
      case 'directory':
        mkdirSync(at, { recursive: true });
        break;
      case 'symlink':
        this.#link(entry.path, entry.target ?? '');
        break;
      case 'fifo':
        this.#parent(at);
        run('mkfifo', [at]);
        break;
      case 'socket':
        this.#parent(at);
        this.#sockets.push(at);
        break;
      case 'file':
        this.#file(entry.path, entry.content ?? `${entry.path}\n`);
        if (entry.size !== undefined) truncateSync(at, entry.size);
        break;
    }
    if (entry.mode !== undefined && entry.kind !== 'symlink') chmodSync(at, entry.mode);
    const owner = entry.owner === undefined ? undefined : this.#root.accounts[entry.owner];
    if (owner !== undefined && this.#isRoot) lchownSync(at, owner.uid, owner.gid ?? owner.uid);
  }

  makeSockets(): void {
    if (this.#sockets.length > 0) run(process.execPath, ['-e', bindAll, ...this.#sockets]);
  }

  /** State that somebody keeps is not an empty directory. */
  fillDirectories(entries: readonly TreeEntry[]): void {
    for (const { path, kind, empty } of entries) {
      if (kind !== 'directory' || empty || readdirSync(this.#at(path)).length > 0) continue;
      this.#file(`${path}/a`, 'a\n');
    }
  }

  #at(path: string): string {
    return join(this.#into, path);
  }

  #parent(at: string): void {
    mkdirSync(dirname(at), { recursive: true });
  }

  #file(path: string, content: string): void {
    const at = this.#at(path);
    this.#parent(at);
    writeFileSync(at, content);
  }

  #link(path: string, target: string): void {
    const at = this.#at(path);
    this.#parent(at);
    symlinkSync(target, at);
  }
}

/**
 * Binds each of its arguments and ends: nobody has to listen for a socket to be there. From within the directory, since
 * the path of a socket may be 107 bytes long and no longer; renamed, since Node removes what it has bound.
 */
const bindAll = `
const { createServer } = require('node:net'), { renameSync } = require('node:fs'), { basename, dirname } = require('node:path');
(async () => {
  for (const at of process.argv.slice(1)) {
    process.chdir(dirname(at));
    const server = createServer();
    await new Promise((done, fail) => server.on('error', fail).listen('.binding', done));
    renameSync('.binding', basename(at));
    server.close();
  }
})();
`;

function isThere(at: string): boolean {
  return lstatSync(at, { throwIfNoEntry: false }) !== undefined;
}

function run(program: string, args: readonly string[]): void {
  const { status, stderr, error } = spawnSync(program, args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`${program}: ${error ?? stderr}`);
}
