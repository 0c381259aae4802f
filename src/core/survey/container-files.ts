import { covers, type RawPath, ROOT, rawFromText, resolveLexically } from '../rawpath.ts';

/** What a container engine writes down about its containers. Names are byte strings, as paths are. */
export interface ReadContainer {
  readonly id: string;
  readonly name: string;
  readonly image: string | undefined;
}

export interface ReadMount {
  readonly kind: 'volume' | 'bind';
  readonly name: string | undefined;
  readonly source: RawPath;
  readonly destination: string;
  readonly readOnly: boolean;
}

type Fields = Readonly<Record<string, unknown>>;

/** `containers.json` of containers-storage (podman, buildah, CRI-O): undefined where it is none. */
export function readContainersJson(text: string): ReadContainer[] | undefined {
  const value = parsed(text);
  if (!Array.isArray(value)) return undefined;
  return value.flatMap((container: unknown) => {
    const { id, names, image, metadata } = fieldsOf(container);
    if (typeof id !== 'string' || !/^[0-9a-zA-Z_-]{1,255}$/.test(id)) return [];
    const told = typeof metadata === 'string' ? fieldsOf(parsed(metadata)) : {};
    const name = textIn(Array.isArray(names) ? (names[0] as unknown) : undefined) ?? id.slice(0, 12);
    return [{ id, name, image: textIn(told['image-name']) ?? textIn(image) }];
  });
}

/**
 * The mounts of the container `id` in the `config.json` of its bundle (the OCI runtime specification): those that are not
 * the engine's own, such as its hosts and its shared memory. What lies in `volumes` is a volume.
 */
export function readOciMounts(text: string, volumes: RawPath, id: string): ReadMount[] | undefined {
  const { mounts } = fieldsOf(parsed(text));
  if (!Array.isArray(mounts)) return undefined;
  return mounts.flatMap((mount: unknown) => {
    const { type, source, destination, options } = fieldsOf(mount);
    const from = pathIn(source);
    const to = textIn(destination);
    if (type !== 'bind' || from === undefined || to === undefined) return [];
    // In its bundle, or in what is of the same name in the runtime directory.
    if (from.includes(`/${id}/userdata/`) || kernelsOwn.some((directory) => covers(directory, from))) return [];
    const readOnly = Array.isArray(options) && options.includes('ro');
    return [mountOf(from, to, readOnly, volumes)];
  });
}

const kernelsOwn = ['/proc', '/sys', '/dev'];

/** The name of the volume that the path is the content of: `DIRECTORY/NAME/_data`. */
function volumeOf(path: RawPath, volumes: RawPath): string | undefined {
  if (!path.startsWith(`${volumes}/`)) return undefined;
  const [name, content] = path.slice(volumes.length + 1).split('/');
  return content === '_data' ? name : undefined;
}

function mountOf(source: RawPath, destination: string, readOnly: boolean, volumes: RawPath): ReadMount {
  const name = volumeOf(source, volumes);
  return { kind: name === undefined ? 'bind' : 'volume', name, source, destination, readOnly };
}

/** `config.v2.json` of docker: undefined where it is none. */
export function readDockerConfig(
  text: string,
): (ReadContainer & { readonly mounts: readonly ReadMount[] }) | undefined {
  const { ID, Name, Config, MountPoints } = fieldsOf(parsed(text));
  const id = textIn(ID);
  if (id === undefined) return undefined;
  const mounts = Object.values(fieldsOf(MountPoints)).flatMap((mount): ReadMount[] => {
    const { Type, Name: volume, Source, Destination, RW } = fieldsOf(mount);
    const source = pathIn(Source);
    const destination = textIn(Destination);
    if (source === undefined || destination === undefined || (Type !== 'bind' && Type !== 'volume')) return [];
    return [
      { kind: Type, name: Type === 'volume' ? textIn(volume) : undefined, source, destination, readOnly: RW === false },
    ];
  });
  const name = textIn(Name)?.replace(/^\//, '') ?? id.slice(0, 12);
  return { id, name, image: textIn(fieldsOf(Config)['Image']), mounts };
}

/** Where docker keeps its data, as its `daemon.json` says. */
export function dataRootOf(text: string): RawPath | undefined {
  const { 'data-root': root, graph } = fieldsOf(parsed(text));
  return pathIn(root) ?? pathIn(graph);
}

/** `graphroot` of a `storage.conf` of containers-storage, where it is written out. */
export function graphRootOf(text: string): RawPath | undefined {
  const [, path] = /^[ \t]*graphroot[ \t]*=[ \t]*"(\/[^"\n]*)"/m.exec(text) ?? [];
  return path === undefined ? undefined : resolveLexically(ROOT, path);
}

/** The binds of a NixOS container, which `EXTRA_NSPAWN_FLAGS` of its file in /etc/nixos-containers has. */
export function readNixosContainer(text: string): readonly ReadMount[] {
  const [, quoted] = /^EXTRA_NSPAWN_FLAGS=(.*)$/m.exec(text) ?? [];
  return (quoted ?? '')
    .replace(/^"|"$/g, '')
    .split(/\s+/)
    .flatMap((flag) => {
      const [, readOnly, value = ''] = /^--bind(-ro)?=(.+)$/.exec(flag) ?? [];
      return bindOf(value, readOnly !== undefined);
    });
}

/** The binds of a systemd.nspawn(5) file. */
export function readNspawnFile(text: string): readonly ReadMount[] {
  return text.split('\n').flatMap((line) => {
    const [, readOnly, value = ''] = /^Bind(ReadOnly)?[ \t]*=[ \t]*(.+?)[ \t]*$/.exec(line) ?? [];
    return bindOf(value, readOnly !== undefined);
  });
}

/** `SOURCE[:DESTINATION[:OPTIONS]]`, as systemd-nspawn(1) takes it; a colon in a path has a backslash before it. */
function bindOf(value: string, readOnly: boolean): ReadMount[] {
  const [from = '', to] = value.split(/(?<!\\):/).map((word) => word.replaceAll('\\:', ':').replaceAll('\\\\', '\\'));
  // `+` is a path in the container, `-` one that may lack.
  const source = from.replace(/^-/, '');
  if (!source.startsWith('/')) return [];
  return [
    { kind: 'bind', name: undefined, source: resolveLexically(ROOT, source), destination: to ?? source, readOnly },
  ];
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function fieldsOf(value: unknown): Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : {};
}

/** No path of the kernel's, and so no name, is as long. */
const LONGEST = 4096;

function textIn(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' && value.length < LONGEST ? rawFromText(value) : undefined;
}

function pathIn(value: unknown): RawPath | undefined {
  const text = textIn(value);
  return text?.startsWith('/') && !text.includes('\0') ? resolveLexically(ROOT, text) : undefined;
}
