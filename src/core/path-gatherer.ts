import type { ChangeKind } from './change.ts';
import type { ClassCode } from './class-code.ts';
import type { Finding, Place, Sink } from './finding.ts';
import type { Listing } from './listing.ts';
import { join } from './rawpath.ts';
import type { MissingEntry } from './reference.ts';

export interface PathOptions {
  /** End each path with NUL and leave its bytes as they are; else a line, escaped where it would not be one. */
  readonly nul: boolean;
  /** Which findings are wanted. */
  readonly wants: (code: ClassCode, kind: ChangeKind) => boolean;
  /** The line of a path that is not plain ASCII. */
  readonly line: (path: string, nul: boolean) => Uint8Array;
  /** Takes a filled part of the output, whose memory is used again afterwards. */
  readonly write: (bytes: Uint8Array) => void;
}

const CHUNK = 64 * 1024;

/** Gives the path of each change as it is found, in the order of the walk; no string is made for a plain name. */
export class PathGatherer implements Sink {
  readonly needsSizes = false;
  readonly #options: PathOptions;
  readonly #terminator: number;
  readonly #plain: Uint8Array;
  #buffer = new Uint8Array(CHUNK);
  #at = 0;
  #place: Place | undefined;
  /** The place's path with a slash behind it; undefined where it is not plain. */
  #prefix: Uint8Array | undefined;

  constructor(options: PathOptions) {
    this.#options = options;
    this.#terminator = options.nul ? 0 : 0x0a;
    this.#plain = options.nul ? anything : printable;
  }

  directory(parent: Place, finding: Finding | undefined, listing: Listing, i: number): number {
    if (finding !== undefined) this.entry(parent, finding, listing, i);
    return 0;
  }

  mountPoint(): number {
    return 0;
  }

  entry(place: Place, finding: Finding, listing: Listing, i: number): void {
    if (!this.#options.wants(finding.code, finding.kind)) return;
    if (place !== this.#place) this.#enter(place);
    const prefix = this.#prefix;
    if (prefix === undefined || !this.#plainLine(prefix, listing, i)) this.#line(join(place.path, listing.name(i)));
  }

  missing(place: Place, finding: Finding, entry: MissingEntry): void {
    if (this.#options.wants(finding.code, finding.kind)) this.#line(join(place.path, entry.name));
  }

  flush(): void {
    if (this.#at > 0) this.#options.write(this.#buffer.subarray(0, this.#at));
    this.#at = 0;
  }

  #enter(place: Place): void {
    this.#place = place;
    const path = place.path === '/' ? '/' : `${place.path}/`;
    const prefix = new Uint8Array(path.length);
    for (let i = 0; i < path.length; i++) prefix[i] = path.charCodeAt(i);
    this.#prefix = prefix.every((byte) => this.#plain[byte] === 1) ? prefix : undefined;
  }

  /** False where the name is not plain: then nothing is written. */
  #plainLine(prefix: Uint8Array, listing: Listing, i: number): boolean {
    const { names } = listing;
    const start = listing.nameStart[i] as number;
    const end = listing.nameEnd[i] as number;
    const length = prefix.length + end - start + 1;
    if (this.#at + length > this.#buffer.length) this.#grow(length);
    const buffer = this.#buffer;
    const plain = this.#plain;
    buffer.set(prefix, this.#at);
    let to = this.#at + prefix.length;
    // Names are short: a loop costs less than a view for `set`.
    for (let at = start; at < end; at++) {
      const byte = names[at] as number;
      if (plain[byte] === 0) return false;
      buffer[to++] = byte;
    }
    buffer[to] = this.#terminator;
    this.#at = to + 1;
    return true;
  }

  #line(path: string): void {
    const line = this.#options.line(path, this.#options.nul);
    if (this.#at + line.length > this.#buffer.length) this.#grow(line.length);
    this.#buffer.set(line, this.#at);
    this.#at += line.length;
  }

  #grow(length: number): void {
    this.flush();
    if (length > this.#buffer.length) this.#buffer = new Uint8Array(length);
  }
}

/** Printable ASCII but the backslash, by which escapes begin: 1 for each byte that is. */
const printable = new Uint8Array(256).fill(1, 0x20, 0x7f);
printable[0x5c] = 0;
/** Ended by NUL, every name can stand as it is. */
const anything = new Uint8Array(256).fill(1);
