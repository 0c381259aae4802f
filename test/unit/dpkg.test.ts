import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import {
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, describe, it } from 'node:test';
import type { Listing } from '../../src/core/listing.ts';
import { nameOf, parentOf, type RawName, type RawPath } from '../../src/core/rawpath.ts';
import { Judgement } from '../../src/core/reference.ts';
import { fnmatchPattern } from '../../src/linux/dpkg/fnmatch.ts';
import { loadDpkg } from '../../src/linux/dpkg/load.ts';
import { type PackageReference, referenceFrom } from '../../src/linux/dpkg/reference.ts';
import type { OwnedFiles } from '../../src/ports/packages.ts';
import { hostRootFiles } from '../support/host-root-files.ts';

const roots: string[] = [];
afterEach(() => {
  for (const root of roots.splice(0)) rmSync(root, { recursive: true });
});

interface TestPackage {
  readonly name: string;
  readonly list: readonly string[];
  /** Path without the leading slash → what the package shipped there. */
  readonly shipped?: Readonly<Record<string, string>>;
  readonly status?: string;
  readonly conffiles?: readonly string[];
}

class TestRoot {
  readonly base = mkdtempSync(join(tmpdir(), 'ebb-dpkg-'));

  constructor() {
    roots.push(this.base);
    this.file('var/lib/dpkg/status', '');
    mkdirSync(join(this.base, 'var/lib/dpkg/info'));
  }

  file(path: string, content: string | Uint8Array): this {
    mkdirSync(dirname(join(this.base, path)), { recursive: true });
    writeFileSync(join(this.base, path), content, 'latin1');
    return this;
  }

  link(path: string, target: string): this {
    mkdirSync(dirname(join(this.base, path)), { recursive: true });
    symlinkSync(target, join(this.base, path));
    return this;
  }

  times(path: string, mtime: number): this {
    utimesSync(join(this.base, path), mtime, mtime);
    return this;
  }

  /** Writes the database as dpkg does: after the files. */
  install(...packages: readonly TestPackage[]): this {
    let status = '';
    for (const { name, list, shipped, status: state, conffiles } of packages) {
      this.file(`var/lib/dpkg/info/${name}.list`, list.map((line) => `${line}\n`).join(''));
      const sums = Object.entries(shipped ?? {}).map(([path, content]) => `${md5(content)}  ${path}\n`);
      if (sums.length > 0) this.file(`var/lib/dpkg/info/${name}.md5sums`, sums.join(''));
      status += `Package: ${name}\nStatus: install ok ${state ?? 'installed'}\nArchitecture: all\n`;
      if (conffiles) status += `Conffiles:\n${conffiles.map((line) => ` ${line}\n`).join('')}`;
      status += 'Description: for a test\n .\n more\n\n';
    }
    return this.file('var/lib/dpkg/status', status);
  }

  /** As if unpacked that many seconds ago: whatever was written here since has to be read. */
  unpacked(name: string, secondsAgo: number): this {
    return this.times(`var/lib/dpkg/info/${name}.list`, Date.now() / 1000 - secondsAgo);
  }

  load(): OwnedFiles {
    const owned = loadDpkg(hostRootFiles(this.base));
    assert.ok(owned);
    return owned;
  }

  reference(): PackageReference {
    return referenceFrom(this.load(), hostRootFiles(this.base));
  }

  judge(path: string, reference = this.reference()): Judgement {
    const raw = path as RawPath;
    const directory = reference.directory(parentOf(raw));
    assert.ok(directory, `${parentOf(raw)} is owned`);
    return directory.judge(listingOf(this.base, raw), 0);
  }

  missing(directory: string, reference = this.reference()): string[] {
    const present = new Set(readdirSync(join(this.base, directory), { encoding: 'latin1' }));
    const entries = [...(reference.directory(directory as RawPath)?.missing(present) ?? [])];
    return entries
      .flatMap(({ name, descendants }) => [name, ...[...descendants()].map((below) => `${name}/${below.path}`)])
      .sort();
  }
}

