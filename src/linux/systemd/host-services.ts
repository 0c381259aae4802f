import { existsSync } from 'node:fs';
import type { Warning } from '../../core/report.ts';
import type { FailedUnit, Services } from '../../ports/services.ts';
import { runSystemctl } from './systemctl.ts';

/** sd_booted(3): systemd runs this machine. */
const BOOTED = '/run/systemd/system';
/** Milliseconds: a manager that does not answer by then is busy with worse. */
const PATIENCE = 15_000;
/** Units that are asked about one by one. */
const MOST = 200;

/** What `systemctl` says. */
export class HostServices implements Services {
  readonly #program: string;
  readonly #isBooted: () => boolean;

  constructor(program = 'systemctl', isBooted = (): boolean => existsSync(BOOTED)) {
    this.#program = program;
    this.#isBooted = isBooted;
  }

  failed(): ReturnType<Services['failed']> {
    const warnings: Warning[] = [];
    if (!this.#isBooted()) {
      const message = 'units that failed were not asked for: systemd does not run this machine';
      return { units: undefined, warnings: [{ code: 'units', message }] };
    }
    const listed = this.#run(['list-units', '--failed', '--full', '--plain', '--no-legend', '--no-pager']);
    if (typeof listed === 'object') {
      const message = `units that failed were not asked for: ${listed.problem}`;
      return { units: undefined, warnings: [{ code: 'units', message }] };
    }
    const units = failedUnits(listed);
    return { units: this.#withResults(units.slice(0, MOST)), warnings };
  }

  #withResults(names: readonly string[]): FailedUnit[] {
    if (names.length === 0) return [];
    const shown = this.#run(['show', '--property=Id,Result', '--no-pager', '--', ...names]);
    const results = typeof shown === 'object' ? new Map<string, string>() : resultsOf(shown);
    return names.map((unit) => ({ unit, result: results.get(unit) }));
  }

  #run(words: readonly string[]): ReturnType<typeof runSystemctl> {
    return runSystemctl({ program: this.#program, patience: PATIENCE }, words);
  }
}

/** Of the lines of `list-units --plain`: the first word, behind the mark that some versions put there all the same. */
export function failedUnits(listed: string): string[] {
  return listed.split('\n').flatMap((line) => {
    const [unit] = line.replace(/^[^\w\\-]*\s*/, '').split(/\s+/, 1);
    return unit !== undefined && /^[^\s/]+\.[a-z]+$/.test(unit) ? [unit] : [];
  });
}

/** `Id=` and `Result=`, in blocks with an empty line between them. */
export function resultsOf(shown: string): Map<string, string> {
  const results = new Map<string, string>();
  for (const block of shown.split('\n\n')) {
    const [, id] = /^Id=(.+)$/m.exec(block) ?? [];
    const [, result] = /^Result=(.+)$/m.exec(block) ?? [];
    if (id !== undefined && result !== undefined && result !== 'success') results.set(id, result);
  }
  return results;
}
