import { cgroupPathIn } from '../../core/writers/writer.ts';
import { FanotifyEvents } from './events.ts';
import { FAN_DELETE, FAN_ONDIR, FAN_REPORT_DFID_NAME, FAN_REPORT_TARGET_FID, type WatchCalls } from './watch-calls.ts';

/** Of handles in the filesystem of control groups: FILEID_KERNFS, which holds the id. */
const KERNFS = 0xfe;
const BUFFER = 16384;
/** Groups that are remembered after they were removed, and those that were looked up. */
const REMEMBERED = 1024;
const DEEPEST = 32;

/**
 * Paths of control groups: of a process, and by their ids. The filesystem of the unified hierarchy is mounted for this
 * process alone. What is removed is told by fanotify, or nobody would know the groups of short-lived services and
 * containers when their events are read.
 */
export class Cgroups {
  readonly #calls: WatchCalls;
  readonly #mount: number;
  /** -1 where the kernel tells nothing of removed ones. */
  readonly #removals: number;
  readonly #removed = new Map<number, { readonly parent: number; readonly name: string }>();
  readonly #known = new Map<number, string>();
  readonly #buffer = new ArrayBuffer(BUFFER);
  readonly #address: number;
  readonly #events = new FanotifyEvents(new Uint8Array(this.#buffer));
  readonly #bytes = Buffer.from(this.#buffer);
  readonly #handle = new Uint8Array(8);

  constructor(calls: WatchCalls) {
    this.#calls = calls;
    this.#address = calls.addressOf(this.#buffer);
    this.#mount = calls.detachedMount('cgroup2', []);
    this.#removals = this.#mount < 0 ? -1 : this.#watchRemovals();
  }

  #watchRemovals(): number {
    const group = this.#calls.fanotify(FAN_REPORT_DFID_NAME | FAN_REPORT_TARGET_FID);
    if (group < 0) return -1;
    if (this.#calls.mark(group, FAN_DELETE | FAN_ONDIR, this.#mount) === 0) return group;
    this.#calls.close(group);
    return -1;
  }

  /** Of a process that has not ended; undefined where it has. A zombie counts as alive, and still has its group. */
  ofProcess(pid: number): string | undefined {
    const text = this.#calls.readSmall(`/proc/${pid}/cgroup`);
    return typeof text === 'string' ? cgroupPathIn(text) : undefined;
  }

  /** undefined where it is gone, and was before this began or without anybody's telling. */
  byId(id: number): string | undefined {
    const path = this.#pathOf(id, DEEPEST);
    if (path !== undefined) return path;
    this.learnRemovals();
    return this.#pathOf(id, DEEPEST);
  }

  #pathOf(id: number, depth: number): string | undefined {
    const known = this.#known.get(id) ?? this.#lookUp(id);
    if (known !== undefined) {
      if (this.#known.size >= REMEMBERED) this.#known.clear();
      this.#known.set(id, known);
      return known;
    }
    const removed = this.#removed.get(id);
    const parent = removed === undefined || depth === 0 ? undefined : this.#pathOf(removed.parent, depth - 1);
    if (parent === undefined) return undefined;
    return parent === '/' ? `/${removed?.name}` : `${parent}/${removed?.name}`;
  }

  #lookUp(id: number): string | undefined {
    if (this.#mount < 0) return undefined;
    for (let i = 0, rest = id; i < 8; i++, rest = Math.floor(rest / 256)) this.#handle[i] = rest % 256;
    const fd = this.#calls.openByHandle(this.#mount, KERNFS, this.#handle, 0, 8);
    if (fd < 0) return undefined;
    const path = this.#calls.pathOf(fd);
    this.#calls.close(fd);
    return typeof path !== 'string' ? undefined : path.replace(/ \(deleted\)$/, '');
  }

  /** Takes what was told of removed groups, so that there is room for more to be told. */
  learnRemovals(): void {
    if (this.#removals < 0) return;
    for (;;) {
      const length = this.#calls.read(this.#removals, this.#address, BUFFER);
      if (length <= 0) return;
      this.#events.begin(length);
      while (this.#events.next()) {
        const { handleAt, handleLength, targetAt, targetLength, nameAt, nameEnd } = this.#events;
        if (handleLength !== 8 || targetLength !== 8) continue;
        const removed = { parent: this.#idAt(handleAt), name: this.#bytes.toString('latin1', nameAt, nameEnd) };
        this.#removed.set(this.#idAt(targetAt), removed);
      }
      for (const [oldest] of this.#removed) {
        if (this.#removed.size <= REMEMBERED) break;
        this.#removed.delete(oldest);
      }
    }
  }

  #idAt(at: number): number {
    return this.#bytes.readUInt32LE(at) + this.#bytes.readUInt32LE(at + 4) * 0x1_0000_0000;
  }

  close(): void {
    if (this.#mount >= 0) this.#calls.closeMount(this.#mount);
    if (this.#removals >= 0) this.#calls.close(this.#removals);
  }
}