function md5(content: string): string {
  return createHash('md5').update(content, 'latin1').digest('hex');
}

/** A listing that holds one entry. */
function listingOf(base: string, path: RawPath): Listing {
  const name = nameOf(path);
  const stats = lstatSync(Buffer.from(base + path, 'latin1'), { bigint: true });
  const one = (value: bigint): Float64Array => Float64Array.of(Number(value));
  const seconds = (ns: bigint): Float64Array => one(ns / 1_000_000_000n);
  const rest = (ns: bigint): Uint32Array => Uint32Array.of(Number(ns % 1_000_000_000n));
  return {
    count: 1,
    names: Buffer.from(name, 'latin1'),
    nameStart: Uint32Array.of(0),
    nameEnd: Uint32Array.of(name.length),
    type: Uint8Array.of(Number(stats.mode) >>> 12),
    device: one(stats.dev),
    inode: one(stats.ino),
    mode: Uint16Array.of(Number(stats.mode)),
    uid: Uint32Array.of(0),
    gid: Uint32Array.of(0),
    links: Uint32Array.of(1),
    size: one(stats.size),
    allocated: one(stats.blocks * 512n),
    mtimeSec: seconds(stats.mtimeNs),
    mtimeNsec: rest(stats.mtimeNs),
    ctimeSec: seconds(stats.ctimeNs),
    ctimeNsec: rest(stats.ctimeNs),
    birthSec: seconds(stats.birthtimeNs),
    stat: () => true,
    readLink: () => undefined,
    name: () => name,
  };
}

const tool: TestPackage = {
  name: 'tool',
  list: [
    '/.',
    '/usr',
    '/usr/bin',
    '/usr/bin/tool',
    '/usr/share',
    '/usr/share/tool',
    '/usr/share/tool/a',
    '/usr/share/tool/b',
  ],
  shipped: { 'usr/bin/tool': 'shipped', 'usr/share/tool/a': 'a', 'usr/share/tool/b': 'b' },
};

function toolRoot(): TestRoot {
  return new TestRoot().file('usr/bin/tool', 'shipped').file('usr/share/tool/a', 'a').file('usr/share/tool/b', 'b');
}

