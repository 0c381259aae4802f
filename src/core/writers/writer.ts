/**
 * Who writes, as a person knows it. Names are byte strings.
 * - `unit`: a service of the system; `user-unit`: of a user's own service manager, `user` says whose.
 * - `application`: a program that a user's desktop started.
 * - `container`: by its name, or its id where nobody knows that; `user` where it is a user's.
 * - `session`: a program in somebody's login session. `process`: a program outside of all of these.
 * - `unknown`: nobody saw who it was. `others`: many that wrote little, summed up.
 */
export interface Writer {
  readonly kind: WriterKind;
  /** Of a session or a process, the name of the program; empty for `unknown` and `others`. */
  readonly name: string;
  readonly user: string | undefined;
}

export const writerKinds = [
  ...(['unit', 'user-unit', 'application', 'container', 'session', 'process', 'unknown', 'others'] as const),
] as const;
export type WriterKind = (typeof writerKinds)[number];

export const unknownWriter: Writer = { kind: 'unknown', name: '', user: undefined };
export const otherWriters: Writer = { kind: 'others', name: '', user: undefined };

/** Equal for equal writers. */
export function writerKey({ kind, name, user }: Writer): string {
  return `${kind}/${user ?? ''}/${name}`;
}

/** `forgejo.service`, `firefox of josh`, `container web`, `bash (session of josh)`: a byte string. */
export function writerText({ kind, name, user }: Writer): string {
  const whose = user === undefined ? '' : ` of ${user}`;
  switch (kind) {
    case 'unit':
      return name;
    case 'user-unit':
    case 'application':
      return name + whose;
    case 'container':
      return `container ${name}${whose}`;
    case 'session':
      return `${name} (session${whose})`;
    case 'process':
      return `${name} (no unit)`;
    case 'unknown':
      return 'not seen who';
    case 'others':
      return 'many others';
  }
}

/** What a control group says of the processes in it. */
export type CgroupPlace =
  | { readonly kind: 'unit'; readonly name: string }
  | { readonly kind: 'user-unit' | 'application'; readonly name: string; readonly uid: number }
  | {
      readonly kind: 'container';
      /** What runs it, as far as its name says: `podman`, `docker`, `machine`, `lxc`, `kubernetes`. */
      readonly engine: string;
      /** An id, or a name where it is one. */
      readonly id: string;
      readonly uid: number | undefined;
    }
  /** The name of the program tells more than that of the group. */
  | { readonly kind: 'session'; readonly uid: number | undefined }
  | { readonly kind: 'none' };

/** Engines name the groups of their containers so; what is in the parentheses is the id or name. */
const containers: readonly (readonly [engine: string, form: RegExp])[] = [
  ['podman', /^libpod(?:-payload)?-([0-9a-f]{64})(?:\.scope)?$/],
  ['docker', /^docker-([0-9a-f]{64})\.scope$/],
  ['kubernetes', /^(?:cri-containerd|crio|cri-o)-([0-9a-f]{64})\.scope$/],
  ['lxc', /^lxc\.payload\.(.+)$/],
  ['machine', /^machine-(.+)\.scope$/],
  ['machine', /^(?:systemd-nspawn|container)@(.+)\.service$/],
];

/**
 * What the path of a control group, from the top of its hierarchy, says: as systemd and the engines of containers name
 * them. The outermost container counts, and else the unit whose processes these are, of whichever manager.
 */
export function placeOfCgroup(path: string): CgroupPlace {
  const parts = path.split('/').filter((part) => part !== '');
  let uid: number | undefined;
  for (let i = 0; i < parts.length; i++) {
    const part = parts[i] as string;
    const manager = /^user@(\d+)\.service$/.exec(part)?.[1];
    const [engine, id] = containerIn(part, parts[i - 1]);
    if (engine !== undefined && id !== undefined) return { kind: 'container', engine, id, uid };
    const slice = /^user-(\d+)\.slice$/.exec(part)?.[1];
    if (slice !== undefined) uid = Number(slice);
    // The user's own service manager: its units are below; it itself is in one of no name of its own.
    if (manager !== undefined) {
      uid = Number(manager);
      const inner = parts.slice(i + 1).some((one) => /\.(service|scope)$/.test(one) && one !== 'init.scope');
      if (!inner) return { kind: 'unit', name: part };
      continue;
    }
    if (part.endsWith('.service')) {
      if (uid === undefined) return { kind: 'unit', name: unescapedUnit(part) };
      const application = applicationIn(part);
      if (application !== undefined) return { kind: 'application', name: application, uid };
      return { kind: 'user-unit', name: unescapedUnit(part), uid };
    }
    if (part.endsWith('.scope')) return ofScope(part, parts[i + 1], uid);
    if (/\.(socket|mount|swap)$/.test(part)) return { kind: 'unit', name: unescapedUnit(part) };
  }
  return uid === undefined ? { kind: 'none' } : { kind: 'session', uid };
}

function containerIn(part: string, parent: string | undefined): [engine: string, id: string] | [] {
  for (const [engine, form] of containers) {
    const id = form.exec(part)?.[1];
    if (id !== undefined) return [engine, engine === 'machine' ? unescapedUnit(id) : id];
  }
  // Without systemd, docker and podman make directories of their own.
  if (parent === 'docker' && /^[0-9a-f]{64}$/.test(part)) return ['docker', part];
  if (parent === 'lxc') return ['lxc', part];
  return [];
}

function ofScope(part: string, below: string | undefined, uid: number | undefined): CgroupPlace {
  if (part === 'init.scope') return { kind: 'none' };
  const application = applicationIn(part);
  // A terminal gives each of its tabs a scope: what runs there is the user's own doing.
  if (uid !== undefined && application !== undefined && below === undefined) {
    return { kind: 'application', name: application, uid };
  }
  return uid === undefined && !part.startsWith('session-')
    ? { kind: 'unit', name: unescapedUnit(part) }
    : { kind: 'session', uid };
}

/** The desktops' rule: `app[-LAUNCHER]-ID-RANDOM.scope`, `app[-LAUNCHER]-ID[@RANDOM].service`; in ID no plain `-`. */
function applicationIn(part: string): string | undefined {
  const [, words] = /^app-(.+?)(?:-[^-.]+\.scope|(?:@[^@]*)?\.service)$/.exec(part) ?? [];
  return words === undefined ? undefined : unescapedUnit(words.slice(words.lastIndexOf('-') + 1));
}

/** `\x2d` in the name of a unit is a byte. */
function unescapedUnit(name: string): string {
  return name.replace(/\\x([0-9a-f]{2})/g, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 16)));
}

/**
 * The path that /proc/PID/cgroup names: of the unified hierarchy, or of systemd's own where that one has nothing to say,
 * as on machines that still have both. undefined where there is neither.
 */
export function cgroupPathIn(text: string): string | undefined {
  let named: string | undefined;
  let unified: string | undefined;
  for (const line of text.split('\n')) {
    const [, controllers, path] = /^\d+:([^:]*):(.*)$/.exec(line) ?? [];
    if (controllers === '') unified = path;
    else if (controllers === 'name=systemd') named = path;
  }
  const said = unified === undefined || (unified === '/' && named !== undefined) ? named : unified;
  return said?.replace(/ \(deleted\)$/, '');
}
