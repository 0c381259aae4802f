/** Numbers as a person reads them. Nothing here depends on a locale or a time zone: reports are compared and tested. */

export { bytesText } from '../core/size.ts';

/** `1,204`. */
export function countText(count: number): string {
  return String(count).replace(/\B(?=(\d{3})+$)/g, ',');
}

/** `1 entry`, `1,204 entries`. */
export function counted(count: number, one: string, many = `${one}s`): string {
  return `${countText(count)} ${count === 1 ? one : many}`;
}

const minute = 60;
const hour = 60 * minute;
const day = 24 * hour;

/** How long before `now` (both in seconds) something was: `just now`, `2 min ago`, `1 h ago`, `yesterday`, `3 d ago`. */
export function ageText(now: number, then: number): string {
  const age = now - then;
  // Clocks of containers and network filesystems differ by a little: that is no news.
  if (age < -minute) return 'in future';
  if (age < minute) return 'just now';
  if (age < hour) return `${Math.floor(age / minute)} min ago`;
  if (age < day) return `${Math.floor(age / hour)} h ago`;
  if (age < 2 * day) return 'yesterday';
  if (age < 60 * day) return `${Math.floor(age / day)} d ago`;
  if (age < 730 * day) return `${Math.floor(age / (30.44 * day))} mo ago`;
  return `${Math.floor(age / (365.25 * day))} y ago`;
}

/** `3 d 4 h`, `2 h`, `12 min`, `40 s`: the largest unit, and the next one where it is not zero. */
export function durationText(seconds: number): string {
  const parts: readonly [number, string][] = [
    [Math.floor(seconds / day), 'd'],
    [Math.floor((seconds % day) / hour), 'h'],
    [Math.floor((seconds % hour) / minute), 'min'],
    [Math.floor(seconds % minute), 's'],
  ];
  const first = parts.findIndex(([count]) => count > 0);
  if (first === -1) return '0 s';
  const shown = parts.slice(first, first + 2).filter(([count], i) => i === 0 || count > 0);
  return shown.map(([count, unit]) => `${count} ${unit}`).join(' ');
}

/**
 * RFC 3339 in UTC, to the microsecond (a double holds no more of it): `2026-11-20T13:05:11.000250Z`; without the
 * fraction where there is none. Undefined outside the years 0 to 9999, which RFC 3339 cannot say.
 */
export function rfc3339(seconds: number): string | undefined {
  const microseconds = Math.round(seconds * 1e6);
  const whole = Math.floor(microseconds / 1e6);
  const fraction = microseconds - whole * 1e6;
  // 0000-01-01T00:00:00Z and 9999-12-31T23:59:59Z.
  if (!(whole >= -62167219200 && whole <= 253402300799)) return undefined;
  const date = new Date(whole * 1000).toISOString().slice(0, 19);
  return fraction === 0 ? `${date}Z` : `${date}.${String(fraction).padStart(6, '0')}Z`;
}
