/**
 * File names are bytes. A `RawPath` (or `RawName`, one component of it) holds them as a *byte string*: a
 * JavaScript string in which every character code is one byte, 0 to 255. Such strings are compact, immutable,
 * usable as map keys, and compare with `<` in byte order. They are never text: `textOf` says what to show a
 * person, `rawFromText` takes what a person typed.
 */
declare const brand: unique symbol;
export type RawName = string & { readonly [brand]: 'RawName' };
/** Absolute in the root that is examined: `/`, or `/a/b` without a trailing slash. */
export type RawPath = string & { readonly [brand]: 'RawPath' };

export const ROOT = '/' as RawPath;

const encoder = new TextEncoder();
/** Made when first needed: most machines have no name that is not ASCII. */
let strictDecoder: InstanceType<typeof TextDecoder> | undefined;

/** The byte string of `bytes[start, end)`. */
export function rawFromBytes(bytes: Uint8Array, start = 0, end = bytes.length): string {
  let raw = '';
  // Chunked: a spread of more than some 100,000 arguments overflows the stack.
  for (let at = start; at < end; at += 8192) {
    raw += String.fromCharCode(...bytes.subarray(at, Math.min(end, at + 8192)));
  }
  return raw;
}

export function bytesOf(raw: string): Uint8Array {
  const bytes = new Uint8Array(raw.length);
  for (let i = 0; i < raw.length; i++) bytes[i] = raw.charCodeAt(i);
  return bytes;
}

/** The bytes of a text that a person typed or a UTF-8 file holds. */
export function rawFromText(text: string): string {
  return isAscii(text) ? text : rawFromBytes(encoder.encode(text));
}

/** The text that these bytes are in UTF-8; undefined where they are not valid UTF-8. */
export function textOf(raw: string): string | undefined {
  if (isAscii(raw)) return raw;
  try {
    strictDecoder ??= new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
    return strictDecoder.decode(bytesOf(raw));
  } catch {
    return undefined;
  }
}

function isAscii(text: string): boolean {
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) > 0x7f) return false;
  return true;
}

/** True where `path` is `prefix` or lies below it: `/var/lib/a` covers `/var/lib/a/b`, never `/var/lib/a-old`. */
export function covers(prefix: string, path: string): boolean {
  if (prefix === '/') return path.startsWith('/');
  return path.startsWith(prefix) && (path.length === prefix.length || path.charCodeAt(prefix.length) === 0x2f);
}

export function join(directory: RawPath, name: string): RawPath {
  return (directory === '/' ? `/${name}` : `${directory}/${name}`) as RawPath;
}

/** The directory that holds `path`; `/` for `/`. */
export function parentOf(path: RawPath): RawPath {
  const slash = path.lastIndexOf('/');
  return (slash <= 0 ? '/' : path.slice(0, slash)) as RawPath;
}

/** The last component; empty for `/`. */
export function nameOf(path: RawPath): RawName {
  return path.slice(path.lastIndexOf('/') + 1) as RawName;
}

export function componentsOf(path: string): RawName[] {
  return path.split('/').filter((component) => component !== '') as RawName[];
}

/**
 * The absolute path that `target` names as seen from `directory`, by its spelling alone: `.`, `..` and doubled
 * slashes are resolved, symlinks are not followed.
 */
export function resolveLexically(directory: RawPath, target: string): RawPath {
  const components = target.startsWith('/') ? [] : componentsOf(directory).map(String);
  for (const component of target.split('/')) {
    if (component === '' || component === '.') continue;
    if (component === '..') components.pop();
    else components.push(component);
  }
  return `/${components.join('/')}` as RawPath;
}

/** `path`, which lies at or below `from`, moved to lie at or below `to`. */
export function rebase(path: RawPath, from: RawPath, to: RawPath): RawPath {
  const rest = from === '/' ? path.slice(1) : path.slice(from.length + 1);
  return rest === '' ? to : join(to, rest);
}

export function compareRaw(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
