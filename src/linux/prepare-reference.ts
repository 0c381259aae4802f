import { constants, fstatSync, openSync } from 'node:fs';
import { Baseline } from '../core/baseline.ts';
import { BaselineError } from '../core/baseline-format.ts';
import { Failure } from '../core/failure.ts';
import type { RawPath } from '../core/rawpath.ts';
import type { BaselineFacts, RootFacts, Warning } from '../core/report.ts';
import type { Machine } from '../ports/machine.ts';
import type { Against, PreparedReference } from '../ports/prepared-reference.ts';
import type { RootFiles } from '../ports/root-files.ts';
import { loadDpkg } from './dpkg/load.ts';
import { FileByteSource } from './examination/byte-source.ts';
import type { ReferenceSpec } from './examination/reference-spec.ts';
import { openVisible } from './system/mount-view.ts';

export interface HostReference extends PreparedReference {
  readonly spec: ReferenceSpec;
  readonly baseline: Baseline | undefined;
}

/** The root that is compared. */
export interface ComparedRoot {
  readonly host: Pick<Machine, 'now' | 'bootedAt'>;
  readonly facts: RootFacts;
  /** Its files as they are seen, mounts and all. */
  readonly files: RootFiles;
  readonly visibleFd: number;
  readonly viewFd: number;
  bornAt(): number | undefined;
  look(path: RawPath): 'there' | 'absent' | 'denied';
  /** Closed with the root; gives it back. */
  keep(fd: number): number;
  warn(warning: Warning): void;
}

const BASELINE = '/.ebb/baseline' as RawPath;
/** Seconds within which a machine is set up after it booted, and by which its clock may be off then. */
const SET_UP = 300;
const CLOCK_SLACK = 120;

/** The root as it was at a moment of this boot: seconds since 1970, and on btrfs the generation that the root then had. */
export function ofMoment(at: number, generation: number | undefined): HostReference {
  const facts = { kind: 'boot', at, detail: 'that moment', complete: false } as const;
  return prepared(facts, { kind: 'boot', since: at, generation });
}

/** undefined where the root does not have what it would be compared with. */
export function prepareReference(root: ComparedRoot, against: Against): HostReference | undefined {
  switch (against.kind) {
    case 'baseline':
      return ofBaseline(root, against.required === true);
    case 'boot':
      return ofBoot(root, against.required === true);
    case 'nothing':
      return prepared({ kind: 'nothing', at: undefined, detail: 'nothing', complete: true }, { kind: 'nothing' });
    case 'packages':
      return ofPackages(root);
    case 'directory':
      return ofDirectory(root, against.path, against.checksum);
  }
}

function prepared(facts: BaselineFacts, spec: ReferenceSpec, warnings: Warning[] = []): HostReference {
  return { facts, spec, warnings, baseline: undefined };
}

function ofBoot({ host, facts, bornAt }: ComparedRoot, isAsked: boolean): HostReference {
  const bootedAt = host.bootedAt();
  // Not reset by this boot, or made before the clock was right: all that is newer than the root itself goes with it.
  const born = !isAsked && facts.ephemeral.value ? bornAt() : undefined;
  const isOlder = born !== undefined && born < bootedAt - CLOCK_SLACK;
  const since = isOlder ? born : bootedAt;
  const detail = isOlder ? 'the time at which this root was made' : 'the time of this boot';
  return prepared({ kind: 'boot', at: since, detail, complete: true }, { kind: 'boot', since });
}

function ofPackages({ files, visibleFd }: ComparedRoot): HostReference | undefined {
  const owned = loadDpkg(files);
  if (owned === undefined) return undefined;
  const detail = `what ${owned.manager} installed`;
  const warnings = owned.warnings.map((message): Warning => ({ code: 'packages', message }));
  const facts = { kind: 'packages', at: undefined, detail, complete: true } as const;
  return prepared(facts, { kind: 'packages', owned, visibleFd }, warnings);
}

function ofDirectory(root: ComparedRoot, path: RawPath, checksum: boolean): HostReference {
  const visible = root.keep(openOther(path));
  const fd = root.keep(openSync(`/proc/self/fd/${visible}`, constants.O_RDONLY | constants.O_DIRECTORY));
  const facts = { kind: 'directory', at: undefined, detail: path, complete: false } as const;
  return prepared(facts, { kind: 'directory', fd, rootFd: root.viewFd, checksum });
}

function ofBaseline(root: ComparedRoot, isAsked: boolean): HostReference | undefined {
  const {
    host,
    facts: { mount },
  } = root;
  const seen = root.look(BASELINE);
  if (seen === 'denied') return withoutBaseline(root, isAsked);
  if (seen === 'absent') return undefined;
  try {
    // Not blocking: a fifo in its place would be waited for.
    const flags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;
    const fd = root.keep(openSync(`/proc/self/fd/${root.viewFd}${BASELINE}`, flags));
    if (!fstatSync(fd).isFile()) throw new BaselineError('not-a-baseline', 'it is no file');
    const baseline = new Baseline(new FileByteSource(fd, fstatSync(fd).size));
    const { recorded, uptime } = baseline.header;
    const ofThisBoot = mount === '/' && recorded >= host.bootedAt() - CLOCK_SLACK;
    // Made by the boot, before there was anything of anyone's; later ones are made by hand.
    const complete = uptime !== undefined && uptime < SET_UP && (ofThisBoot || mount !== '/');
    const detail = !complete ? 'a baseline' : ofThisBoot ? 'the baseline of this boot' : 'its own baseline';
    const facts = { kind: 'baseline', at: recorded, detail, complete } as const;
    const warnings: Warning[] = [];
    if (recorded > host.now()) {
      const message = 'the baseline was recorded in the future, says its date: the clock was set back, or it is wrong';
      warnings.push({ code: 'clock', message });
    }
    return { facts, spec: { kind: 'baseline', fd }, baseline, warnings };
  } catch (error) {
    if (error instanceof BaselineError) throw unusable(error, mount);
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EACCES') return withoutBaseline(root, isAsked);
    if (code !== 'ELOOP') throw error;
    throw unusable(new BaselineError('not-a-baseline', 'it is a symlink'), mount);
  }
}

/** There may be one: only root may look. */
function withoutBaseline(root: ComparedRoot, isAsked: boolean): undefined {
  const what = 'this user may not read /.ebb, where the baseline of this root may be';
  if (isAsked) throw new Failure('failed', what, 'run it as root');
  root.warn({ code: 'ordinary-user', message: `${what}: compared with something else` });
}

/** A directory to compare with. */
function openOther(path: RawPath): number {
  try {
    return openVisible(path);
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    throw new Failure(error.code, error.message, '--against takes a directory, or: baseline, boot, packages, nothing');
  }
}

export function unusable(error: BaselineError, mount: RawPath): Failure {
  const file = mount === '/' ? BASELINE : `${mount}${BASELINE}`;
  const hint =
    error.reason === 'version'
      ? 'use the ebb that wrote it, or compare with something else: --against boot'
      : 'compare with something else (--against boot), or record a new one: ebb baseline record';
  return new Failure('failed', `the baseline ${file} cannot be used: ${error.message}`, hint);
}