describe('what dpkg installed', () => {
  it('is nothing where there is no database', () => {
    const base = mkdtempSync(join(tmpdir(), 'ebb-dpkg-'));
    roots.push(base);
    assert.equal(loadDpkg(hostRootFiles(base)), undefined);
  });

  it('is unchanged without being read where it is no younger than the list', () => {
    const root = toolRoot().file('usr/bin/tool', 'other content, same age').install(tool);
    const reference = root.reference();
    assert.equal(root.judge('/usr/bin/tool', reference), Judgement.unchanged);
    assert.equal(reference.hashed, 0);
  });

  it('is read where it is younger than the list: modified only if the content differs', () => {
    const root = toolRoot().install(tool).unpacked('tool', 30).file('usr/share/tool/a', 'changed');
    const reference = root.reference();
    assert.equal(root.judge('/usr/share/tool/a', reference), Judgement.modified);
    assert.equal(root.judge('/usr/share/tool/b', reference), Judgement.unchanged);
    assert.equal(reference.hashed, 2);
  });

  it('is judged by its mtime on a root that was copied', () => {
    const root = toolRoot().file('usr/bin/tool', 'not read').file('usr/share/tool/a', 'changed').install(tool);
    root.times('var/lib/dpkg/info/tool.list', 1_600_000_000).times('usr/bin/tool', 1_500_000_000);
    const reference = root.reference();
    assert.equal(root.judge('/usr/bin/tool', reference), Judgement.unchanged);
    assert.equal(reference.hashed, 0);
    assert.equal(root.judge('/usr/share/tool/a', reference), Judgement.modified);
  });

  it('changed its type where a link took the place of a file, or a file that of a directory', () => {
    const root = toolRoot().install(tool);
    rmSync(join(root.base, 'usr/bin/tool'));
    rmSync(join(root.base, 'usr/share/tool'), { recursive: true });
    root.link('usr/bin/tool', 'busybox').file('usr/share/tool', '');
    assert.equal(root.judge('/usr/bin/tool'), Judgement.typeChanged);
    assert.equal(root.judge('/usr/share/tool'), Judgement.typeChanged);
  });

  it('is not what nobody shipped, and its directories are never changes', () => {
    const root = toolRoot().file('usr/bin/mine', '').file('usr/mine/a', '').install(tool);
    assert.equal(root.judge('/usr/bin/mine'), Judgement.added);
    assert.equal(root.judge('/usr/share'), Judgement.unchanged);
    const usr = root.reference().directory('/usr' as RawPath);
    assert.equal(usr?.has('mine' as RawName), false);
    assert.ok(usr?.has('bin' as RawName));
    assert.equal(usr?.has('bin' as RawName), true);
  });

  it('has names of any bytes', () => {
    const raw = '/usr/share/caf\xe9';
    const root = new TestRoot();
    mkdirSync(join(root.base, 'usr/share'), { recursive: true });
    writeFileSync(Buffer.from(root.base + raw, 'latin1'), 'x');
    writeFileSync(
      join(root.base, 'var/lib/dpkg/info/odd.list'),
      Buffer.from(`/.\n/usr\n/usr/share\n${raw}\n`, 'latin1'),
    );
    root.file('var/lib/dpkg/status', 'Package: odd\nStatus: install ok installed\n\n');
    assert.equal(root.judge(raw), Judgement.unchanged);
  });

  it('takes a link without a hash for unchanged until it was made anew', () => {
    const root = new TestRoot().link('usr/bin/sh', 'dash');
    root.install({ name: 'dash', list: ['/.', '/usr', '/usr/bin', '/usr/bin/sh'] });
    assert.equal(root.judge('/usr/bin/sh'), Judgement.unchanged);
    root.unpacked('dash', 30);
    assert.equal(root.judge('/usr/bin/sh'), Judgement.modified);
  });
});

describe('where it is', () => {
  it('follows the aliases of a merged /usr', () => {
    const root = new TestRoot().file('usr/bin/ls', 'ls').link('bin', 'usr/bin');
    root.install({
      name: 'coreutils',
      list: ['/.', '/bin', '/bin/ls', '/bin/cat'],
      shipped: { 'bin/ls': 'ls', 'bin/cat': 'cat' },
    });
    root.unpacked('coreutils', 30);
    const reference = root.reference();
    assert.equal(root.judge('/usr/bin/ls', reference), Judgement.unchanged);
    assert.equal(reference.hashed, 1);
    assert.equal(root.judge('/bin', reference), Judgement.unchanged);
    assert.deepEqual(root.missing('/usr/bin', reference), ['cat']);
    assert.deepEqual(root.missing('/', reference), []);
  });

  it('follows diversions: the one moved aside and the one in its place are both owned', () => {
    const root = new TestRoot().file('usr/bin/sh.distrib', 'bash').link('usr/bin/sh', 'dash').link('bin', 'usr/bin');
    root.file('var/lib/dpkg/diversions', '/bin/sh\n/bin/sh.distrib\ndash\n');
    root.install(
      { name: 'bash', list: ['/.', '/bin', '/bin/sh'], shipped: { 'bin/sh': 'bash' } },
      { name: 'dash', list: ['/.', '/bin', '/bin/dash'] },
    );
    root.unpacked('bash', 30);
    assert.equal(root.judge('/usr/bin/sh.distrib'), Judgement.unchanged);
    assert.equal(root.judge('/usr/bin/sh'), Judgement.unchanged);
    root.file('usr/bin/sh.distrib', 'other');
    assert.equal(root.judge('/usr/bin/sh.distrib'), Judgement.modified);
  });

  it("takes what lies in place of an administrator's own diversion for added", () => {
    const root = toolRoot().file('usr/bin/tool.distrib', 'shipped').file('usr/bin/tool', 'mine');
    root.file('var/lib/dpkg/diversions', '/usr/bin/tool\n/usr/bin/tool.distrib\n:\n').install(tool);
    assert.equal(root.judge('/usr/bin/tool'), Judgement.added);
    assert.equal(root.judge('/usr/bin/tool.distrib'), Judgement.unchanged);
  });

  it('is with the package that was unpacked last, where two have the same path', () => {
    const root = toolRoot().install(tool, { ...tool, name: 'old', shipped: { 'usr/bin/tool': 'an older one' } });
    root.unpacked('old', 50).unpacked('tool', 30);
    assert.equal(root.judge('/usr/bin/tool'), Judgement.unchanged);
  });
});

