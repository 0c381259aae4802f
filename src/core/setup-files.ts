import type { AtShutdown } from './configuration.ts';
import type { RawPath } from './rawpath.ts';
import type { Layout } from './setup.ts';
import { enablingLinks, mountUnitName } from './systemd-unit.ts';

/** A file of ebb's own, by its path in `boot/`. */
export interface ShippedFile {
  readonly name: string;
  readonly content: string;
  readonly isExecutable: boolean;
}

/**
 * One thing that `init` puts on the machine. `persistence`: it puts persisted paths in place, whether the root is reset
 * or not.
 */
export type Wanted = { readonly path: RawPath; readonly part: 'reset' | 'persistence' } & (
  | { readonly kind: 'file'; readonly content: string; readonly mode: number }
  | { readonly kind: 'link'; readonly target: string }
);

const UNITS = '/etc/systemd/system';
const SCRIPTS = '/usr/lib/ebb';
const DRACUT_MODULE = '/usr/lib/dracut/modules.d/90ebb';
/** Where the top level is mounted for a storage that is a directory of it. */
const TOP_LEVEL = '/run/ebb/storage';
/** What the initrd runs. */
const INITRD_SCRIPTS = ['reset-root', 'is-hibernated', 'mount-root'];
const PERSIST_SCRIPT = 'persist-paths';
/** At its end, what was copied is copied once more, as long as no reset has been. */
export const COPY_UNIT = 'ebb-copy-again.service';
const HOLD_UNIT = 'ebb-hold-shutdown.service';
/** What is there to be enabled by whoever wants it: it costs something all the time. */
const WATCH_UNIT = 'ebb-watch.service';
/** What a person adds to the initrd of a machine whose tools ebb does not know, as it lies there. */
export const OVERLAY = `${SCRIPTS}/initrd`;
/** Where ebb's own settings lie; always persisted. */
export const OWN_DIRECTORY = '/etc/ebb' as RawPath;
export const SETTINGS = '/etc/ebb/reset.env';
export const TABLE = '/etc/ebb/persisted-paths' as RawPath;

export interface SetupOptions {
  readonly atShutdown: AtShutdown;
  /** What `ebb` on the path is to lead to; undefined where it is there. */
  readonly ebbLink: RawPath | undefined;
  /** For `boot/persist-paths`. */
  readonly table: string;
  /** `/etc/ebb/config.toml`; undefined where there is one. */
  readonly configuration: string | undefined;
}

/** All of it, as it is to be on the root. */
export function setupFiles(layout: Layout, shipped: readonly ShippedFile[], options: SetupOptions): Wanted[] {
  const files: Wanted[] = [
    ...settingsFiles(layout, options),
    ...shipped.flatMap((one): Wanted[] => placesOf(one, layout, options)),
    ...(layout.mountsStorage ? storageUnits(layout) : []),
  ];
  if (layout.target === 'dracut') {
    files.push(file('/etc/dracut.conf.d/90-ebb.conf', 'add_dracutmodules+=" ebb "\n'));
  }
  if (layout.target === 'systemd-initrd') files.push(...overlayExtras(layout));
  if (options.ebbLink !== undefined) {
    files.push({ kind: 'link', path: '/usr/local/bin/ebb' as RawPath, part: 'persistence', target: options.ebbLink });
  }
  return files;
}

function file(path: string, content: string, part: Wanted['part'] = 'reset', mode = 0o644): Wanted {
  return { kind: 'file', path: path as RawPath, part, content, mode };
}

function settingsFiles(layout: Layout, { table, configuration }: SetupOptions): Wanted[] {
  return [
    ...(configuration === undefined ? [] : [file('/etc/ebb/config.toml', configuration, 'persistence')]),
    file(SETTINGS, settingsText(layout)),
    file(TABLE, table, 'persistence'),
  ];
}

/** Single-quoted words: layoutOf() lets no quote in. */
function settingsText(layout: Layout): string {
  const settings: [string, string][] = [
    ['FILESYSTEM', layout.filesystem],
    ['DEVICE', layout.device],
    ...(layout.filesystem === 'directory' ? [['TYPE', layout.type] as [string, string]] : []),
    ['ROOT', layout.root],
    ['OLD_ROOTS', layout.oldRoots],
    ['BLANK', layout.blank],
    // Of another filesystem nothing is seen at the top level: `init` has armed the first reset.
    ['STORAGE', layout.storageAt ?? '@persist'],
    ['ON_FAILURE', layout.onFailure],
  ];
  const lines = settings.map(([name, value]) => `EBB_${name}='${value}'\n`);
  return `# Written by ebb init, for /usr/lib/ebb/reset-root in the initrd.\n${lines.join('')}`;
}

