import type { JournalEntry } from '../../core/doctor/journal-entry.ts';
import { rawFromText } from '../../core/rawpath.ts';

/** The fields that are asked for: journalctl(1) takes most of its time to write them. */
export const outputFields = [
  ...['MESSAGE', 'SYSLOG_IDENTIFIER', '_COMM', '_SYSTEMD_UNIT', '_SYSTEMD_USER_UNIT', 'UNIT', 'USER_UNIT'],
  'CONTAINER_NAME',
];

/** Bytes of a message that are looked at. */
const LONGEST_MESSAGE = 4096;
/** Bytes of a name that are kept. */
const LONGEST_NAME = 256;

/** `too-large`: it has a message, which journalctl(1) left out. */
export type Parsed = JournalEntry | 'too-large' | 'garbage';

/**
 * An entry as `journalctl -o json` writes it on a line, given as a byte string: text is UTF-8 there, so that byte strings
 * come out of `JSON.parse`. A field is a string, an array of the bytes of what is no text, null where it is too large, or
 * an array of these where it occurs several times (systemd's docs/JOURNAL_EXPORT_FORMATS).
 */
export function parseEntry(line: string): Parsed {
  let value: unknown;
  // What is escaped beyond a byte is a character, and not a byte.
  const hasCharacters = line.includes('\\u') && /\\u(?!00[0-7])/.test(line);
  try {
    value = JSON.parse(hasCharacters ? Buffer.from(line, 'latin1').toString('utf8') : line);
  } catch {
    return 'garbage';
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return 'garbage';
  const fields = value as Readonly<Record<string, unknown>>;
  const raw = (name: string): string | null | undefined => {
    const field = rawField(fields[name]);
    return hasCharacters && typeof field === 'string' && typeof fields[name] === 'string' ? rawFromText(field) : field;
  };
  const named = (name: string): string | undefined => raw(name)?.slice(0, LONGEST_NAME);
  const message = raw('MESSAGE');
  if (message === null) return 'too-large';
  if (message === undefined) return 'garbage';
  const [system, ownUsers] = [named('_SYSTEMD_UNIT'), named('_SYSTEMD_USER_UNIT')];
  // Anybody may claim to write about a unit. Before there are units, systemd writes from none.
  const isSystem = system === undefined || system === 'init.scope';
  const isUsers = ownUsers === 'init.scope' && /^user@\d+\.service$/.test(system ?? '');
  const about = isSystem ? named('UNIT') : undefined;
  const aboutUsers = isUsers ? named('USER_UNIT') : undefined;
  const at = Number(fields['__REALTIME_TIMESTAMP']) / 1e6;
  return {
    at: Number.isFinite(at) ? at : 0,
    message: message.slice(0, LONGEST_MESSAGE),
    identifier: named('SYSLOG_IDENTIFIER'),
    program: named('_COMM'),
    unit: about ?? aboutUsers ?? ownUsers ?? system,
    isUserUnit: about === undefined && (aboutUsers ?? ownUsers) !== undefined,
    isManager: isSystem || isUsers,
    container: named('CONTAINER_NAME'),
  };
}

/** null: too large; undefined: not there. Of several, the first that can be read. */
function rawField(value: unknown): string | null | undefined {
  if (typeof value === 'string' || value === null || value === undefined) return value as string | null | undefined;
  if (!Array.isArray(value)) return undefined;
  if (value.every(isByte)) return value.length === 0 ? '' : String.fromCharCode(...value.slice(0, LONGEST_MESSAGE));
  const several = value.map((one) => (Array.isArray(one) && !one.every(isByte) ? undefined : rawField(one)));
  return several.find((one) => typeof one === 'string') ?? (several.includes(null) ? null : undefined);
}

function isByte(value: unknown): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= 255;
}
