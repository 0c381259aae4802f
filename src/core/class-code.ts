import { type Category, categories } from './category.ts';

/**
 * What decides whether two entries may share a row, in one small number: the category, whether the configuration
 * ignores it, and whether a mount hides it.
 */
export type ClassCode = number;

const IGNORED = 8;
const SHADOWED = 16;

export function classCode(category: Category, ignored: boolean, shadowed: boolean): ClassCode {
  return categories.indexOf(category) | (ignored ? IGNORED : 0) | (shadowed ? SHADOWED : 0);
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

export function differsInCategoryOnly(a: ClassCode, b: ClassCode): boolean {
  return (a & ~7) === (b & ~7);
}
