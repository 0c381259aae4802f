import type { RawPath } from '../rawpath.ts';
import { plainWords, wordsOf } from './words.ts';

/** The names that `systemctl list-units --all --plain` gives, of the units that have a file or are known otherwise. */
export function listedUnits(listed: string): string[] {
  return listed.split('\n').flatMap((line) => {
    // Some versions put a mark before what failed, all the same.
    const [, unit, load] = /^(?:[^\w\s.\\:@-]+ )?\s*([\w:.\\@-]+\.[a-z]+)\s+(\S+)/.exec(line) ?? [];
    return unit !== undefined && load === 'loaded' ? [unit] : [];
  });
}

/** Where a unit that systemd has loaded says what it says. */
export interface LoadedUnit {
  readonly name: string;
  readonly file: RawPath;
  readonly dropIns: readonly RawPath[];
}

/** What `systemctl show --property=Id,FragmentPath,DropInPaths` says of each unit that has a file. */
export function shownUnits(shown: string): LoadedUnit[] {
  return shown.split('\n\n').flatMap((block) => {
    const field = (key: string): string | undefined => new RegExp(`^${key}=(.+)$`, 'm').exec(block)?.[1];
    const [name, file] = [field('Id'), field('FragmentPath')];
    if (name === undefined || file === undefined || !file.startsWith('/')) return [];
    const { words } = wordsOf(field('DropInPaths') ?? '', plainWords);
    return [{ name, file: file as RawPath, dropIns: words.filter((word) => word.startsWith('/')) as RawPath[] }];
  });
}
