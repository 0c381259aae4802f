import type { InstallFilter } from '../../ports/packages.ts';

/** The formats of dpkg's database: dpkg(1), deb-md5sums(5), deb-conffiles(5), dpkg.cfg(5), and lib/dpkg of its source. */

export interface Conffile {
  readonly path: string;
  /** Of what the package shipped; undefined while it is unpacked and not configured. */
  readonly md5: string | undefined;
  /** The package no longer ships it, or asks for its removal. */
  readonly obsolete: boolean;
}

export interface InstalledPackage {
  readonly name: string;
  readonly architecture: string;
  /** Removed but not purged: what remains is its configuration. */
  readonly removed: boolean;
  /** Not all of it need be there: half-installed, or waiting for its configuration. */
  readonly partial: boolean;
  readonly conffiles: readonly Conffile[];
}

export interface DpkgStatus {
  readonly packages: readonly InstalledPackage[];
  /** Entries without a name or a status that is known. */
  readonly malformed: number;
}

/** File names are bytes, and most of the rest is ASCII: every byte is one character. */
export function latin1(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1');
}

const wanted = /^(Package|Status|Architecture): *(.*)$/gm;
const conffileLine = /^ (\/.*?) ([0-9a-f]{32}|newconffile|-)((?: obsolete| remove-on-upgrade)*)$/;

export function parseStatus(bytes: Uint8Array): DpkgStatus {
  const text = latin1(bytes);
  const packages: InstalledPackage[] = [];
  let malformed = 0;
  for (let start = 0; start < text.length; ) {
    const blank = text.indexOf('\n\n', start);
    const end = blank < 0 ? text.length : blank + 1;
    const stanza = text.slice(start, end);
    start = end + 1;
    if (stanza.trim() === '') continue;
    const parsed = parseStanza(stanza);
    if (parsed === undefined) malformed++;
    else if (parsed !== 'not-installed') packages.push(parsed);
  }
  return { packages, malformed };
}

function parseStanza(stanza: string): InstalledPackage | 'not-installed' | undefined {
  const fields = new Map<string, string>();
  for (const [, field, value] of stanza.matchAll(wanted)) fields.set(field, value);
  const name = fields.get('Package');
  const state = fields.get('Status')?.split(' ')[2];
  if (name === undefined || name === '' || name.includes('/')) return undefined;
  switch (state) {
    case 'not-installed':
      return state;
    case 'installed':
    case 'triggers-awaited':
    case 'triggers-pending':
    case 'unpacked':
    case 'half-configured':
    case 'half-installed':
    case 'config-files':
      return {
        name,
        architecture: fields.get('Architecture') ?? '',
        removed: state === 'config-files',
        partial: state === 'half-installed',
        conffiles: parseConffiles(stanza, state === 'unpacked' || state === 'half-configured'),
      };
    default:
      return undefined;
  }
}

function parseConffiles(stanza: string, pending: boolean): Conffile[] {
  const conffiles: Conffile[] = [];
  const field = stanza.indexOf('\nConffiles:');
  if (field < 0) return conffiles;
  const first = stanza.indexOf('\n', field + 1) + 1;
  for (let start = first; start > 0 && stanza[start] === ' '; ) {
    const newline = stanza.indexOf('\n', start);
    const end = newline < 0 ? stanza.length : newline;
    const [, path, hash, flags] = conffileLine.exec(stanza.slice(start, end)) ?? [];
    if (path !== undefined) {
      // Until it is configured, what lies there may be the one of the version before.
      const md5 = pending || hash.length !== 32 ? undefined : hash;
      conffiles.push({ path, md5, obsolete: flags !== '' });
    }
    start = end + 1;
  }
  return conffiles;
}

/**
 * Where each line of a `.list` begins, and where the one after the last would; or what is wrong with the file.
 * Interrupted writes leave it empty, cut off, or full of zeroes.
 */
export function parseList(list: Uint8Array): { readonly starts: readonly number[] } | { readonly problem: string } {
  if (list.length === 0) return { problem: 'is empty' };
  if (list.includes(0)) return { problem: 'holds zero bytes' };
  if (list[list.length - 1] !== 0x0a) return { problem: 'is cut off' };
  const starts = [0];
  for (let at = 0; at < list.length; at++) if (list[at] === 0x0a) starts.push(at + 1);
  for (let i = 0; i < starts.length - 1; i++) if (list[starts[i]] !== 0x2f) return { problem: 'is malformed' };
  return { starts };
}

export interface Diversion {
  readonly from: string;
  readonly to: string;
  /** The package whose file stays; `:` where an administrator diverted everyone's. */
  readonly by: string;
}

/** Three lines each; undefined where they do not add up. */
export function parseDiversions(bytes: Uint8Array): Diversion[] | undefined {
  const lines = latin1(bytes).split('\n');
  if (lines.pop() !== '' || lines.length % 3 !== 0) return undefined;
  const diversions: Diversion[] = [];
  for (let i = 0; i < lines.length; i += 3) {
    const [from, to, by] = lines.slice(i, i + 3);
    if (!from.startsWith('/') || !to.startsWith('/')) return undefined;
    diversions.push({ from, to, by });
  }
  return diversions;
}

/** The path filters of a `dpkg.cfg`. */
export function parseFilters(bytes: Uint8Array): InstallFilter[] {
  const filters: InstallFilter[] = [];
  for (const [, kind, value] of latin1(bytes).matchAll(
    /^[ \t]*path-(in|ex)clude(?:[ \t]*=[ \t]*|[ \t]+)(.+?)[ \t]*$/gm,
  )) {
    filters.push({ include: kind === 'in', pattern: value.replace(/^"(.*)"$/, '$1') });
  }
  return filters;
}
