import { statSync } from 'node:fs';
import { Failure } from '../../core/failure.ts';
import type { RawPath } from '../../core/rawpath.ts';
import type { OpenRoot } from '../../ports/open-root.ts';
import { EBUSY, EMFILE, EPERM, EROFS } from '../system/errno.ts';
import { systemError } from '../system/errors.ts';
import { FULL } from './heed.ts';
import { FAN_CLOSE_WRITE, FAN_MODIFY, FAN_REPORT_DFID_NAME, type WatchCalls } from './watch-calls.ts';

/** The root's filesystem, marked. */
export interface RootMark {
  /** The fanotify group. */
  readonly group: number;
  /** Of the whole filesystem where the events tell directories; else any descriptor of it. */
  readonly mount: number;
  /** The root in it; undefined where events are of files. */
  readonly subtree: RawPath | undefined;
  /** Why they are. */
  readonly limitation: string | undefined;
}

/**
 * Marks the filesystem that the root lies on, so that nothing is missed that comes through another mount. The mark is
 * placed through a mount of the whole filesystem: a subvolume of btrfs refuses it (EXDEV), and handles of directories
 * are opened from there. Where even that is refused, as overlay does, events of files are asked for.
 * @throws Failure where there is no way.
 */
export function markRoot(calls: WatchCalls, root: OpenRoot): RootMark {
  const directory = root.facts.mount;
  const whole = wholeFilesystem(calls, root);
  let limitation = whole.problem;
  if (whole.fd !== undefined) {
    const group = openGroup(calls, FAN_REPORT_DFID_NAME);
    const marked = calls.mark(group, FULL, whole.fd);
    if (marked === 0) return { group, mount: whole.fd, subtree: whole.subtree, limitation: undefined };
    calls.close(group);
    calls.closeMount(whole.fd);
    limitation = `fanotify tells no directories of ${root.mount.filesystem}: ${textOf('fanotify_mark', marked)}`;
  }
  const mount = calls.cloneOfMount(directory);
  if (mount < 0) throw new Failure('failed', `${directory} cannot be watched: ${textOf('open_tree', mount)}`);
  const group = openGroup(calls, 0);
  const marked = calls.mark(group, FAN_CLOSE_WRITE | FAN_MODIFY, mount);
  if (marked === 0) return { group, mount, subtree: undefined, limitation };
  throw new Failure(
    'failed',
    `the ${root.mount.filesystem} at ${directory} cannot be watched: ${textOf('fanotify_mark', marked)}`,
  );
}

function openGroup(calls: WatchCalls, flags: number): number {
  const group = calls.fanotify(flags);
  if (group >= 0) return group;
  if (group === -EPERM) throw new Failure('failed', 'only root may watch a filesystem', 'run it as root');
  const hint = group === -EMFILE ? 'there are too many watchers: see fs.fanotify.max_user_groups' : undefined;
  throw new Failure('failed', `nothing can be watched here: ${textOf('fanotify_init', group)}`, hint);
}

type Whole =
  | { readonly fd: number; readonly subtree: RawPath; readonly problem?: undefined }
  | { readonly fd?: undefined; readonly problem: string };

/** A mount of all of the filesystem, which nobody else sees. */
function wholeFilesystem(calls: WatchCalls, { mount, subtree, facts }: OpenRoot): Whole {
  if (subtree === '/') {
    const fd = calls.cloneOfMount(facts.mount);
    return fd < 0 ? { problem: `its mount cannot be cloned: ${textOf('open_tree', fd)}` } : { fd, subtree };
  }
  // Of a filesystem that is made by mounting it, such as tmpfs, this would be another one.
  if (!mount.source.startsWith('/')) return { problem: `only a part of this ${mount.filesystem} is mounted` };
  const options: [string, string?][] = [['source', mount.source]];
  if (mount.filesystem === 'btrfs') options.push(['subvolid', '5']);
  let fd = calls.detachedMount(mount.filesystem, options);
  if (fd === -EBUSY || fd === -EROFS) fd = calls.detachedMount(mount.filesystem, [...options, ['ro']]);
  if (fd < 0) return { problem: `the top level of ${mount.source} cannot be mounted: ${textOf('fsmount', fd)}` };
  if (isSame(fd, subtree, facts.mount)) return { fd, subtree };
  calls.closeMount(fd);
  return { problem: `the top level of ${mount.source} does not show the root` };
}

/** Whether the subtree of the mounted filesystem is the directory. */
function isSame(top: number, subtree: RawPath, directory: RawPath): boolean {
  const one = statSync(Buffer.from(`/proc/self/fd/${top}${subtree}`, 'latin1'), { throwIfNoEntry: false });
  const other = statSync(Buffer.from(directory, 'latin1'));
  return one?.dev === other.dev && one.ino === other.ino;
}

function textOf(call: string, result: number): string {
  return systemError(call, -result, undefined).message;
}
