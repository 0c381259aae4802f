import type { Category } from './category.ts';
import type { ChangeKind } from './change.ts';

/** What an examination gathers: rows for a report, or each path by itself as it is found. */
export type Output =
  | { readonly kind: 'rows' }
  | {
      readonly kind: 'paths';
      /** End each with NUL. */
      readonly nul: boolean;
      readonly categories: readonly Category[];
      readonly kinds: readonly ChangeKind[];
      /** Those that the configuration ignores, too. */
      readonly ignored: boolean;
    };
