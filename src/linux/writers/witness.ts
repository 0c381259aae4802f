import type { Category } from '../../core/category.ts';
import { DEFAULT_STORAGE } from '../../core/configuration.ts';
import type { Evidence } from '../../core/evidence.ts';
import { join, type RawPath, rawFromBytes } from '../../core/rawpath.ts';
import type { Warning } from '../../core/report.ts';
import type { Rules } from '../../core/rule.ts';
import { RuleSet } from '../../core/rules.ts';
import {
  LARGEST_LOG,
  LOGS_IN_STORAGE,
  LOGS_WITHOUT_STORAGE,
  logName,
  parseLog,
  type WriterLog,
} from '../../core/writers/log.ts';
import { Testimony } from '../../core/writers/testimony.ts';
import type { Questioned, Witness } from '../../ports/evidence.ts';
import type { OpenRoot } from '../../ports/open-root.ts';
import type { RootFiles } from '../../ports/root-files.ts';
import { readBoot } from '../boot-facts.ts';

/** The machine, as far as logs need it. */
export interface LogHost {
  bootId(): string;
  bootedAt(): number;
  rules(): Rules;
  /** The files of the running root, to be closed. */
  runningFiles(): { readonly files: RootFiles; close(): void };
}

/** Seconds after a boot in which a watcher may begin and still have seen it all, and in which it may have been restarted. */
const FROM_THE_START = 120;

/** What `ebb watch --log` saw in the boot that a root is of. */
export class WriterWitness implements Witness {
  readonly name = 'writer';
  readonly #host: LogHost;

  constructor(host: LogHost) {
    this.#host = host;
  }

  evidence(root: OpenRoot, paths: readonly Questioned[]): ReturnType<Witness['evidence']> {
    const evidence = new Map<RawPath, readonly Evidence[]>();
    const warnings: Warning[] = [];
    if (paths.length === 0) return { evidence, warnings };
    const isRunning = root.facts.mount === '/' && root.facts.oldRoot === undefined;
    const categoryOf = categories(this.#host.rules());
    const log = this.#logFor(root, isRunning, categoryOf, warnings);
    if (log === undefined) return { evidence, warnings };
    const testimony = new Testimony(log.rows, this.#periodOf(log, isRunning), categoryOf);
    for (const { path } of paths) {
      const told = testimony.of(path);
      if (told.length > 0) evidence.set(path, told);
    }
    return { evidence, warnings };
  }

  #logFor(
    root: OpenRoot,
    isRunning: boolean,
    categoryOf: (path: RawPath) => Category,
    warnings: Warning[],
  ): WriterLog | undefined {
    const boot = isRunning ? undefined : readBoot(root.files);
    const bootId = isRunning
      ? this.#host.bootId()
      : boot !== undefined && 'facts' in boot
        ? boot.facts.bootId
        : undefined;
    const name = bootId === undefined ? undefined : logName(bootId);
    if (name === undefined) return undefined;
    const running = this.#host.runningFiles();
    try {
      // Of a root that is mounted elsewhere its own storage may be there too; of an old root it is the machine's.
      const places = isRunning ? [running.files] : [root.files, running.files];
      const storages = [...root.configuration.storages, DEFAULT_STORAGE, '/nix/persist' as RawPath];
      const directories = [...storages.map((storage) => join(storage, LOGS_IN_STORAGE)), LOGS_WITHOUT_STORAGE];
      for (const files of places) {
        for (const directory of new Set(directories)) {
          const log = readLog(files, join(directory, name), categoryOf, warnings);
          if (log?.bootId === bootId) return log;
        }
      }
      return undefined;
    } finally {
      running.close();
    }
  }

  #periodOf({ from, gaps }: WriterLog, isRunning: boolean): string {
    const missed = gaps.reduce((sum, gap) => sum + Math.max(0, gap.until - gap.from), 0);
    if (!isRunning) return 'in that boot, as far as it was watched';
    const isWhole = from - this.#host.bootedAt() < FROM_THE_START && missed < FROM_THE_START;
    return isWhole ? 'since boot' : 'since boot, as far as it was watched';
  }
}

function readLog(
  files: RootFiles,
  path: RawPath,
  categoryOf: (path: RawPath) => Category,
  warnings: Warning[],
): WriterLog | undefined {
  const problem = (what: string): undefined => {
    warnings.push({ code: 'evidence', message: `the log of writers ${path} is left out: it ${what}` });
  };
  try {
    const size = files.lstat(path)?.size;
    if (size === undefined) return undefined;
    if (size > LARGEST_LOG) return problem('is larger than any that ebb writes');
    const bytes = files.readFile(path);
    // No file, or not for this user to read.
    if (bytes === undefined) return undefined;
    const log = parseLog(rawFromBytes(bytes), categoryOf);
    return 'problem' in log ? problem(log.problem) : log;
  } catch (error) {
    return problem(`cannot be read: ${(error as Error).message}`);
  }
}

function categories(rules: Rules): (path: RawPath) => Category {
  let set: RuleSet | undefined;
  return (path) => {
    set ??= new RuleSet(rules);
    return rules[set.matchPath(path, 0)]?.category ?? 'unknown';
  };
}
