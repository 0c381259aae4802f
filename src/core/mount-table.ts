import { covers, type RawPath } from './rawpath.ts';

/** One line of /proc/PID/mountinfo, see proc_pid_mountinfo(5). */
export interface Mount {
  readonly id: number;
  readonly parentId: number;
  /** `major:minor` of the filesystem: the same for all subvolumes of one btrfs, unlike `st_dev`. */
  readonly device: string;
  /** What of its filesystem the mount shows: `/`, `/@root`, `/var/lib/x` of a bind mount. */
  readonly subtree: RawPath;
  readonly point: RawPath;
  readonly filesystem: string;
  readonly source: string;
  readonly superOptions: string;
}

/** Lines that do not have the documented form are skipped: the format may grow, never shrink. */
export function parseMountInfo(text: string): Mount[] {
  const mounts: Mount[] = [];
  for (const line of text.split('\n')) {
    const fields = line.split(' ');
    const dash = fields.indexOf('-', 6);
    if (dash < 0 || fields.length < dash + 3) continue;
    const [id, parentId, device, subtree, point] = fields;
    if (id === undefined || parentId === undefined || device === undefined) continue;
    if (subtree === undefined || point === undefined) continue;
    mounts.push({
      id: Number(id),
      parentId: Number(parentId),
      device,
      subtree: unescapeOctal(subtree) as RawPath,
      point: unescapeOctal(point) as RawPath,
      filesystem: fields[dash + 1] ?? '',
      source: unescapeOctal(fields[dash + 2] ?? ''),
      superOptions: fields[dash + 3] ?? '',
    });
  }
  return mounts;
}

/** The directories that an overlay is made of, as its namespace named them when it was mounted. */
export function overlayDirectories({ superOptions }: Mount, kinds = /^(upperdir|workdir|lowerdir\+?)$/): RawPath[] {
  // A comma or a colon in a path has a backslash before it, which is itself written as octal digits.
  const words = (text: string, separator: string): string[] =>
    text.split(new RegExp(`(?<!\\\\)${separator}`)).map((word) => word.replaceAll(`\\${separator}`, separator));
  return words(unescapeOctal(superOptions), ',').flatMap((option) => {
    const [, key = '', value = ''] = /^([a-z]+\+?)=(.*)$/s.exec(option) ?? [];
    if (!kinds.test(key)) return [];
    const paths = key === 'lowerdir' ? words(value, ':') : [value];
    return paths.filter((path) => path.startsWith('/')) as RawPath[];
  });
}

/** The kernel, and fstab(5), write space, tab, newline, backslash and `#` as three octal digits. */
export function unescapeOctal(field: string): string {
  if (!field.includes('\\')) return field;
  return field.replace(/\\([0-3][0-7]{2})/g, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 8)));
}

/** A snapshot of the mounts of one namespace, as the kernel resolves paths through them. */
export class MountTable {
  readonly mounts: readonly Mount[];
  readonly #byId = new Map<number, Mount>();
  readonly #children = new Map<number, Mount[]>();

  constructor(mounts: readonly Mount[]) {
    this.mounts = mounts;
    for (const mount of mounts) {
      this.#byId.set(mount.id, mount);
      const siblings = this.#children.get(mount.parentId);
      if (siblings === undefined) this.#children.set(mount.parentId, [mount]);
      else siblings.push(mount);
    }
  }

  byId(id: number): Mount | undefined {
    return this.#byId.get(id);
  }

  /** Mounts whose mount point lies in `mount` itself, not on a mount upon it. */
  childrenOf(mount: Mount): readonly Mount[] {
    return (this.#children.get(mount.id) ?? []).filter((child) => child !== mount);
  }

  /** The mount at `/`, the topmost one where several are stacked. */
  root(): Mount | undefined {
    const stacked = this.mounts.filter((mount) => mount.point === '/');
    return stacked.find((mount) => this.#topmost(mount) === mount) ?? stacked.at(-1);
  }

  /** The mount that `path` lies on. Symlinks are not followed: give a path without any. */
  of(path: RawPath, start: Mount | undefined = this.root()): Mount | undefined {
    let mount = start;
    while (mount !== undefined) {
      let next: Mount | undefined;
      for (const child of this.childrenOf(mount)) {
        if (!covers(child.point, path)) continue;
        // The kernel goes into the first mount point that it comes to, and of several there into the latest.
        if (next === undefined || child.point.length <= next.point.length) next = child;
      }
      if (next === undefined) return mount;
      mount = next;
    }
    return undefined;
  }

  #topmost(mount: Mount): Mount {
    const onTop = this.childrenOf(mount)
      .filter((child) => child.point === mount.point)
      .at(-1);
    return onTop === undefined ? mount : this.#topmost(onTop);
  }
}

/** Where a write through a mount ends up. */
export type MountFate =
  /** On the root's own filesystem subtree: a bind mount of the root itself. */
  | 'root'
  /** In memory: gone with the power, like the root. */
  | 'volatile'
  /** The kernel's own, holding no files of anyone. */
  | 'kernel'
  /** On a filesystem that the reset of the root does not touch. */
  | 'persistent';

const volatileFilesystems = new Set(['tmpfs', 'ramfs', 'devtmpfs', 'hugetlbfs']);
const kernelFilesystems = new Set([
  ...['autofs', 'binder', 'binfmt_misc', 'bpf', 'cgroup', 'cgroup2', 'configfs', 'debugfs', 'devpts', 'efivarfs'],
  ...['fusectl', 'mqueue', 'nfsd', 'nsfs', 'proc', 'pstore', 'resctrl', 'rpc_pipefs', 'securityfs', 'selinuxfs'],
  ...['smackfs', 'sysfs', 'tracefs'],
]);

/** Where an overlay keeps what is written is looked up in `table`; without one it counts as persistent, unless it is in memory. */
export function fateOf(mount: Mount, root: Mount, table?: MountTable): MountFate {
  if (mount.id === root.id) return 'root';
  if (mount.device === root.device && covers(root.subtree, mount.subtree)) return 'root';
  if (kernelFilesystems.has(mount.filesystem)) return 'kernel';
  if (volatileFilesystems.has(mount.filesystem)) return 'volatile';
  if (mount.filesystem === 'overlay') return overlayFate(mount, root, table);
  return 'persistent';
}

/** An overlay without an upper directory takes no writes. */
function overlayFate(mount: Mount, root: Mount, table: MountTable | undefined): MountFate {
  const upper = upperDirectory(mount);
  if (upper === undefined) return 'persistent';
  const holder = table?.of(upper);
  // One overlay upon another is beyond what is followed.
  if (holder !== undefined && holder.filesystem !== 'overlay') return fateOf(holder, root);
  return /^\/(run|tmp|dev\/shm)\//.test(upper) ? 'volatile' : 'persistent';
}

/** Where an overlay keeps what is written; undefined where it takes no writes. The initrd names the root otherwise. */
export function upperDirectory(mount: Mount): RawPath | undefined {
  const upper = overlayDirectories(mount, /^upperdir$/)[0];
  return upper === undefined || !upper.startsWith(IN_INITRD) ? upper : (upper.slice(IN_INITRD.length - 1) as RawPath);
}

const IN_INITRD = '/sysroot/';
