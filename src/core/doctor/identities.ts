import { nameOf, type RawName, type RawPath } from '../rawpath.ts';
import type { DoctorFinding, Remedy } from './doctor-report.ts';
import { declaring, type Place, plainFinding, restoring, systemctl } from './remedies.ts';

/** Something by which others know the machine. */
export interface Identity {
  readonly path: RawPath;
  readonly kind: 'machine-id' | 'host-key' | 'hostid';
  /** Equal of what holds the same; never what it holds. */
  readonly digest: string;
  /** What may be told of it: the fingerprint of a public key. */
  readonly fingerprint: string | undefined;
  readonly bytes: number;
  /** Its public half lies beside it. */
  readonly hasPublic: boolean;
}

export interface IdentityFacts {
  readonly now: readonly Identity[];
  readonly before: readonly Identity[];
  /** The root of the last boot, and when that was reset: seconds since 1970. */
  readonly oldRoot: RawName;
  readonly resetAt: number | undefined;
  readonly isKept: (path: RawPath) => boolean;
  /** Directories of the journal, each of another machine-id. */
  readonly journals: number;
  /** What is restarted for another host key. */
  readonly sshUnit: string;
  readonly place: Place;
}

const whats: Readonly<Record<Identity['kind'], string>> = {
  'machine-id':
    'the machine-id is another one than at the last boot: to journals, leases and licences this is another machine',
  'host-key': 'SSH host keys are others than at the last boot: clients will warn of another machine',
  hostid: 'the hostid is another one than at the last boot: ZFS takes this for another machine',
};

/** Identities that the last boot had, and that are others now or gone; of each kind one finding. */
export function changedIdentities(facts: IdentityFacts): DoctorFinding[] {
  const now = new Map(facts.now.map((identity) => [identity.path, identity]));
  const changed = facts.before.filter(({ path, digest }) => now.get(path)?.digest !== digest);
  return (['host-key', 'machine-id', 'hostid'] as const).flatMap((kind) => {
    const those = changed.filter((identity) => identity.kind === kind);
    return those.length === 0 ? [] : [findingOf(kind, those, now, facts)];
  });
}

function findingOf(
  kind: Identity['kind'],
  changed: readonly Identity[],
  now: ReadonlyMap<RawPath, Identity>,
  facts: IdentityFacts,
): DoctorFinding {
  const { oldRoot, resetAt, isKept, journals, sshUnit, place } = facts;
  const [first] = changed as readonly [Identity, ...Identity[]];
  const evidence = changed.flatMap(({ path, fingerprint }) => {
    const is = now.get(path);
    if (is === undefined) return [`${path} is not there`];
    if (fingerprint === undefined || is.fingerprint === undefined) return [];
    return [`${nameOf(path)} was ${fingerprint}, and is ${is.fingerprint}`];
  });
  if (kind === 'machine-id' && journals > 2) evidence.push(`the journal has directories of ${journals} machine-ids`);
  if (kind === 'machine-id' && now.has(first.path)) evidence.push('what is restored counts from the next boot on');
  const unkept = changed.filter(({ path }) => !isKept(path));
  const was = {
    ...({ oldRoot, resetAt, type: 'file', more: false } as const),
    files: changed.length,
    bytes: changed.reduce((sum, { bytes }) => sum + bytes, 0),
  };
  const paths = changed.flatMap(({ path, hasPublic }) => (hasPublic ? [path, `${path}.pub` as RawPath] : [path]));
  const isReplaced = changed.some(({ path }) => now.has(path));
  const remedies: Remedy[] = [restoring(paths, was, place, isReplaced)];
  if (kind === 'host-key') remedies.push(systemctl('restart', sshUnit, false));
  for (const path of unkept.flatMap((one) => pathsOf(one))) {
    const owner = { user: undefined, group: undefined, mode: undefined };
    remedies.push(declaring({ path, type: 'file', ...owner }, place));
  }
  return plainFinding({
    ...{ kind: 'identity', severity: unkept.length > 0 ? 'lost' : 'note', what: whats[kind], evidence, was, remedies },
    ...{ path: first.path, type: 'file', paths: changed.slice(1).map(({ path }) => path) },
  });
}

function pathsOf({ path, hasPublic }: Identity): RawPath[] {
  return hasPublic ? [path, `${path}.pub` as RawPath] : [path];
}
