/** No entry that journalctl(1) writes is longer, as it leaves out fields of more than 4 KiB. */
const LONGEST_LINE = 1024 * 1024;
const NEWLINE = 0x0a;

/** Takes lines, as byte strings, out of what comes in pieces. It keeps one line, and none that is too long. */
export class Lines {
  /** Lines that were too long. */
  skipped = 0;
  readonly #take: (line: string) => void;
  #pending: Buffer[] = [];
  #length = 0;
  #skipping = false;

  constructor(take: (line: string) => void) {
    this.#take = take;
  }

  push(piece: Buffer): void {
    let start = 0;
    for (let end = piece.indexOf(NEWLINE); end >= 0; end = piece.indexOf(NEWLINE, start)) {
      this.#end(piece.subarray(start, end));
      start = end + 1;
    }
    this.#keep(piece.subarray(start));
  }

  /** What is left is a line that its writer did not end. */
  end(): { readonly unfinished: boolean } {
    const unfinished = this.#length > 0 || this.#skipping;
    this.#pending = [];
    this.#length = 0;
    return { unfinished };
  }

  #end(last: Buffer): void {
    this.#keep(last);
    if (this.#skipping) this.skipped++;
    else if (this.#length > 0) {
      const [only] = this.#pending;
      const line = this.#pending.length === 1 && only !== undefined ? only : Buffer.concat(this.#pending);
      this.#take(line.toString('latin1'));
    }
    this.#skipping = false;
    this.#pending = [];
    this.#length = 0;
  }

  #keep(part: Buffer): void {
    if (part.length === 0 || this.#skipping) return;
    this.#length += part.length;
    if (this.#length > LONGEST_LINE) {
      this.#skipping = true;
      this.#pending = [];
      this.#length = 0;
      return;
    }
    this.#pending.push(part);
  }
}
