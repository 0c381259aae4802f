import { nameOf, type RawPath } from '../rawpath.ts';
import { ANY_NAME, OWN_HOME } from './open-path.ts';
import { type UnitName, unescapeUnitName } from './unit-name.ts';

/** What each letter after a `%` stands for; undefined where that is not known. */
export type Specifiers = (letter: string) => string | undefined;

/** What means something after a `%`, or may one day; before anything else a `%` is text. */
const letters = /[A-Za-z0-9]/;

/** The value with its specifiers replaced; undefined where one of them is not known. */
export function withSpecifiers(value: string, specifiers: Specifiers): string | undefined {
  if (!value.includes('%')) return value;
  let result = '';
  for (let at = 0; at < value.length; at++) {
    const character = value.charAt(at);
    if (character !== '%' || at + 1 === value.length) {
      result += character;
      continue;
    }
    const letter = value.charAt(++at);
    if (letter === '%') result += '%';
    else if (!letters.test(letter)) result += `%${letter}`;
    else {
      const replacement = specifiers(letter);
      if (replacement === undefined) return undefined;
      result += replacement;
    }
  }
  return result;
}

/** What a root says of itself; what it does not say is undefined. Byte strings. */
export interface MachineFacts {
  readonly machineId: string | undefined;
  readonly bootId: string | undefined;
  readonly hostname: string | undefined;
  readonly kernel: string | undefined;
  /** As systemd spells it: `x86-64`. */
  readonly architecture: string | undefined;
  /** Of os-release(5), by key. */
  readonly release: ReadonlyMap<string, string>;
}

/** The letters that a machine gives, in units and in tmpfiles.d. */
export function machineSpecifiers(facts: MachineFacts): Specifiers {
  const field = (key: string): string => facts.release.get(key) ?? '';
  return (letter) => {
    switch (letter) {
      case 'm':
        return facts.machineId;
      case 'b':
        return facts.bootId;
      case 'H':
        return facts.hostname;
      case 'l':
        return facts.hostname?.replace(/\..*/s, '');
      case 'v':
        return facts.kernel;
      case 'a':
        return facts.architecture;
      case 'o':
        return facts.release.size === 0 ? undefined : field('ID') || 'linux';
      case 'w':
        return field('VERSION_ID');
      case 'B':
        return field('BUILD_ID');
      case 'M':
        return field('IMAGE_ID');
      case 'A':
        return field('IMAGE_VERSION');
      case 'W':
        return field('VARIANT_ID');
      case 'T':
        return '/tmp';
      case 'V':
        return '/var/tmp';
      default:
        return undefined;
    }
  };
}

/** Where the system's units keep what they have. */
const systemDirectories: Readonly<Record<string, string>> = {
  ...{ S: '/var/lib', C: '/var/cache', L: '/var/log', E: '/etc', t: '/run', D: '/usr/share' },
  ...{ h: '/root', u: 'root', U: '0', g: 'root', G: '0' },
};

/** Of the system's units, and of tmpfiles.d for the system. */
export function systemSpecifiers(machine: Specifiers): Specifiers {
  return (letter) => systemDirectories[letter] ?? machine(letter);
}

/** Where a user's units keep what they have: `states` is what `StateDirectory=` begins with, by the version of systemd. */
export function userSpecifiers(machine: Specifiers, states: string, user?: { readonly name: string }): Specifiers {
  const home = OWN_HOME;
  return (letter) => {
    switch (letter) {
      case 'h':
        return home;
      case 'S':
        return `${home}/${states}`;
      case 'C':
        return `${home}/.cache`;
      case 'L':
        return `${home}/${states}/log`;
      case 'E':
        return `${home}/.config`;
      case 'D':
        return `${home}/.local/share`;
      case 'u':
        return user?.name;
      default:
        return machine(letter);
    }
  };
}

/** With what a unit's name stands for. An instance of a template that nobody named can be any. */
export function unitSpecifiers(name: UnitName, path: RawPath | undefined, others: Specifiers): Specifiers {
  const instance = name.instance === '' ? ANY_NAME : (name.instance ?? '');
  const bare = name.full.slice(0, -name.type.length - 1);
  const last = name.prefix.slice(name.prefix.lastIndexOf('-') + 1);
  return (letter) => {
    switch (letter) {
      case 'n':
        return name.instance === '' ? `${name.prefix}@${ANY_NAME}.${name.type}` : name.full;
      case 'N':
        return name.instance === '' ? `${name.prefix}@${ANY_NAME}` : bare;
      case 'p':
        return name.prefix;
      case 'P':
        return unescapeUnitName(name.prefix);
      case 'i':
        return instance;
      case 'I':
        return instance === ANY_NAME ? ANY_NAME : unescapeUnitName(instance);
      case 'j':
        return last;
      case 'J':
        return unescapeUnitName(last);
      case 'f':
        return asPath(name.instance === undefined ? unescapeUnitName(name.prefix) : unescaped(instance));
      case 'd':
        return `/run/credentials/${name.full}`;
      case 'y':
        return path;
      case 'Y':
        return path?.slice(0, -nameOf(path).length - 1);
      default:
        return others(letter);
    }
  };
}

function unescaped(instance: string): string | undefined {
  return instance === ANY_NAME ? undefined : unescapeUnitName(instance);
}

function asPath(text: string | undefined): string | undefined {
  return text === undefined || text.startsWith('/') ? text : `/${text}`;
}
