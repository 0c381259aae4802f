/** What ebb reads in unit files and drop-ins is what systemd reads in them: `systemd-analyze` is the judge. */
import assert from 'node:assert/strict';
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import { type RawPath, rawFromText } from '../../src/core/rawpath.ts';
import { machineSpecifiers, systemSpecifiers, unitSpecifiers } from '../../src/core/systemd/specifiers.ts';
import { factsOfSettings, type UnitFacts } from '../../src/core/systemd/unit-facts.ts';
import { parseUnitName } from '../../src/core/systemd/unit-name.ts';
import { machineFactsOf } from '../../src/linux/systemd/machine-facts.ts';
import { UnitTree } from '../../src/linux/systemd/unit-tree.ts';
import { hostRootFiles } from '../support/host-root-files.ts';
import { loadedUnits, withoutSystemd } from '../support/systemd-analyze.ts';
import { Workplace } from '../support/workplace.ts';

/** Files by path below the unit directories `etc`, `run` and `usr`; a value that begins with `->` is a link. */
type Tree = Readonly<Record<string, string>>;

const directoryNames = ['etc', 'run', 'usr'];
const files = hostRootFiles('/');
const specifiers = systemSpecifiers(machineSpecifiers(machineFactsOf(files)));

function write(base: string, tree: Tree): void {
  for (const name of directoryNames) mkdirSync(join(base, name), { recursive: true });
  for (const [name, content] of Object.entries(tree)) {
    const path = join(base, name);
    mkdirSync(dirname(path), { recursive: true });
    if (content.startsWith('->')) symlinkSync(content.slice(2), path);
    else writeFileSync(path, Buffer.from(content, 'latin1'));
  }
}

/** What both make of the units of a tree, by name, in lines as systemd prints them. */
function compared(workplace: Workplace, tree: Tree, names: readonly string[]): { ours: unknown; theirs: unknown } {
  const base = workplace.make('units');
  write(base, tree);
  const directories = directoryNames.map((name) => join(base, name) as RawPath);
  const units = new UnitTree(files, directories, directories);
  const loaded = loadedUnits(directories, names);
  const ours: Record<string, unknown> = {};
  const theirs: Record<string, unknown> = {};
  for (const name of names) {
    const dump = loaded.get(name);
    // systemd loads no unit that has nothing to run, or two things.
    if (dump === undefined || dump.get('Unit Load State')?.[0] !== 'loaded') continue;
    const parsed = parseUnitName(name);
    const unit = parsed && units.unit(parsed);
    if (parsed === undefined || unit === undefined) {
      ours[name] = 'none';
      theirs[name] = dump;
      continue;
    }
    const facts = factsOfSettings(parsed, unit.settings, unitSpecifiers(parsed, unit.file, specifiers));
    ours[name] = linesOf(facts);
    theirs[name] = Object.fromEntries(Object.keys(linesOf(facts)).map((key) => [key, dumped(dump, key)]));
  }
  return { ours, theirs };
}

function linesOf(facts: UnitFacts): Record<string, readonly string[]> {
  const { directories, workingDirectory = '/', rootDirectory = '/', environmentFiles, readWritePaths } = facts;
  const set = (values: readonly string[]): string[] => [...new Set(values)].sort();
  const lines: Record<string, readonly string[]> = {
    WorkingDirectory: [workingDirectory === '~' ? '/' : workingDirectory],
    RootDirectory: [rootDirectory],
    EnvironmentFile: environmentFiles,
    ReadWritePaths: [readWritePaths.map(({ path }) => path).join(' ')].filter((line) => line !== ''),
    BindPaths: facts.bindPaths.map(({ source, destination }) => `${source}:${destination}`),
    // Only the first line of a value is told from what comes after it.
    Environment: [...facts.environment].map(([name, value]) => `${name}=${value.replace(/\n.*/s, '')}`).sort(),
    'Command Line': facts.commands.map(({ command }) => command.map(quoted).join(' ')),
  };
  for (const setting of ['StateDirectory', 'CacheDirectory', 'LogsDirectory', 'ConfigurationDirectory']) {
    const own = directories.filter((directory) => directory.setting === setting);
    lines[setting] = set(own.map(({ path }) => path));
    const links = own.flatMap(({ path, links: names }) => names.map((name) => `${path}:${name}`));
    if (setting !== 'ConfigurationDirectory') lines[`${setting}Symlink`] = set(links);
  }
  return lines;
}

function dumped(dump: ReadonlyMap<string, readonly string[]>, key: string): readonly string[] {
  const values = dump.get(key) ?? [];
  switch (key) {
    case 'EnvironmentFile':
      return values.map((value) => value.replace(/^-/, ''));
    case 'WorkingDirectory':
      return values.map((value) => value.replace(/^!/, ''));
    case 'ReadWritePaths':
      return values.map((value) => value.replace(/(^| )-?\+?(?=\/)/g, '$1'));
    case 'BindPaths':
      return values.map((value) => value.replace(/^-/, '').replace(/:(no)?rbind$/, ''));
    case 'Environment':
      return [...values].sort();
    default:
      return key.includes('Director') ? [...values].sort() : values;
  }
}

/** As systemd quotes a word of a command. */
function quoted(word: string): string {
  if (word !== '' && !/[\s\x08"\\`$*?['()<>|&;!]/.test(word)) return word;
  const escapes: Record<string, string> = { '\t': '\\t', '\n': '\\n', '\b': '\\b' };
  return `"${word.replace(/["\\`$\t\n\x08]/g, (byte) => escapes[byte] ?? `\\${byte}`)}"`;
}

