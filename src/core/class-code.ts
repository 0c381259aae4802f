import { type Category, categories } from './category.ts';
import type { Persist } from './persist.ts';

/**
 * What decides whether two entries may share a row, in one small number: the category, whether the configuration
 * ignores it, whether a mount hides it, and what to do about it where that is not what the category says.
 */
export type ClassCode = number;

const IGNORED = 8;
const SHADOWED = 16;
const PERSIST_SHIFT = 5;
const persists = [undefined, 'yes', 'no', 'optional'] as const satisfies readonly (Persist | undefined)[];

/** Less than 128. */
export function classCode(
  category: Category,
  ignored: boolean,
  shadowed: boolean,
  persist: Persist | undefined,
): ClassCode {
  const flags = (ignored ? IGNORED : 0) | (shadowed ? SHADOWED : 0);
  return categories.indexOf(category) | flags | (persists.indexOf(persist) << PERSIST_SHIFT);
}

export function categoryOf(code: ClassCode): Category {
  return categories[code & 7] as Category;
}

export function isIgnored(code: ClassCode): boolean {
  return (code & IGNORED) !== 0;
}

export function isShadowed(code: ClassCode): boolean {
  return (code & SHADOWED) !== 0;
}

export function persistIn(code: ClassCode): Persist | undefined {
  return persists[code >> PERSIST_SHIFT];
}

/** In that, and in what to do about it. */
export function differsInCategoryOnly(a: ClassCode, b: ClassCode): boolean {
  const others = IGNORED | SHADOWED;
  return (a & others) === (b & others);
}
