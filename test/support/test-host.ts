/** The use cases on real roots, as the command line wires them. */
import { fileURLToPath } from 'node:url';
import { backendOf } from '../../src/backends/choose.ts';
import { failingCategories } from '../../src/core/category.ts';
import type { RawPath } from '../../src/core/rawpath.ts';
import type { CheckReport, DiffReport, WhyReport } from '../../src/core/report.ts';
import { loadCatalogue } from '../../src/linux/catalogue.ts';
import { Host } from '../../src/linux/host.ts';
import type { Machine } from '../../src/ports/machine.ts';
import type { OpenRoot } from '../../src/ports/open-root.ts';
import { pathLine } from '../../src/render/paths.ts';
import { check } from '../../src/usecases/check.ts';
import { type DiffRequest, diff, diffPaths } from '../../src/usecases/diff.ts';
import { recordBaseline } from '../../src/usecases/record-baseline.ts';
import { why } from '../../src/usecases/why.ts';
import { catalogue } from './catalogue.ts';

const resetScript = fileURLToPath(new URL('../../boot/reset-root', import.meta.url));
const wiring = { line: pathLine, threadScript: undefined, resetScript, rules: catalogue, entries: () => [], backendOf };

/** A machine that booted when the test says so, and whose running root is where it says. */
class TestHost extends Host {
  readonly #bootedAt: number | undefined;
  readonly #runningRoot: string;

  constructor({ bootedAt, threadScript, runningRoot = '/', catalogue: directory }: HostFacts) {
    const read = directory === undefined ? undefined : loadCatalogue(directory);
    super({ ...wiring, threadScript, ...(read && { rules: () => read.rules, entries: () => read.entries }) });
    this.#bootedAt = bootedAt;
    this.#runningRoot = runningRoot;
  }

  override openRoot(directory: RawPath): OpenRoot {
    return super.openRoot(directory === '/' ? (this.#runningRoot as RawPath) : directory);
  }

  override openFiles(directory: RawPath): ReturnType<Machine['openFiles']> {
    return super.openFiles(directory === '/' ? (this.#runningRoot as RawPath) : directory);
  }

  override bootedAt(): number {
    return this.#bootedAt ?? super.bootedAt();
  }
}

export interface HostFacts {
  readonly bootedAt?: number;
  readonly threadScript?: URL;
  readonly runningRoot?: string;
  /** The directory of another catalogue than the repository's. */
  readonly catalogue?: string;
}

export function machine(facts: HostFacts = {}): Machine {
  return new TestHost(facts);
}

function requestOf(root: string, asked: Partial<DiffRequest>): DiffRequest {
  return {
    ...{ root: root as RawPath, paths: [], against: undefined, categories: undefined, kinds: undefined },
    ...{ all: true, depth: undefined, noSync: false },
    ...asked,
  };
}

/** Everything, hidden categories too, unless asked otherwise. */
export function diffOf(root: string, asked: Partial<DiffRequest> = {}, facts?: HostFacts): Promise<DiffReport> {
  return diff(requestOf(root, asked), { machine: machine(facts), progress: () => {} });
}

/** The paths that `--format paths -0` gives, in byte order. */
export async function pathsListed(root: string, asked: Partial<DiffRequest> = {}): Promise<string[]> {
  let text = '';
  await diffPaths(requestOf(root, asked), true, { machine: machine(), progress: () => {} }, (bytes) => {
    text += Buffer.from(bytes).toString('latin1');
  });
  return text.split('\0').slice(0, -1).sort();
}

export function checkOf(root: string, asked: Partial<DiffRequest> = {}): Promise<CheckReport> {
  const request = { ...requestOf(root, asked), failOn: failingCategories };
  return check(request, { machine: machine(), progress: () => {} });
}

export function whyOf(root: string, path: string): WhyReport {
  return why({ root: root as RawPath, path: path as RawPath }, { machine: machine() });
}

export async function record(root: string): Promise<number> {
  const { entries } = await recordBaseline({ root: root as RawPath, dryRun: false }, machine());
  return entries;
}