const SERVICE = '[Service]\nType=oneshot\nExecStart=/bin/true\n';

test('settings of units are read as systemd reads them', { skip: withoutSystemd }, async (t) => {
  const workplace = new Workplace();
  const agree = (tree: Tree, names: readonly string[] = ['a.service']): void => {
    const { ours, theirs } = compared(workplace, tree, names);
    assert.deepEqual(Object.keys(theirs as object).length > 0, true, 'systemd loads one of them');
    assert.deepEqual(ours, theirs);
  };
  try {
    const value = (text: string): fc.Arbitrary<string> => {
      const piece = fc.constantFrom(...text.split(' '), ' ', ' ', '\t', '/', 'd', 'k', 'é').map(rawFromText);
      return fc.array(piece, { maxLength: 9 }).map((pieces) => pieces.join(''));
    };
    const paths = value('/a /b/c // /./ k/.. - + ~ : " \' \\ \\: \\x41 \\" %% %n %i %p %H % a:b foo %. \\\n # ;');
    const words = value('--x= /a " \' \\x20 \\t \\101 \\u00e9 \\ ; \\; $A ${B} % %% %n %N %p %m -- \\\\ \\\n = #');
    const setting = fc.oneof(
      fc.tuple(
        fc.constantFrom(
          ...['StateDirectory', 'CacheDirectory', 'LogsDirectory', 'ConfigurationDirectory', 'WorkingDirectory'],
          ...['RootDirectory', 'EnvironmentFile', 'ReadWritePaths', 'ReadWriteDirectories', 'BindPaths'],
        ),
        paths,
      ),
      fc.tuple(fc.constantFrom('Environment', 'ExecStart', 'ExecStartPre'), words),
    );
    const line = fc.oneof(
      { weight: 8, arbitrary: setting.map(([key, text]) => `${key}=${text}`) },
      {
        weight: 1,
        arbitrary: fc.constantFrom('StateDirectory=', '# c\\', ' ; d', '', '[Unit]', '[Service]', 'x', '=y'),
      },
    );
    // Of an empty first field and a third one, older and newer versions make different things.
    const isOfAllVersions = (text: string): boolean =>
      !/^\w+Directory(?=.*([=\s"'\\]:|:\S*:))/m.test(text.replace(/\\\n/g, ' '));
    const text = fc
      .array(line, { maxLength: 5 })
      .map((lines) => `${lines.join('\n')}\n`)
      .filter(isOfAllVersions);

    await t.test('whatever their values are', () => {
      const units = fc.array(text, { minLength: 12, maxLength: 12 });
      const check = fc.property(units, (texts) => {
        const names = texts.map((_, at) => `u-${at}@x-y.service`);
        agree(Object.fromEntries(texts.map((one, at) => [`etc/${names[at]}`, `${SERVICE}${one}`])), names);
      });
      fc.assert(check, {
        numRuns: Number(process.env['EBB_TEST_RUNS'] ?? 25),
        seed: Number(process.env['EBB_TEST_SEED'] ?? 7),
      });
    });

    await t.test('in whatever drop-ins they stand', () => {
      const name = fc.constantFrom('a-b-c.service', 'a-b-c@x.service', 'a-b-d.service');
      const directory = fc.constantFrom(
        ...['a-b-c.service', 'a-b-.service', 'a-.service', 'service', 'a-b-c@.service', 'a-b-c@x.service'],
        ...['a-@.service', 'a-b-@x.service', 'alias.service'],
      );
      const place = fc.tuple(
        fc.constantFrom(...directoryNames),
        directory,
        fc.constantFrom('1.conf', '2.conf', '3.txt'),
      );
      const content = fc
        .tuple(fc.boolean(), fc.nat({ max: 99 }), fc.constantFrom('Service', 'Socket', 'Unit'))
        .map(
          ([resets, number, section]) =>
            `[${section}]\n${resets ? 'EnvironmentFile=\n' : ''}EnvironmentFile=/${number}\n`,
        );
      const dropIns = fc.dictionary(
        place.map(([where, of, file]) => `${where}/${of}.d/${file}`),
        fc.oneof({ weight: 6, arbitrary: content }, { weight: 1, arbitrary: fc.constantFrom('->/dev/null', '') }),
        { maxKeys: 10, noNullPrototype: true },
      );
      const own = fc.dictionary(
        fc.tuple(fc.constantFrom(...directoryNames), name).map(([where, of]) => `${where}/${of}`),
        fc.oneof(
          { weight: 6, arbitrary: content.map((one) => `${SERVICE}${one}`) },
          { weight: 1, arbitrary: fc.constantFrom('->/dev/null', '') },
        ),
        { maxKeys: 3, noNullPrototype: true },
      );
      let loaded = 0;
      const check = fc.property(dropIns, own, (tree, units) => {
        const base = { 'usr/a-b-c.service': SERVICE, 'usr/a-b-c@.service': SERVICE, 'usr/a-b-d.service': SERVICE };
        const alias = { 'etc/alias.service': '->a-b-d.service' };
        const { ours, theirs } = compared(workplace, { ...base, ...alias, ...tree, ...units }, [
          'a-b-c.service',
          'a-b-c@x.service',
          'a-b-d.service',
        ]);
        assert.deepEqual(ours, theirs);
        loaded += Object.keys(theirs as object).length;
      });
      fc.assert(check, {
        numRuns: Number(process.env['EBB_TEST_RUNS'] ?? 40),
        seed: Number(process.env['EBB_TEST_SEED'] ?? 7),
      });
      assert.ok(loaded > 0, 'systemd loads some of them');
    });
  } finally {
    workplace.close();
  }
});
