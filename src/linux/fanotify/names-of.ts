import { readFileSync } from 'node:fs';

/** Larger ones are not looked into: names are not worth it. */
const LARGEST = 4 * 1024 * 1024;
/** Of an id of 64 digits, as the engines themselves show it. */
const SHORT = 12;

/** Users and containers by the numbers and ids that the kernel knows them by. Names are byte strings. */
export class NamesOf {
  readonly #users = new Map<number, Account>();
  readonly #containers = new Map<string, string>();
  readonly #root: string;

  /** `root`: where the files of the machine lie, with no slash at its end. */
  constructor(root = '') {
    this.#root = root;
  }

  /** `uid 1000` where /etc/passwd has no such user. */
  user(uid: number): string {
    return this.#account(uid)?.name ?? `uid ${uid}`;
  }

  /** By what its engine wrote down; the beginning of its id where that is nowhere, or `engine` has no such names. */
  container(engine: string, id: string, uid: number | undefined): string {
    const key = `${engine} ${id}`;
    let name = this.#containers.get(key);
    if (name === undefined) {
      name = this.#nameOf(engine, id, uid) ?? (/^[0-9a-f]{64}$/.test(id) ? id.slice(0, SHORT) : id);
      if (this.#containers.size >= 1024) this.#containers.clear();
      this.#containers.set(key, name);
    }
    return name;
  }

  #nameOf(engine: string, id: string, uid: number | undefined): string | undefined {
    const home = uid === undefined ? undefined : this.#account(uid)?.home;
    switch (engine) {
      case 'podman': {
        const storage = uid === undefined ? '/var/lib/containers' : `${home}/.local/share/containers`;
        const files = ['containers.json', 'volatile-containers.json'];
        return files
          .map((file) => podmanName(jsonOf(`${this.#root}${storage}/storage/overlay-containers/${file}`), id))
          .find((name) => name !== undefined);
      }
      case 'docker': {
        const storage = uid === undefined ? '/var/lib/docker' : `${home}/.local/share/docker`;
        const facts = jsonOf(`${this.#root}${storage}/containers/${id}/config.v2.json`);
        const name = fieldOf(facts, 'Name');
        return typeof name === 'string' ? name.replace(/^\//, '') : undefined;
      }
      default:
        return undefined;
    }
  }

  #account(uid: number): Account | undefined {
    if (!this.#users.has(uid)) {
      const lines = textOf(`${this.#root}/etc/passwd`)?.split('\n') ?? [];
      for (const line of lines) {
        const [name, , number, , , home] = line.split(':');
        if (number === String(uid) && name !== undefined) this.#users.set(uid, { name, home: home ?? '/' });
      }
    }
    return this.#users.get(uid);
  }
}

interface Account {
  readonly name: string;
  readonly home: string;
}

function podmanName(containers: unknown, id: string): string | undefined {
  if (!Array.isArray(containers)) return undefined;
  const names: unknown = fieldOf(
    containers.find((container: unknown) => fieldOf(container, 'id') === id),
    'names',
  );
  const first: unknown = Array.isArray(names) ? names[0] : undefined;
  return typeof first === 'string' ? first : undefined;
}

function fieldOf(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>)[name] : undefined;
}

function jsonOf(path: string): unknown {
  const text = textOf(path);
  try {
    return text === undefined ? undefined : JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** As bytes. */
function textOf(path: string): string | undefined {
  try {
    const bytes = readFileSync(Buffer.from(path, 'latin1'));
    return bytes.length > LARGEST ? undefined : bytes.toString('latin1');
  } catch {
    return undefined;
  }
}
