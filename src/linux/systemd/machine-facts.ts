import type { RawPath } from '../../core/rawpath.ts';
import type { MachineFacts } from '../../core/systemd/specifiers.ts';
import { type WordSyntax, wordsOf } from '../../core/systemd/words.ts';
import type { RootFiles } from '../../ports/root-files.ts';
import { latin1 } from './unit-tree.ts';

/** No file of these is as large. */
const LARGEST = 64 * 1024;

/** What a root says of itself, each looked up when it is first asked for. */
export function machineFactsOf(files: RootFiles): MachineFacts {
  const once = <T>(look: () => T): (() => T) => {
    let known: { readonly value: T } | undefined;
    return () => {
      known ??= { value: look() };
      return known.value;
    };
  };
  const line = (path: string): string | undefined => {
    const bytes = files.readFile(path as RawPath, LARGEST);
    return bytes === undefined ? undefined : /^[^\n]*/.exec(latin1(bytes))?.[0].trim() || undefined;
  };
  // A root that is not running has no /proc of its own.
  const machineId = once(() => /^[0-9a-f]{32}$/.exec(line('/etc/machine-id') ?? '')?.[0]);
  const bootId = once(() => line('/proc/sys/kernel/random/boot_id')?.replaceAll('-', ''));
  const hostname = once(() => line('/proc/sys/kernel/hostname') ?? line('/etc/hostname'));
  const kernel = once(() => line('/proc/sys/kernel/osrelease'));
  const release = once(() => releaseOf(files));
  return {
    get machineId() {
      return machineId();
    },
    get bootId() {
      return bootId();
    },
    get hostname() {
      return hostname();
    },
    get kernel() {
      return kernel();
    },
    get architecture() {
      return architectures[process.arch];
    },
    get release() {
      return release();
    },
  };
}

const architectures: Readonly<Record<string, string>> = {
  x64: 'x86-64',
  arm64: 'arm64',
  ia32: 'x86',
  riscv64: 'riscv64',
};

const shellWords: WordSyntax = { separators: ' \t', unquotes: true, backslash: 'c or separator' };

function releaseOf(files: RootFiles): ReadonlyMap<string, string> {
  const fields = new Map<string, string>();
  const paths = ['/etc/os-release', '/usr/lib/os-release'] as RawPath[];
  const bytes = paths.map((path) => files.readFile(path, LARGEST)).find((content) => content !== undefined);
  for (const text of bytes === undefined ? [] : latin1(bytes).split('\n')) {
    const [, key, value] = /^([A-Z_]+)=(.*)$/.exec(text) ?? [];
    if (key !== undefined && value !== undefined) fields.set(key, wordsOf(value, shellWords).words[0] ?? '');
  }
  return fields;
}