describe('a conffile', () => {
  const etc = ['/.', '/etc', '/etc/tool.conf'];
  it('is compared with what status says the package shipped', () => {
    const root = new TestRoot().file('etc/tool.conf', 'default').file('etc/other.conf', 'edited');
    root.install({
      name: 'tool',
      list: [...etc, '/etc/other.conf'],
      conffiles: [`/etc/tool.conf ${md5('default')}`, `/etc/other.conf ${md5('default')}`],
    });
    root.unpacked('tool', 30);
    assert.equal(root.judge('/etc/tool.conf'), Judgement.unchanged);
    assert.equal(root.judge('/etc/other.conf'), Judgement.modified);
  });

  it('that was edited before its package was upgraded is still not as it was shipped', () => {
    const root = new TestRoot().file('etc/tool.conf', 'edited').file('etc/pending.conf', 'edited');
    root.install(
      { name: 'tool', list: etc, conffiles: [`/etc/tool.conf ${md5('default')}`] },
      {
        name: 'half',
        list: ['/etc/pending.conf'],
        conffiles: [`/etc/pending.conf ${md5('default')}`],
        status: 'unpacked',
      },
    );
    root.unpacked('tool', -30).unpacked('half', -30);
    assert.equal(root.judge('/etc/tool.conf'), Judgement.modified);
    assert.equal(root.judge('/etc/pending.conf'), Judgement.modified);
    root.file('etc/tool.conf', 'default');
    assert.equal(root.judge('/etc/tool.conf'), Judgement.unchanged);
  });

  it('is missed where it was deleted, unless it is obsolete, to be removed, pending, or of a removed package', () => {
    const root = new TestRoot().file('etc/keep', '');
    const one = (name: string): string[] => ['/.', '/etc', `/etc/${name}`];
    const hash = md5('default');
    root.install(
      { name: 'a', list: one('a'), conffiles: [`/etc/a ${hash}`] },
      { name: 'b', list: one('b'), conffiles: [`/etc/b ${hash} obsolete`] },
      { name: 'c', list: one('c'), conffiles: ['/etc/c newconffile remove-on-upgrade'] },
      { name: 'd', list: one('d'), conffiles: [`/etc/d ${hash}`], status: 'unpacked' },
      { name: 'e', list: one('e'), conffiles: [`/etc/e ${hash}`], status: 'config-files' },
    );
    assert.deepEqual(root.missing('/etc'), ['a']);
  });
});

describe('a list that somebody made up', () => {
  it('names nothing above the root, nothing called .., and may hold names of any length', () => {
    const root = new TestRoot().file('usr/bin/tool', 'tool').file('home/j/notes', 'notes');
    const list = [
      '/usr',
      '/usr/bin',
      '/usr/lib/../bin/tool',
      '/usr/../home/j/notes',
      '/../../home/j/notes',
      `/${'y'.repeat(9000)}`,
    ];
    root.install({ name: 'odd', list });
    assert.equal(root.judge('/usr/bin/tool'), Judgement.unchanged);
    assert.equal(root.reference().directory('/home/j' as RawPath), undefined);
    assert.deepEqual(root.missing('/usr'), []);
    assert.deepEqual(
      root.missing('/').map((name) => name.length),
      [9000],
    );
  });
});

