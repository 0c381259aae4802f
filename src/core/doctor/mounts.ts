import type { RawPath } from '../rawpath.ts';
import type { UncoveredDeclaration } from '../report.ts';
import type { Consolidation } from './consolidation.ts';
import type { DoctorFinding, Remedy } from './doctor-report.ts';
import { command, declaring, plainFinding } from './remedies.ts';

/**
 * Seconds that a persisted path takes at boot, by the script or by a mount(8) of its own: 2.4 to 3.6 ms for mount(8), 6 ms
 * with what is looked at before and after it, however many there are already (docs/decisions/0019).
 */
const COST = 0.006;
/** As many take half a second. */
const MANY = 80;
const MOST_SHOWN = 10;

/** A mount that shows what was deleted where it comes from. */
export interface DetachedMount {
  /** Of the root. */
  readonly point: RawPath;
  /** What it shows, in its filesystem. */
  readonly subtree: RawPath;
  /** Where that lies in persistent storage; undefined where no storage shows it. */
  readonly stored: RawPath | undefined;
}

export function uncoveredFinding(
  { path, declaredIn, problem }: UncoveredDeclaration,
  isStored: boolean,
  remedies: readonly Remedy[],
): DoctorFinding {
  const evidence = [`${path} is declared in ${declaredIn}: ${problem}`];
  if (isStored) evidence.push('what is kept of it lies in the storage, and is not seen');
  const what = 'a path that is declared is not kept: what is written there is lost at the next reboot';
  return plainFinding({ ...{ kind: 'not-kept', severity: 'broken', what, path, evidence, remedies } });
}

export function detachedFinding({ point, subtree, stored }: DetachedMount): DoctorFinding {
  const remedies = stored === undefined ? [] : [command('umount', point), command('mount', '--bind', stored, point)];
  return plainFinding({
    ...{ kind: 'not-kept', severity: 'broken', path: point, remedies },
    what: 'what is mounted there was deleted from the storage: what is written there is lost at the next reboot',
    evidence: [`the mount shows ${subtree}, which is deleted`, 'copy what is new in it before it is unmounted'],
  });
}

/** undefined where there are few. */
export function mountsFinding(
  mounts: number,
  savings: readonly Consolidation[],
  owner: (path: RawPath) => { user: string; group: string; mode: string } | undefined,
): DoctorFinding | undefined {
  const saved = savings.reduce((sum, { count }) => sum + count - 1, 0);
  if (mounts < MANY && saved < MANY / 8) return undefined;
  const seconds = (count: number): string => `${(count * COST).toFixed(1)} s`;
  const evidence = [`each takes about ${COST * 1000} ms at boot: ${seconds(mounts)} in all`];
  for (const { parent, count, others } of savings.slice(0, MOST_SHOWN)) {
    const with_ = others.length === 0 ? '' : `; copy ${others.slice(0, 3).join(', ')} into the storage first`;
    evidence.push(`${count} of them lie in ${parent}, and could be one${with_}`);
  }
  if (saved > 0) evidence.push(`that is ${saved} fewer, and ${seconds(saved)}`);
  const remedies = savings.slice(0, MOST_SHOWN).map(({ parent, storage }) => {
    const { user, group, mode } = owner(parent) ?? {};
    return declaring({ path: parent, type: 'directory', user, group, mode }, { oldRoots: undefined, storage });
  });
  const severity = mounts < MANY ? 'note' : 'risk';
  return plainFinding({
    kind: 'mounts',
    severity,
    what: `${mounts} persisted paths are mounted one by one`,
    evidence,
    remedies,
  });
}
