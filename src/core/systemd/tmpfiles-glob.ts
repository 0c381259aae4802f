import { literalPattern, problemOf } from '../pattern.ts';

/** More alternatives than that in braces are not spelled out. */
const MOST = 64;

/** How glob(7) as systemd-tmpfiles uses it is to be said in patterns; undefined where that cannot be told for sure. */
export function patternsOfGlob(glob: string): string[] | undefined {
  const spelled = withoutBraces(glob);
  if (spelled === undefined) return undefined;
  const patterns = new Set<string>();
  for (const one of spelled) {
    const components = one.split('/').map(componentOf);
    if (components.includes(undefined)) return undefined;
    const pattern = components.join('/');
    if (problemOf(pattern) !== undefined) return undefined;
    patterns.add(pattern);
  }
  return [...patterns];
}

function componentOf(glob: string): string | undefined {
  if (!/[*?[\\]/.test(glob)) return literalPattern(glob);
  // Classes and equivalences, which depend on a locale.
  if (/\[[^\]]*\[[:.=]/.test(glob)) return undefined;
  const component = glob.replace(/\[\^/g, '[!').replace(/\*{2,}/g, '*');
  // A dot at the beginning has to be written out.
  if (component.startsWith('*')) return `[!.]${component}`;
  if (component.startsWith('?')) return `[!.]${component.slice(1)}`;
  if (component.startsWith('[')) return /^\[!|\[[^\]]*(\.|-)/.test(component) ? undefined : component;
  return component;
}

/** With the braces of a glob spelled out: `/a{b,c}` as `/ab` and `/ac`. */
function withoutBraces(glob: string): string[] | undefined {
  if (!glob.includes('{')) return [glob];
  // Where they could be taken as they stand it is not clear what they mean.
  if (/[\\[]|\{\}/.test(glob)) return undefined;
  let spelled = [glob];
  for (let rounds = 0; spelled.some((one) => one.includes('{')); rounds++) {
    if (rounds > MOST) return undefined;
    spelled = spelled.flatMap((one) => {
      // The innermost first.
      const [, before, inner, after] = /^(.*)\{([^{}]*)\}(.*)$/s.exec(one) ?? [];
      return inner === undefined ? [''] : inner.split(',').map((piece) => `${before}${piece}${after}`);
    });
    if (spelled.includes('') || spelled.length > MOST) return undefined;
  }
  return spelled;
}
