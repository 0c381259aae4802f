import { escapeOfC } from './words.ts';

export type UnitType =
  | 'service'
  | 'socket'
  | 'mount'
  | 'swap'
  | 'timer'
  | 'path'
  | 'target'
  | 'slice'
  | 'scope'
  | 'device'
  | 'automount';

const types: ReadonlySet<string> = new Set<UnitType>([
  ...(['service', 'socket', 'mount', 'swap', 'timer', 'path', 'target', 'slice', 'scope'] as const),
  ...(['device', 'automount'] as const),
]);

/** The name of a unit, taken apart: `foo-bar@baz.service`. Byte strings. */
export interface UnitName {
  readonly full: string;
  /** `foo-bar` */
  readonly prefix: string;
  /** `baz`; empty of a template, `foo@.service`; undefined where there is no `@`. */
  readonly instance: string | undefined;
  readonly type: UnitType;
}

/** undefined where it is no name of a unit. */
export function parseUnitName(full: string): UnitName | undefined {
  const dot = full.lastIndexOf('.');
  const type = full.slice(dot + 1);
  if (dot <= 0 || full.length > 255 || !types.has(type) || !/^[\w:.\\@-]+$/.test(full)) return undefined;
  const at = full.indexOf('@');
  if (at === 0) return undefined;
  const isPlain = at < 0 || at > dot;
  const prefix = full.slice(0, isPlain ? dot : at);
  return { full, prefix, instance: isPlain ? undefined : full.slice(at + 1, dot), type: type as UnitType };
}

export function isTemplate({ instance }: UnitName): boolean {
  return instance === '';
}

/** `foo@.service` of `foo@bar.service`; undefined where it is no instance. */
export function templateOf({ prefix, instance, type }: UnitName): string | undefined {
  return instance === undefined || instance === '' ? undefined : `${prefix}@.${type}`;
}

/** `foo-bar` of `foo\x2dbar`, and `foo/bar` of `foo-bar`. */
export function unescapeUnitName(text: string): string | undefined {
  const slashed = text.replaceAll('-', '/');
  if (!slashed.includes('\\')) return slashed;
  let result = '';
  for (let at = 0; at < slashed.length; at++) {
    const character = slashed.charAt(at);
    if (character !== '\\') {
      result += character;
      continue;
    }
    const sequence = slashed.charAt(at + 1) === 'x' ? escapeOfC(slashed, at + 1) : undefined;
    if (sequence === undefined) return undefined;
    result += sequence.text;
    at = sequence.end - 1;
  }
  return result;
}

/**
 * The names whose drop-in directories a unit takes part in, the closest first: its own, that of its template, and
 * those of its name cut off after each dash. Not that of its type, which comes after all directories of units.
 */
export function dropInNames({ full, prefix, instance, type }: UnitName): string[] {
  const cuts: string[] = [];
  for (let cut = cutPrefix(prefix); cut !== undefined; cut = cutPrefix(cut)) cuts.push(cut);
  const plain = cuts.map((cut) => `${cut}.${type}`);
  // Of a template the shorter names have no `@`; so they come before those of the instance, which is one of it.
  if (instance === undefined || instance === '') return [full, ...plain];
  const ofInstance = cuts.flatMap((cut) => [`${cut}@${instance}.${type}`, `${cut}@.${type}`]);
  return [full, `${prefix}@.${type}`, ...plain, ...ofInstance];
}

/** `foo-` of `foo-bar` and of `foo-bar-`; undefined where nothing is left to be cut off. */
function cutPrefix(prefix: string): string | undefined {
  const last = prefix.lastIndexOf('-');
  if (last <= 0) return undefined;
  if (last < prefix.length - 1) return prefix.slice(0, last + 1);
  const before = prefix.lastIndexOf('-', last - 1);
  return before <= 0 ? undefined : prefix.slice(0, before + 1);
}
