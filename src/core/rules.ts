import type { Category } from './category.ts';

/**
 * A rule of the catalogue. `pattern` is a byte string, matched component by component: `*` and `?` stand for bytes of
 * one component, a leading `**` component for any number of components, a leading `~/` for a user's home (`/root/` or
 * below `/home`). A rule covers the paths that match and all that lies below these, unless `exact`.
 */
export interface Rule {
  readonly pattern: string;
  readonly category: Category;
  /** Covers only what matches, not what lies below. */
  readonly exact: boolean;
  /** `EntryType`s that it is for; undefined: any. */
  readonly types: readonly number[] | undefined;
  readonly why: string;
  /** The catalogue's file: `general.toml`. */
  readonly file: string;
}
