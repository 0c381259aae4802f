import { listedUnits, shownUnits } from '../../core/systemd/loaded-units.ts';
import { parseUnitName } from '../../core/systemd/unit-name.ts';
import { runSystemctl, type Systemctl } from './systemctl.ts';
import type { UnitTree } from './unit-tree.ts';

/** More units from elsewhere than that are not asked about. */
const MOST_ELSEWHERE = 500;

/**
 * The names of all units that systemd knows, by one question; those whose files are none of the tree's are added to it,
 * by another. What they say is read from their files: systemctl does not print all of it, and takes ten times as long
 * (decision 17).
 */
export function addLoaded(tree: UnitTree, systemctl: Systemctl, warn: (message: string) => void): readonly string[] {
  const listed = runSystemctl(systemctl, ['list-units', '--all', '--full', '--plain', '--no-legend', '--no-pager']);
  if (typeof listed === 'object') {
    warn(`systemd was not asked which units there are: ${listed.problem}`);
    return [];
  }
  const names = listedUnits(listed);
  const elsewhere = names.flatMap((name) => {
    const parsed = parseUnitName(name);
    const isWanted = parsed !== undefined && ['service', 'socket', 'timer'].includes(parsed.type);
    return isWanted && !tree.has(parsed) ? [name] : [];
  });
  if (elsewhere.length === 0) return names;
  const asked = elsewhere.slice(0, MOST_ELSEWHERE);
  const words = ['show', '--property=Id,FragmentPath,DropInPaths', '--no-pager', '--', ...asked];
  const shown = runSystemctl(systemctl, words);
  for (const unit of typeof shown === 'object' ? [] : shownUnits(shown)) tree.add(unit);
  return names;
}
