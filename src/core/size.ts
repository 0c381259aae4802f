const byteUnits = ['kB', 'MB', 'GB', 'TB', 'PB', 'EB'];

/** `411 B`, `2.1 kB`, `310.2 MB`: decimal, as disks are sold and as `du --si` counts. */
export function bytesText(bytes: number): string {
  if (bytes < 1000) return `${bytes} B`;
  let value = bytes / 1000;
  let unit = 0;
  // 999.95 would round to 1000.0.
  while (value >= 999.95 && unit < byteUnits.length - 1) {
    value /= 1000;
    unit++;
  }
  return `${value.toFixed(1)} ${byteUnits[unit]}`;
}

const units = ['', 'k', 'm', 'g', 't', 'p'];

/**
 * Bytes that a person typed: `500MB`, `4 G`, `1.5GiB`, `4096`. Decimal, as ebb writes sizes, but for KiB, MiB, GiB…;
 * undefined where it is no size.
 */
export function parseSize(text: string): number | undefined {
  const [, digits, unit = '', binary] = /^\s*(\d+(?:\.\d+)?)\s*([kmgtp]?)(i?)b?\s*$/i.exec(text) ?? [];
  if (digits === undefined || (binary !== '' && unit === '')) return undefined;
  const bytes = Math.round(Number(digits) * (binary === '' ? 1000 : 1024) ** units.indexOf(unit.toLowerCase()));
  return Number.isSafeInteger(bytes) ? bytes : undefined;
}

export function notASize(text: string): string {
  return `${text} is not a size: give a number of bytes, or one with kB, MB, GB, TB (or KiB, MiB, GiB, TiB)`;
}
