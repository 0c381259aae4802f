import { type RawPath, ROOT, rebase } from '../rawpath.ts';
import type { DoctorFinding, Remedy } from './doctor-report.ts';

/**
 * The finding with commands that mend a root which is mounted at `root` and does not run: its services cannot be restarted,
 * and its names of users are its own.
 */
export function mendedAt(finding: DoctorFinding, root: RawPath): DoctorFinding {
  if (root === ROOT) return finding;
  return { ...finding, remedies: finding.remedies.flatMap((remedy) => remedyAt(remedy, root)) };
}

function remedyAt(remedy: Remedy, root: RawPath): Remedy[] {
  if (remedy.kind === 'declare') return [remedy];
  const [program = '', ...words] = remedy.words;
  const command = (...given: string[]): Remedy[] => [{ kind: 'command', words: given }];
  switch (program) {
    case 'systemctl':
      return [];
    case 'ebb':
      return words[0] === 'restore'
        ? command(program, ...words, '--to', root)
        : command(program, ...words, '--root', root);
    case 'chown':
    case 'chmod':
      return command('chroot', root, program, ...words);
    default:
      return command(
        program,
        ...words.map((word) => (word.startsWith('/') ? rebase(word as RawPath, ROOT, root) : word)),
      );
  }
}
