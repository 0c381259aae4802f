/**
 * The four patterns that people go by who have no tool, as the project's source document has them ("Method 4"): the
 * figures that ebb has to beat.
 */
import type { Case, CorpusRoot } from './corpus.ts';

/** Whether the table would have the path kept. */
export function seedKeeps({ path, kind }: Case, { distribution }: CorpusRoot): boolean {
  const [, top, second, service] = path.split('/');
  if (service === undefined && top === 'var') return false;
  if (top === 'var' && second === 'lib') return true;
  // "Optional" is no recommendation.
  if (top === 'var' && (second === 'cache' || second === 'log')) return false;
  // "Only if runtime-generated": where /etc is made of links, what is none was; elsewhere nothing tells.
  if (top === 'etc' && second !== undefined) return distribution === 'nixos' && kind !== 'symlink';
  // Of anything else it says nothing.
  return false;
}