function placesOf({ name, content, isExecutable }: ShippedFile, layout: Layout, options: SetupOptions): Wanted[] {
  const mode = isExecutable ? 0o755 : 0o644;
  const base = name.slice(name.lastIndexOf('/') + 1);
  const { target } = layout;
  if (!name.includes('/')) {
    const part = name === PERSIST_SCRIPT ? 'persistence' : 'reset';
    const inInitrd = target === 'systemd-initrd' && INITRD_SCRIPTS.includes(name);
    const copies = inInitrd ? [file(`${OVERLAY}${SCRIPTS}/${name}`, content, 'reset', mode)] : [];
    return [file(`${SCRIPTS}/${name}`, content, part, mode), ...copies];
  }
  if (name.startsWith('units/system/')) {
    if (base === HOLD_UNIT && options.atShutdown !== 'block') return [];
    if (base.startsWith('ebb-check-shutdown.') && options.atShutdown === 'nothing') return [];
    const own = content.replace(/\/persist(?=[\s/]|$)/gm, layout.storage);
    // Beside the units, directories with additions to others.
    const part = base.startsWith('ebb-persist.') ? 'persistence' : 'reset';
    if (base === WATCH_UNIT) return [file(`${UNITS}/${base}`, own)];
    return enabled(name.slice('units/system/'.length), own, part);
  }
  if (name.startsWith('units/initrd/')) {
    if (target === 'dracut') return [file(`${DRACUT_MODULE}/${base}`, content, 'reset', mode)];
    return target === 'systemd-initrd' ? [file(`${OVERLAY}/usr/lib/systemd/system/${base}`, content)] : [];
  }
  if (name.startsWith('dracut/90ebb/') && target === 'dracut') {
    return [file(`${DRACUT_MODULE}/${base}`, content, 'reset', mode)];
  }
  if (name.startsWith('initramfs-tools/') && target === 'initramfs-tools') {
    return [file(`/etc/${name}`, content, 'reset', mode)];
  }
  return [];
}

/** A unit with the links that enable it. */
function enabled(name: string, content: string, part: Wanted['part']): Wanted[] {
  const links = enablingLinks(name, content).map(
    (link): Wanted => ({ kind: 'link', path: `${UNITS}/${link}` as RawPath, part, target: `../${name}` }),
  );
  return [file(`${UNITS}/${name}`, content, part), ...links];
}

/** What mounts persistent storage, as a line of fstab would: a boot without it stops. */
function storageUnits({ filesystem, type, device, storage, storageAt }: Layout): Wanted[] {
  const unit = (what: string, where: string, options: string, fstype: string): string =>
    [
      '# Written by ebb init.',
      `[Unit]\nDescription=Persistent storage of ebb\nBefore=local-fs.target\n`,
      `[Mount]\nWhat=${what}\nWhere=${where}\nType=${fstype}\nOptions=${options}\n`,
      '[Install]\nRequiredBy=local-fs.target\n',
    ].join('\n');
  if (filesystem === 'btrfs') {
    const content = unit(device, storage, `subvol=/${storageAt}`, type);
    return enabled(mountUnitName(storage), content, 'persistence');
  }
  return [
    ...enabled(mountUnitName(TOP_LEVEL), unit(device, TOP_LEVEL, 'defaults', type), 'persistence'),
    ...enabled(mountUnitName(storage), unit(`${TOP_LEVEL}/${storageAt}`, storage, 'bind', 'none'), 'persistence'),
  ];
}

/** What is in an initrd beside the scripts and units themselves. */
function overlayExtras(layout: Layout): Wanted[] {
  const need = layout.onFailure === 'halt' ? 'requires' : 'wants';
  const enabling = (unit: string, target: string): Wanted => ({
    kind: 'link',
    path: `${OVERLAY}/usr/lib/systemd/system/${target}.${need}/${unit}` as RawPath,
    part: 'reset',
    target: `../${unit}`,
  });
  return [
    file(`${OVERLAY}${SETTINGS}`, settingsText(layout)),
    enabling('ebb-reset.service', 'sysroot.mount'),
    enabling('ebb-mount-root.service', 'initrd-root-fs.target'),
  ];
}
