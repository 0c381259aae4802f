import type { Listing } from '../../core/listing.ts';

/** The columns of a `Listing`; where they are filled from is up to the subclass. */
export abstract class EntryColumns implements Listing {
  count = 0;
  abstract readonly names: Uint8Array;
  readonly nameStart: Uint32Array;
  readonly nameEnd: Uint32Array;
  readonly type: Uint8Array;
  readonly device: Float64Array;
  readonly inode: Float64Array;
  readonly mode: Uint16Array;
  readonly uid: Uint32Array;
  readonly gid: Uint32Array;
  readonly links: Uint32Array;
  readonly size: Float64Array;
  readonly allocated: Float64Array;
  readonly mtimeSec: Float64Array;
  readonly mtimeNsec: Uint32Array;
  readonly ctimeSec: Float64Array;
  readonly ctimeNsec: Uint32Array;
  readonly birthSec: Float64Array;
  /** 0 not asked yet, 1 filled, 2 gone. */
  protected readonly statted: Uint8Array;

  protected constructor(capacity: number) {
    this.nameStart = new Uint32Array(capacity);
    this.nameEnd = new Uint32Array(capacity);
    this.type = new Uint8Array(capacity);
    this.device = new Float64Array(capacity);
    this.inode = new Float64Array(capacity);
    this.mode = new Uint16Array(capacity);
    this.uid = new Uint32Array(capacity);
    this.gid = new Uint32Array(capacity);
    this.links = new Uint32Array(capacity);
    this.size = new Float64Array(capacity);
    this.allocated = new Float64Array(capacity);
    this.mtimeSec = new Float64Array(capacity);
    this.mtimeNsec = new Uint32Array(capacity);
    this.ctimeSec = new Float64Array(capacity);
    this.ctimeNsec = new Uint32Array(capacity);
    this.birthSec = new Float64Array(capacity);
    this.statted = new Uint8Array(capacity);
  }

  stat(i: number): boolean {
    const known = this.statted[i];
    if (known !== 0) return known === 1;
    const found = this.fill(i);
    this.statted[i] = found ? 1 : 2;
    return found;
  }

  abstract readLink(i: number): string | undefined;
  abstract name(i: number): string;
  /** Fills every column of entry `i`; false where it is gone. */
  protected abstract fill(i: number): boolean;
}
