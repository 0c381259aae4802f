import type { RawName } from './rawpath.ts';

/**
 * What the name of a directory in `old_roots` says. All names are byte strings. A time without a zone is taken as
 * UTC: the initrd, where such names are made, knows no time zone.
 */
export type NameReading =
  /** Of the form that ebb gives. Other scripts give it too: whether ebb made it, `/.ebb/boot.json` says. */
  | { readonly kind: 'ebb'; readonly format: string; readonly at: number }
  /** Of a form that another program gives. `format`: how the time was read; `at`: seconds since 1970. */
  | { readonly kind: 'foreign'; readonly format: string; readonly at: number | undefined }
  /** `gc` was stopped while it deleted the old root `of`: to be deleted, never taken for a whole one. */
  | { readonly kind: 'half-deleted'; readonly of: RawName }
  | { readonly kind: 'unknown'; readonly format: string; readonly at: undefined };

interface Form {
  readonly pattern: RegExp;
  readonly format: string;
}

/** `gc` renames to this before it deletes. */
const DELETING = '.deleting-';
/** Bytes that a name can have on Linux. */
const NAME_MAX = 255;

const ebbForm: Form = {
  pattern: /^(?<Y>\d{4})-(?<M>\d\d)-(?<D>\d\d)_(?<h>\d\d)-(?<m>\d\d)-(?<s>\d\d)(-([2-9]|[1-9]\d+))?$/,
  format: 'YYYY-MM-DD_HH-MM-SS, taken as UTC',
};

/** No flag `u`: names are bytes, and `s` lets `.` stand for every one of them. */
const foreignForms: readonly Form[] = [
  {
    // `%Y-%-m-%-d_%H:%M:%S` of wiping scripts; that of impermanence's README has `%m` with, `%-d` without a zero.
    pattern: /^(?<Y>\d{4})-(?<M>\d\d?)-(?<D>\d\d?)_(?<h>\d\d?):(?<m>\d\d):(?<s>\d\d)$/,
    format: 'YYYY-M-D_H:MM:SS, taken as UTC',
  },
  {
    pattern: /^(?<Y>\d{4})-(?<M>\d\d)-(?<D>\d\d)T(?<h>\d\d):(?<m>\d\d):(?<s>\d\d)$/,
    format: 'YYYY-MM-DDTHH:MM:SS, taken as UTC',
  },
  {
    pattern: /^(?<Y>\d{4})-(?<M>\d\d)-(?<D>\d\d)T(?<h>\d\d):(?<m>\d\d):(?<s>\d\d)(?<z>Z|[+-]\d\d:?\d\d)$/,
    format: 'YYYY-MM-DDTHH:MM:SS with its zone',
  },
  // btrbk(1), timestamp_format: short, long, long-iso. It adds `_N` to a name that is taken.
  {
    pattern: /^.+\.(?<Y>\d{4})(?<M>\d\d)(?<D>\d\d)(_\d+)?$/s,
    format: 'btrbk NAME.YYYYMMDD, taken as UTC',
  },
  {
    pattern: /^.+\.(?<Y>\d{4})(?<M>\d\d)(?<D>\d\d)T(?<h>\d\d)(?<m>\d\d)(_\d+)?$/s,
    format: 'btrbk NAME.YYYYMMDDTHHMM, taken as UTC',
  },
  {
    pattern: /^.+\.(?<Y>\d{4})(?<M>\d\d)(?<D>\d\d)T(?<h>\d\d)(?<m>\d\d)(?<s>\d\d)(?<z>Z|[+-]\d{4})(_\d+)?$/s,
    format: 'btrbk NAME.YYYYMMDDTHHMMSS with its zone',
  },
];

/** A directory of snapper's: the number of the snapshot, which lies in it beside its `info.xml`. */
const snapperName = /^[1-9]\d*\/snapshot$/;

