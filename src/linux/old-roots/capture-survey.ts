import { Places } from '../../core/capture.ts';
import { type CapturedRecords, capturedRecord, deletedRecord, pathOfRecord } from '../../core/captured.ts';
import { EntryType } from '../../core/change.ts';
import { compareRaw, nameOf, parentOf, type RawPath, ROOT } from '../../core/rawpath.ts';
import type { CaptureSurvey } from '../../ports/capture.ts';
import { contentDigest } from '../system/content-digest.ts';
import type { Facts } from '../system/entry-calls.ts';
import { ELOOP, ENOENT, ENOTDIR } from '../system/errno.ts';
import { A_DIRECTORY, O_NOFOLLOW, O_NONBLOCK, STRICTLY_BELOW } from '../system/flags.ts';
import type { Syscalls } from '../system/syscalls.ts';
import type { WriteCalls } from '../system/write-calls.ts';
import { openInSteps } from '../tree/open-in-steps.ts';

const LARGEST = 3;
/** With its directory, perhaps, in whose place there may be something else. */
const GONE = [ENOENT, ENOTDIR, ELOOP];

/** How much a capture of these paths would be, without reading a file. What cannot be looked at counts nothing. */
export function surveyPaths(
  calls: Syscalls,
  write: WriteCalls,
  source: number,
  paths: readonly RawPath[],
  earlier: CapturedRecords | undefined,
): CaptureSurvey {
  const places = new Places();
  const linked = new Set<number>();
  const shared = { files: 0, bytes: 0 };
  let [entries, bytes, deletions, same, others] = [0, 0, 0, 0, 0];
  const look = (path: RawPath, directory: number): void => {
    const error = directory < 0 ? directory : write.stat(directory, write.cstring(nameOf(path)));
    if (error === 0 && write.type === EntryType.socket) return;
    const facts = write.facts();
    const record = (): string => (error === 0 ? capturedRecord(recordOf(facts), path) : deletedRecord(path));
    const isSame = earlier?.has(record()) === true;
    if (isSame) same++;
    else others++;
    if (GONE.includes(-error)) deletions++;
    if (error !== 0) return;
    entries++;
    if (write.type === EntryType.directory || isKnown(linked, facts)) return;
    bytes += facts.allocated;
    places.add(path, facts.allocated);
    if (write.type !== EntryType.file || !isSame) return;
    shared.files++;
    shared.bytes += facts.allocated;
  };
  eachInItsDirectory(calls, source, paths, look);
  const unchanged = others === 0 && same === earlier?.size && !paths.includes(ROOT);
  const identical = unchanged && hasContents(calls, source, earlier);
  return { entries, bytes, deletions, shared, unchanged: identical, largest: places.largest(LARGEST) };
}

/** What is written through a mapping of a file does not always move its times. */
function hasContents(calls: Syscalls, source: number, earlier: CapturedRecords): boolean {
  for (const [record, digest] of earlier) {
    if (digest === '') continue;
    const fd = openInSteps(calls, source, pathOfRecord(record), O_NOFOLLOW | O_NONBLOCK, STRICTLY_BELOW);
    if (fd < 0) return false;
    try {
      if (contentDigest(fd) !== digest) return false;
    } finally {
      calls.close(fd);
    }
  }
  return true;
}

/** The root itself is in no directory. */
function eachInItsDirectory(
  calls: Syscalls,
  source: number,
  paths: readonly RawPath[],
  look: (path: RawPath, directory: number) => void,
): void {
  let open: { readonly path: RawPath; readonly fd: number } | undefined;
  const byDirectory = (a: RawPath, b: RawPath): number => compareRaw(parentOf(a), parentOf(b));
  for (const path of paths.toSorted(byDirectory)) {
    if (path === ROOT) continue;
    const directory = parentOf(path);
    if (open?.path !== directory) {
      if (open !== undefined && open.fd >= 0) calls.close(open.fd);
      open = { path: directory, fd: openInSteps(calls, source, directory, A_DIRECTORY, STRICTLY_BELOW) };
    }
    look(path, open.fd);
  }
  if (open !== undefined && open.fd >= 0) calls.close(open.fd);
}

function isKnown(linked: Set<number>, { links, inode }: Facts): boolean {
  if (links < 2) return false;
  const known = linked.has(inode);
  linked.add(inode);
  return known;
}

/** As a baseline's record has it. */
export function recordOf({ mode, ...facts }: Facts) {
  const { uid, gid, inode, size, mtimeSec, mtimeNsec, ctimeSec, ctimeNsec } = facts;
  const times = { mtimeSec, mtimeNsec, ctimeSec, ctimeNsec };
  return { type: mode >>> 12, mode: mode & 0o7777, uid, gid, inode, size, ...times };
}
