import type { WatchCalls } from './watch-calls.ts';

// include/uapi/linux/bpf.h
const BPF_MAP_CREATE = 0;
const BPF_MAP_LOOKUP_ELEM = 1;
const BPF_PROG_LOAD = 5;
const BPF_RAW_TRACEPOINT_OPEN = 17;
const BPF_MAP_TYPE_LRU_HASH = 9;
const BPF_PROG_TYPE_RAW_TRACEPOINT = 17;
const helpers = { map_update_elem: 2, get_current_pid_tgid: 14, get_current_comm: 16, get_current_cgroup_id: 80 };

/** Processes that are remembered: many more than end between two looks at the queue. */
const PROCESSES = 16384;
/** What is kept of one: the id of its control group (u64), and its name (TASK_COMM_LEN bytes). */
const KEY = 4;
const VALUE = 24;

/** What the kernel kept of a process that has ended. */
export interface ExitRecord {
  /** Of its directory in the unified hierarchy: its inode number, and what its file handle holds. */
  readonly cgroupId: number;
  /** A byte string. */
  readonly program: string;
}

/**
 * A table that the kernel fills: what ended, and in which control group it was. Most of those who write are gone when
 * their event is read, and their pid then says nothing. Two dozen instructions at the end of a process fill it; they are
 * written out below, as nothing here compiles any, and use no structure of the kernel's, so that one form fits all.
 */
export class ExitRecords {
  readonly #calls: WatchCalls;
  readonly #opened: readonly number[];
  readonly #memory = new ArrayBuffer(KEY + 4 + VALUE);
  readonly #words = new Uint32Array(this.#memory);
  readonly #text = Buffer.from(this.#memory);
  readonly #lookup: Uint32Array;

  private constructor(calls: WatchCalls, map: number, opened: readonly number[]) {
    this.#calls = calls;
    this.#opened = opened;
    const address = calls.addressOf(this.#memory);
    this.#lookup = attribute([map, 0, ...halves(address), ...halves(address + 8), 0, 0]);
  }

  /** undefined where the kernel does not let us: it has no such programs, or this user may not load one. */
  static open(calls: WatchCalls): ExitRecords | undefined {
    if (process.env['EBB_NO_BPF'] === '1') return undefined;
    const opened: number[] = [];
    const keep = (fd: number): number => {
      if (fd >= 0) opened.push(fd);
      return fd;
    };
    const map = keep(calls.bpf(BPF_MAP_CREATE, attribute([BPF_MAP_TYPE_LRU_HASH, KEY, VALUE, PROCESSES])));
    const program = map < 0 ? map : keep(load(calls, exitProgram(map)));
    const link = program < 0 ? program : keep(attach(calls, program));
    if (link >= 0) return new ExitRecords(calls, map, opened);
    for (const fd of opened) calls.close(fd);
    return undefined;
  }

  /** undefined where no process of this number has ended lately. */
  of(pid: number): ExitRecord | undefined {
    this.#words[0] = pid;
    if (this.#calls.bpf(BPF_MAP_LOOKUP_ELEM, this.#lookup) < 0) return undefined;
    const cgroupId = (this.#words[2] as number) + (this.#words[3] as number) * 0x1_0000_0000;
    const name = this.#text.toString('latin1', 16, 32);
    const end = name.indexOf('\0');
    return { cgroupId, program: end < 0 ? name : name.slice(0, end) };
  }

  close(): void {
    for (const fd of this.#opened) this.#calls.close(fd);
  }
}

/** union bpf_attr, of which the rest is zero. */
function attribute(words: readonly number[]): Uint32Array {
  return Uint32Array.from(words);
}

function halves(address: number): [low: number, high: number] {
  return [address >>> 0, Math.floor(address / 0x1_0000_0000)];
}

function load(calls: WatchCalls, program: Uint8Array): number {
  const memory = new Uint8Array(program.length + 16);
  memory.set(program);
  // The helpers that are used ask for no licence; the kernel wants to be told one.
  memory.set(Buffer.from('Dual MIT/GPL\0'), program.length);
  const address = calls.addressOf(memory.buffer);
  return calls.bpf(
    BPF_PROG_LOAD,
    attribute([
      BPF_PROG_TYPE_RAW_TRACEPOINT,
      program.length / 8,
      ...halves(address),
      ...halves(address + program.length),
    ]),
  );
}

function attach(calls: WatchCalls, program: number): number {
  const name = new Uint8Array(32);
  name.set(Buffer.from('sched_process_exit\0'));
  return calls.bpf(BPF_RAW_TRACEPOINT_OPEN, attribute([...halves(calls.addressOf(name.buffer)), program, 0]));
}

/** Instructions of 8 bytes: code, registers, offset, constant. Registers: 0 is what a call gives, 10 is the stack. */
function exitProgram(map: number): Uint8Array {
  const [KEY_AT, VALUE_AT] = [-8, -32];
  const call = (helper: number): Instruction => [0x85, 0, 0, 0, helper];
  const set = (register: number, constant: number): Instruction => [0xb7, register, 0, 0, constant];
  const address = (register: number, offset: number): Instruction[] => [
    [0xbf, register, 10, 0, 0],
    [0x07, register, 0, 0, offset],
  ];
  const instructions: Instruction[] = [
    // r0: the upper half is the number of the process, the lower one that of the thread, which goes into r1.
    call(helpers.get_current_pid_tgid),
    [0xbf, 1, 0, 0, 0],
    [0x67, 1, 0, 0, 32],
    [0x77, 1, 0, 0, 32],
    [0x77, 0, 0, 0, 32],
    // Only the first thread has the name of the process, and as long as it is there, so is the process: else to the end.
    [0x5d, 1, 0, 15, 0],
    // *(u32 *)(stack + KEY_AT) = r0
    [0x63, 10, 0, KEY_AT, 0],
    call(helpers.get_current_cgroup_id),
    [0x7b, 10, 0, VALUE_AT, 0],
    ...address(1, VALUE_AT + 8),
    set(2, 16),
    call(helpers.get_current_comm),
    // r1 = the map, by its descriptor; an instruction of twice the length.
    [0x18, 1, 1, 0, map],
    [0, 0, 0, 0, 0],
    ...address(2, KEY_AT),
    ...address(3, VALUE_AT),
    set(4, 0),
    call(helpers.map_update_elem),
    set(0, 0),
    [0x95, 0, 0, 0, 0],
  ];
  const program = new DataView(new ArrayBuffer(instructions.length * 8));
  instructions.forEach(([code, target, source, offset, constant], i) => {
    program.setUint8(i * 8, code);
    program.setUint8(i * 8 + 1, target | (source << 4));
    program.setInt16(i * 8 + 2, offset, true);
    program.setInt32(i * 8 + 4, constant, true);
  });
  return new Uint8Array(program.buffer);
}

type Instruction = readonly [code: number, target: number, source: number, offset: number, constant: number];
