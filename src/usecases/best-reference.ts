import { Failure } from '../core/failure.ts';
import type { OpenRoot } from '../ports/open-root.ts';
import type { Against, PreparedReference } from '../ports/prepared-reference.ts';

/** The best that the root offers to compare it with: the baseline; on an ephemeral root, this boot; else the packages. */
export function bestReference(root: OpenRoot): PreparedReference {
  const kinds: Exclude<Against['kind'], 'directory'>[] = ['baseline'];
  if (root.facts.ephemeral.value && root.facts.mount === '/') kinds.push('boot');
  kinds.push('packages', 'nothing');
  for (const kind of kinds) {
    const prepared = root.prepare({ kind });
    if (prepared !== undefined) return prepared;
  }
  throw new Failure('failed', 'there is nothing to compare this root with');
}
