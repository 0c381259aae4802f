import type { RawPath } from '../rawpath.ts';
import { isAbsolute, tidied } from './open-path.ts';

/** A line of passwd(5). */
export interface Account {
  readonly name: string;
  readonly uid: number;
  readonly home: RawPath;
  readonly shell: string;
}

/** What `/etc/passwd` holds, by name; what is no line of it is left out. */
export function parseAccounts(text: string): Map<string, Account> {
  const accounts = new Map<string, Account>();
  for (const line of text.split('\n')) {
    const fields = line.split(':');
    const [name = '', , id = '', , , home = '', shell = ''] = fields;
    const path = isAbsolute(home) ? tidied(home) : undefined;
    if (name === '' || !/^\d+$/.test(id) || path === undefined || accounts.has(name)) continue;
    accounts.set(name, { name, uid: Number(id), home: path as RawPath, shell });
  }
  return accounts;
}

/** Finds the account of a user by name or number. */
export function accountsBy(accounts: ReadonlyMap<string, Account>): (user: string) => Account | undefined {
  const byNumber = new Map<string, Account>();
  for (const account of accounts.values()) {
    const number = String(account.uid);
    if (!byNumber.has(number)) byNumber.set(number, account);
  }
  return (user) => accounts.get(user) ?? byNumber.get(user);
}

/** The homes of people, as far as they are not in the usual places too. */
export function homesOfPeople(accounts: ReadonlyMap<string, Account>): Set<RawPath> {
  const homes = [...accounts.values()].filter(isPerson).map(({ home }) => home);
  return new Set(homes.filter((home) => home !== '/'));
}

/** Whether somebody logs in as this account; numbers from 65534 on are nobody's. */
export function isPerson({ uid, shell }: Account): boolean {
  const isLogin = !/\/(nologin|false)$/.test(shell);
  return isLogin && (uid === 0 || (uid >= 1000 && uid < 65_534));
}