describe('what maintainer scripts placed', () => {
  const shipped = { 'usr/share/base-files/profile': 'default', 'usr/share/base-files/dot.bashrc': 'bash' };
  const list = [
    '/.',
    '/etc',
    '/root',
    '/usr',
    '/usr/share',
    '/usr/share/base-files',
    ...Object.keys(shipped).map((path) => `/${path}`),
  ];
  const placed = (): TestRoot => {
    const root = new TestRoot().file('etc/profile', 'default').file('root/.bashrc', 'bash, and more');
    for (const [path, content] of Object.entries(shipped)) root.file(path, content);
    root.file('etc/tool.conf', 'tool').file('etc/other.conf', 'edited');
    root.file('var/lib/ucf/registry', 'tool \t /etc/tool.conf\ntool \t /etc/other.conf\ngone \t /etc/gone.conf\n');
    root.file(
      'var/lib/ucf/hashfile',
      `${md5('tool')}  /etc/tool.conf\n${md5('tool')}  /etc/other.conf\n${md5('tool')}  /etc/gone.conf\nnonsense  /etc/x\n\0`,
    );
    root.file('etc/gone.conf', 'tool').file('etc/x', 'tool');
    root.install({ name: 'base-files', list, shipped }, { name: 'tool', list: ['/.', '/etc'] });
    return root.unpacked('base-files', -30).unpacked('tool', -30);
  };

  it('is unchanged as long as it is the copy of what a package ships, whatever its times are', () => {
    const root = placed();
    assert.equal(root.judge('/etc/profile'), Judgement.unchanged);
    assert.equal(root.judge('/root/.bashrc'), Judgement.modified);
  });

  it('is unchanged as long as it is what ucf registered for a package', () => {
    const root = placed();
    const judged = ['tool', 'other', 'gone'].map((name) => root.judge(`/etc/${name}.conf`));
    assert.deepEqual(judged, [Judgement.unchanged, Judgement.modified, Judgement.added]);
    assert.equal(root.judge('/etc/x'), Judgement.added);
  });

  it('is missed by nobody', () => {
    const root = placed();
    rmSync(join(root.base, 'etc/profile'));
    rmSync(join(root.base, 'etc/tool.conf'));
    assert.deepEqual(root.missing('/etc'), []);
  });
});

describe('what is missing', () => {
  it('is a directory with all that was below it', () => {
    const root = toolRoot().install(tool);
    rmSync(join(root.base, 'usr/share/tool'), { recursive: true });
    assert.deepEqual(root.missing('/usr/share'), ['tool', 'tool/a', 'tool/b']);
    const [entry] =
      root
        .reference()
        .directory('/usr/share' as RawPath)
        ?.missing(new Set()) ?? [];
    assert.equal(entry?.entries, 3);
  });

  it('is not what dpkg was told to leave out', () => {
    const root = toolRoot().file(
      'etc/dpkg/dpkg.cfg.d/slim',
      '# images\npath-exclude=/usr/share/tool*\npath-include /usr/share/tool/b\n',
    );
    root.install(tool);
    rmSync(join(root.base, 'usr/share/tool'), { recursive: true });
    assert.deepEqual(root.missing('/usr/share'), ['tool', 'tool/b']);
    root.file('etc/dpkg/dpkg.cfg', 'path-exclude=/usr/share/tool/*\n');
    assert.deepEqual(root.missing('/usr/share'), []);
  });

  it('is left out by the spelling of the archive too', () => {
    const root = new TestRoot().link('lib', 'usr/lib').file('usr/lib/keep', '');
    root.file('etc/dpkg/dpkg.cfg', 'path-exclude=/lib/x\n').install({ name: 'x', list: ['/.', '/lib', '/lib/x'] });
    assert.deepEqual(root.missing('/usr/lib'), []);
  });
});

