const CLAUSE = /^([ugoa]*)((?:[-+=](?:[rwxXst]*|[ugo]))+)$/;
const ACTION = /([-+=])([rwxXst]+|[ugo])?/g;
const shifts: Readonly<Record<string, readonly number[]>> = { u: [6], g: [3], o: [0], a: [6, 3, 0] };
const bits: Readonly<Record<string, number>> = { r: 4, w: 2, x: 1 };

/**
 * The permission bits that mkdir(1) gives for the mode, in octal: digits, also with the marks of tmpfiles.d(5) before them,
 * or symbols such as `u=rwx,g=rx,o=`. undefined where it is no mode. Who has no letter is everybody, whatever the umask is.
 */
export function octalMode(text: string): string | undefined {
  const digits = /^[~:]{0,2}0*([0-7]{1,4})$/.exec(text)?.[1];
  if (digits !== undefined) return digits.padStart(4, '0');
  // As of what mkdir(1) makes.
  let mode = 0o777;
  for (const clause of text.split(',')) {
    const [, who, actions] = CLAUSE.exec(clause) ?? [];
    if (who === undefined || actions === undefined) return undefined;
    for (const [, operator, permissions = ''] of actions.matchAll(ACTION)) {
      mode = changed(mode, who === '' ? 'a' : who, operator ?? '', permissions);
    }
  }
  return mode.toString(8).padStart(4, '0');
}

function changed(mode: number, who: string, operator: string, permissions: string): number {
  const triplets = [...who].flatMap((one) => shifts[one] ?? []);
  const copied = /^[ugo]$/.test(permissions) ? (mode >> (shifts[permissions]?.[0] ?? 0)) & 7 : undefined;
  const triplet = copied ?? [...permissions].reduce((sum, one) => sum | (bits[one === 'X' ? 'x' : one] ?? 0), 0);
  let given = triplets.reduce((sum, shift) => sum | (triplet << shift), 0);
  if (permissions.includes('s')) given |= (triplets.includes(6) ? 0o4000 : 0) | (triplets.includes(3) ? 0o2000 : 0);
  if (permissions.includes('t') && /[oa]/.test(who)) given |= 0o1000;
  if (operator === '+') return mode | given;
  if (operator === '-') return mode & ~given;
  // Of a directory, chmod(1) leaves set-user-ID and set-group-ID alone where they are not named.
  const kept = triplets.reduce((sum, shift) => sum | (7 << shift), 0) | (/[oa]/.test(who) ? 0o1000 : 0);
  return (mode & ~kept) | given;
}
