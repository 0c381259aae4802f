import type { RawPath } from '../rawpath.ts';
import type { DoctorFinding, Remedy, Was } from './doctor-report.ts';
import type { KeepAs } from './path-facts.ts';

/** Where old roots are, as the commands that are proposed have to say it. */
export interface Place {
  /** Given with --old-roots. */
  readonly oldRoots: RawPath | undefined;
  readonly storage: RawPath;
}

export function command(...words: string[]): Remedy {
  return { kind: 'command', words };
}

/** Brings paths back. `force`: what is there now is put in its place by the one of then. */
export function restoring(paths: readonly RawPath[], { oldRoot }: Was, { oldRoots }: Place, force = false): Remedy {
  // A word after a flag that begins with a dash would be taken for a flag.
  const from = oldRoot.startsWith('-') ? [`--from=${oldRoot}`] : ['--from', oldRoot];
  const place = oldRoots === undefined ? [] : ['--old-roots', oldRoots];
  return command('ebb', 'restore', ...(force ? ['--force'] : []), ...paths, ...from, ...place);
}

export function declaring(keep: KeepAs, { storage }: Place): Remedy {
  return { kind: 'declare', storage, ...keep };
}

/** As systemctl(1) is to be told of a unit of the system or of a user. */
export function systemctl(verb: string, unit: string, isUserUnit: boolean): Remedy {
  return command('systemctl', ...(isUserUnit ? ['--user'] : []), verb, unit);
}

type Plain = Pick<DoctorFinding, 'kind' | 'severity' | 'what'> & Partial<DoctorFinding>;

/** A finding that no message told of. */
export function plainFinding(given: Plain): DoctorFinding {
  return {
    ...{ units: [], failed: [], container: undefined, path: undefined, type: undefined, paths: [], messages: [] },
    ...{ count: 0, was: undefined, evidence: [], remedies: [] },
    ...given,
  };
}
