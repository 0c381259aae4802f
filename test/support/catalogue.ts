import type { Rule } from '../../src/core/rule.ts';
import { loadCatalogue } from '../../src/linux/catalogue.ts';

let loaded: readonly Rule[] | undefined;

/** The catalogue of the repository, read once. */
export function catalogue(): readonly Rule[] {
  loaded ??= loadCatalogue('catalogue').rules;
  return loaded;
}
