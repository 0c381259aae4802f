import type { RawPath } from '../core/rawpath.ts';
import type { BaselineFacts, Warning } from '../core/report.ts';

/** How `OpenRoot` compares: what `--against` names, or what the root itself offers. */
export type Against =
  /** `required`: asked for by name, so that nothing else will do. */
  | { readonly kind: 'baseline' | 'boot' | 'packages' | 'nothing'; readonly required?: boolean }
  | { readonly kind: 'directory'; readonly path: RawPath; readonly checksum: boolean };

/** A reference that is ready for an examination; its content is the adapter's own. */
export interface PreparedReference {
  readonly facts: BaselineFacts;
  readonly warnings: readonly Warning[];
}
