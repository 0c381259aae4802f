/**
 * fnmatch(3) without flags on byte strings: `*` and `?` match slashes too, `[…]` one of some bytes, a backslash takes
 * the next one as it is. A pattern that means nothing matches nothing.
 */
export function fnmatchPattern(pattern: string): RegExp {
  let source = '';
  for (let i = 0; i < pattern.length; i++) {
    const c = pattern[i];
    const negated = pattern[i + 1] === '!' || pattern[i + 1] === '^';
    // A `]` that comes first is one of the bytes.
    const close = c === '[' ? pattern.indexOf(']', i + (negated ? 3 : 2)) : -1;
    if (c === '*') source += '.*';
    else if (c === '?') source += '.';
    else if (c === '\\' && i + 1 < pattern.length) source += literal(pattern[++i]);
    else if (close > 0) {
      const bytes = pattern.slice(i + (negated ? 2 : 1), close).replace(/[\\[\]^]/g, '\\$&');
      source += `[${negated ? '^' : ''}${bytes}]`;
      i = close;
    } else source += literal(c);
  }
  try {
    return new RegExp(`^${source}$`, 's');
  } catch {
    return /(?!)/;
  }
}

function literal(c: string): string {
  return c.replace(/[\\^$.*+?()[\]{}|/-]/, '\\$&');
}