describe('a damaged database', () => {
  for (const [damage, content] of [
    ['empty', ''],
    ['cut off', '/.\n/usr\n/usr/bi'],
    ['zeroed', '\0'.repeat(64)],
    ['malformed', '/.\nusr\n'],
  ] as const) {
    it(`skips a list that is ${damage}, with a warning`, () => {
      const root = toolRoot()
        .install(tool, { name: 'broken', list: [] })
        .file('var/lib/dpkg/info/broken.list', content);
      const owned = root.load();
      assert.equal(owned.warnings.length, 1);
      assert.match(owned.warnings[0], /broken\.list/);
      assert.equal(root.judge('/usr/bin/tool'), Judgement.unchanged);
    });
  }

  it('compares by content as far as the md5sums can be read', () => {
    const root = toolRoot()
      .install(tool)
      .file('var/lib/dpkg/info/tool.md5sums', `${md5('shipped')}  usr/bin/tool\nxyz  usr/share/tool/a\n`);
    assert.match(root.load().warnings.join(), /line 2/);
    root.unpacked('tool', 30).file('usr/bin/tool', 'changed');
    assert.equal(root.judge('/usr/bin/tool'), Judgement.modified);
  });

  it('warns of a missing list, odd diversions and odd entries of status', () => {
    const root = toolRoot().install(tool).file('var/lib/dpkg/diversions', '/a\n/b\n');
    root.file(
      'var/lib/dpkg/status',
      'Package: tool\nStatus: install ok installed\n\nPackage: gone\nStatus: install ok installed\n\nnonsense\n\nPackage: p\nStatus: deinstall ok not-installed\n',
    );
    assert.equal(root.load().warnings.length, 3);
  });
});

describe('fnmatch', () => {
  it('matches as fnmatch(3) without flags', () => {
    for (const [pattern, path, matches] of [
      ['/usr/share/doc/*', '/usr/share/doc/a/b', true],
      ['/usr/share/doc/*', '/usr/share/doc', false],
      ['/usr/share/locale/[!e]*', '/usr/share/locale/de', true],
      ['/usr/share/locale/[!e]*', '/usr/share/locale/en', false],
      ['/a[]x]', '/a]', true],
      ['/a[b', '/a[b', true],
      ['/a?c', '/a/c', true],
      ['/a\\*', '/a*', true],
      ['/a\\*', '/ab', false],
      ['/a.(b)+', '/a.(b)+', true],
      ['/[z-a]', '/z', false],
    ] as const) {
      assert.equal(fnmatchPattern(pattern).test(path), matches, `${pattern} ${path}`);
    }
  });
});

describe('this machine', () => {
  const skip = existsSync('/var/lib/dpkg/status') ? false : 'no dpkg database here';
  it('has an unchanged /usr/bin/dpkg, and its database is loaded quickly', { skip }, () => {
    const started = performance.now();
    const owned = loadDpkg(hostRootFiles('/'));
    const took = performance.now() - started;
    assert.ok(owned);
    // Some 250 ms for 110,000 paths on two slow cores; the bound leaves room for a busy machine.
    assert.ok(took < 400 + owned.manifest.count / 100, `${took} ms for ${owned.manifest.count} paths`);
    const bytes = Object.values(owned.manifest).reduce((sum, column) => sum + (column.byteLength ?? 0), 0);
    assert.ok(bytes < 1_000_000 + owned.manifest.count * 120, `${bytes} bytes`);
    const directory = referenceFrom(owned, hostRootFiles('/')).directory('/usr/bin' as RawPath);
    assert.equal(directory?.judge(listingOf('', '/usr/bin/dpkg' as RawPath), 0), Judgement.unchanged);
  });
});