/** What `name` says: one component, or `N/snapshot` where the directory `N` holds a `snapshot` as snapper's do. */
export function readOldRootName(name: string): NameReading {
  if (isHalfDeleted(name)) return { kind: 'half-deleted', of: name.slice(DELETING.length) as RawName };
  const own = timeOf(ebbForm, name);
  if (own !== undefined) return { kind: 'ebb', format: ebbForm.format, at: own };
  for (const form of foreignForms) {
    const at = timeOf(form, name);
    if (at !== undefined) return { kind: 'foreign', format: form.format, at };
  }
  if (snapperName.test(name)) return { kind: 'foreign', format: 'snapper, no time in its name', at: undefined };
  return { kind: 'unknown', format: 'unknown, no time in its name', at: undefined };
}

/**
 * The name of an old root that booted at `bootedAt`, in seconds since 1970: `YYYY-MM-DD_HH-MM-SS` in UTC, with `-2`,
 * `-3`… where `taken` has it already. A clock outside of the years 0 to 9999 gives the nearest name there is: it is
 * the sequence that orders old roots.
 */
export function nameFor(bootedAt: number, taken: ReadonlySet<string>): RawName {
  if (Number.isNaN(bootedAt)) throw new RangeError('an old root cannot be named: its time is not a number');
  const seconds = Math.min(Math.max(Math.floor(bootedAt), utcSeconds(0, 1, 1)), utcSeconds(9999, 12, 31, 23, 59, 59));
  const base = new Date(seconds * 1000).toISOString().slice(0, 19).replace('T', '_').replaceAll(':', '-');
  // A half-deleted namesake counts: `gc` would later find the name that it renames to taken.
  return firstFree(base, (name) => taken.has(name) || taken.has(DELETING + name));
}

/** What `gc` renames the old root `name` to before it deletes it. */
export function deletingNameFor(name: RawName, taken: ReadonlySet<string>): RawName {
  // Cut, with room for a number: a name that another script gave may be as long as names can be.
  return firstFree((DELETING + name).slice(0, NAME_MAX - 8), (candidate) => taken.has(candidate));
}

export function isHalfDeleted(name: string): boolean {
  return name.startsWith(DELETING) && name.length > DELETING.length;
}

function firstFree(base: string, isTaken: (name: string) => boolean): RawName {
  let name = base;
  for (let turn = 2; isTaken(name); turn++) name = `${base}-${turn}`;
  return name as RawName;
}

function timeOf({ pattern }: Form, name: string): number | undefined {
  const parts = pattern.exec(name)?.groups;
  if (parts === undefined) return undefined;
  const { Y, M, D, h = '0', m = '0', s = '0', z = 'Z' } = parts;
  const offset = offsetOf(z);
  const local = checkedUtcSeconds(Number(Y), Number(M), Number(D), Number(h), Number(m), Number(s));
  return local === undefined || offset === undefined ? undefined : local - offset;
}

/** Seconds east of UTC that `Z`, `+0100` or `+01:00` says. */
function offsetOf(zone: string): number | undefined {
  if (zone === 'Z') return 0;
  const hours = Number(zone.slice(1, 3));
  const minutes = Number(zone.slice(-2));
  if (hours > 23 || minutes > 59) return undefined;
  return (zone[0] === '-' ? -1 : 1) * (hours * 3600 + minutes * 60);
}

/** Seconds since 1970; undefined where there is no such day or time, as 30 February or 24:00. */
export function checkedUtcSeconds(
  ...[year, month, day, hours, minutes, seconds]: [number, number, number, number, number, number]
): number | undefined {
  if (hours > 23 || minutes > 59 || seconds > 59) return undefined;
  const at = utcSeconds(year, month, day, hours, minutes, seconds);
  // A day that its month does not have came out in another month.
  const date = new Date(at * 1000);
  return date.getUTCMonth() + 1 === month && date.getUTCDate() === day ? at : undefined;
}

function utcSeconds(year: number, month: number, day: number, hours = 0, minutes = 0, seconds = 0): number {
  // Not Date.UTC(year, …): it takes the years 0 to 99 for those of the twentieth century.
  return new Date(0).setUTCFullYear(year, month - 1, day) / 1000 + hours * 3600 + minutes * 60 + seconds;
}
