import type { Claim } from '../evidence.ts';
import { literalPattern } from '../pattern.ts';
import type { RawPath } from '../rawpath.ts';
import { isAbsolute, tidied } from './open-path.ts';
import { isNotKept, isTooGeneral } from './places.ts';
import { type Specifiers, withSpecifiers } from './specifiers.ts';
import { escapedWords, wordsOf } from './words.ts';

/** A user or group that sysusers.d(5) makes where there is none of that name. Byte strings. */
export interface SystemAccount {
  readonly kind: 'user' | 'group';
  readonly name: string;
  /** A number, `UID:GID`, or the path of a file whose owner it shall be; undefined: any that is free. */
  readonly id: string | undefined;
  readonly home: RawPath | undefined;
  readonly file: RawPath;
}

/** The users and groups of one file; without what systemd passes over and whose specifiers are not known. */
export function parseSysusers(text: string, file: RawPath, specifiers: Specifiers): SystemAccount[] {
  return text.split('\n').flatMap((line): SystemAccount[] => {
    const trimmed = line.trim();
    if (trimmed === '' || trimmed.startsWith('#')) return [];
    const { words, broken } = wordsOf(trimmed, escapedWords);
    const [type = '', rawName = '', rawId, , rawHome] = words;
    const kind = /^u[!]?$/.test(type) ? 'user' : type === 'g' ? 'group' : undefined;
    const field = (word: string | undefined): string | undefined =>
      word === undefined || word === '' || word === '-' ? undefined : withSpecifiers(word, specifiers);
    const name = field(rawName);
    if (broken || kind === undefined || name === undefined || !/^[A-Za-z_][\w.-]*\$?$/.test(name)) return [];
    const path = field(rawHome);
    const home = path === undefined || !isAbsolute(path) ? undefined : tidied(path);
    return [{ kind, name, id: field(rawId), home: home as RawPath | undefined, file }];
  });
}

/** Whose homes they are. Nothing of it speaks for a category. */
export function claimsOfSysusers(accounts: readonly SystemAccount[]): Claim[] {
  return accounts.flatMap(({ kind, name, home, file }): Claim[] => {
    if (kind !== 'user' || home === undefined || isNotKept(home) || isTooGeneral(home, new Set())) return [];
    const detail = `the home of the user ${name}, who is made at boot where there is none: ${file}`;
    return [{ pattern: literalPattern(home), exact: false, evidence: { source: 'sysusers', detail } }];
  });
}
