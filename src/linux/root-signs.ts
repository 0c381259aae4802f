import { statSync } from 'node:fs';
import type { Configuration } from '../core/configuration.ts';
import type { Mount } from '../core/mount-table.ts';
import type { RawPath } from '../core/rawpath.ts';
import type { Warning } from '../core/report.ts';
import { readBoot } from './boot-facts.ts';
import { subvolumeInfo } from './btrfs/subvolume.ts';
import type { MountView } from './system/mount-view.ts';
import { openRootFiles } from './system/root-files.ts';
import { Syscalls } from './system/syscalls.ts';

/** Seconds since 1970; undefined where the filesystem does not say. */
export function bornAt(mount: Mount, view: MountView, visibleFd: number): number | undefined {
  const calls = Syscalls.load();
  if (calls !== undefined && mount.filesystem === 'btrfs' && view.method === 'open_tree') {
    // A snapshot's root directory is as old as that of its source; its subvolume is not.
    const info = subvolumeInfo(calls, view.fd);
    if (info !== undefined) return info.createdAt;
  }
  const { birthtimeMs } = statSync(`/proc/self/fd/${visibleFd}/.`);
  return birthtimeMs === 0 ? undefined : birthtimeMs / 1000;
}

/** Whether the configuration names it as the root that is reset. */
export function isConfigured({ root }: Configuration, mount: Mount, subtree: RawPath): boolean {
  if (root === undefined) return false;
  if (root.filesystem === 'tmpfs') return mount.filesystem === 'tmpfs';
  return root.subvolume !== undefined && subtree.slice(1) === root.subvolume;
}

/** Whether a boot has left its facts in it: only what a boot may have written speaks for it. */
export function isMarked(viewFd: number, warnings: Warning[]): boolean {
  const boot = readBoot(openRootFiles(viewFd));
  if (boot === undefined || 'facts' in boot) return boot !== undefined;
  const message = `/.ebb/boot.json ${boot.problem}: it is not counted as a sign that this root is reset at boot`;
  warnings.push({ code: 'boot', message });
  return false;
}
