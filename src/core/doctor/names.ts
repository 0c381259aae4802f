/** Names and numbers of users or groups, as `/etc/passwd` and `/etc/group` have them: byte strings. */
export class Names {
  readonly #byName = new Map<string, number>();
  readonly #byNumber = new Map<number, string>();

  constructor(text: string) {
    for (const line of text.split('\n')) {
      const [name = '', , number = ''] = line.split(':');
      if (name === '' || !/^\d{1,10}$/.test(number)) continue;
      // As getpwnam(3) and getpwuid(3), which take the first.
      if (!this.#byName.has(name)) this.#byName.set(name, Number(number));
      if (!this.#byNumber.has(Number(number))) this.#byNumber.set(Number(number), name);
    }
  }

  get isEmpty(): boolean {
    return this.#byName.size === 0;
  }

  numberOf(name: string): number | undefined {
    return this.#byName.get(name);
  }

  nameOf(number: number): string | undefined {
    return this.#byNumber.get(number);
  }

  /** `forgejo`, or the number where it has no name. */
  shown(number: number): string {
    return this.#byNumber.get(number) ?? String(number);
  }

  /** Those whose number was another one before. */
  movedSince(before: Names): { readonly name: string; readonly was: number; readonly is: number }[] {
    return [...this.#byName].flatMap(([name, is]) => {
      const was = before.#byName.get(name);
      return was === undefined || was === is ? [] : [{ name, was, is }];
    });
  }
}

/** Users and groups of a root. */
export interface Accounts {
  readonly users: Names;
  readonly groups: Names;
}

/** Given out and taken back by systemd (DynamicUser=, containers) and by user namespaces, or nobody's. */
export function isPassingNumber(number: number): boolean {
  return (number >= 61_184 && number <= 65_519) || number >= 65_534;
}
