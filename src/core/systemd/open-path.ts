import { literalPattern } from '../pattern.ts';

/**
 * A path as a unit names it, with parts that stand for more than one name. These are no bytes, so that no path has them
 * of itself.
 */
export type OpenPath = string;

/** Stands in a path for an instance of a template that is not known. */
export const ANY_NAME = '\ue000';
/** Stands at the beginning of a path for the home of whoever's unit it is. */
export const OWN_HOME = '\ue001';

export function isAbsolute(path: OpenPath): boolean {
  return path.startsWith('/') || path === OWN_HOME || path.startsWith(`${OWN_HOME}/`);
}

/**
 * Without doubled slashes, `.` and the slash at the end; undefined where it is not absolute or has a `..`, which nobody
 * can resolve without looking.
 */
export function tidied(path: OpenPath): OpenPath | undefined {
  if (!isAbsolute(path)) return undefined;
  if (!/\/(\.{0,2}(\/|$))/.test(path)) return path;
  const components = path.split('/');
  const [first = ''] = components;
  const rest = components.slice(1).filter((component) => component !== '' && component !== '.');
  if (rest.includes('..')) return undefined;
  return rest.length === 0 && first === '' ? '/' : [first, ...rest].join('/');
}

/** The pattern of pattern.ts that matches what the path stands for. */
export function patternOf(path: OpenPath): string {
  const pattern = literalPattern(path).replaceAll(ANY_NAME, '*');
  return pattern.startsWith(OWN_HOME) ? `~${pattern.slice(OWN_HOME.length) || '/'}` : pattern;
}

/** A text with such paths in it, for a person. */
export function shownPath(text: string): string {
  return text.replaceAll(ANY_NAME, '*').replaceAll(OWN_HOME, '~');
}
