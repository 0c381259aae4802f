import { accessSync, constants, existsSync, readdirSync, readFileSync, realpathSync } from 'node:fs';
import { Failure } from '../../core/failure.ts';
import { fateOf, type Mount, type MountTable, unescapeOctal } from '../../core/mount-table.ts';
import { join, type RawPath, ROOT } from '../../core/rawpath.ts';
import type { InitrdTarget, SetupFacts } from '../../core/setup.ts';
import { mountUnitName } from '../../core/systemd-unit.ts';
import { deviceNumber } from '../system/device-number.ts';
import { readMountTable } from '../system/mount-view.ts';

/** Names that stay whatever is found first at a boot, the best before the others. */
const LASTING = ['/dev/disk/by-uuid', '/dev/disk/by-partuuid', '/dev/disk/by-label'] as const;
/** Where systemd looks for programs. */
const PROGRAMS = ['/usr/local/sbin', '/usr/local/bin', '/usr/sbin', '/usr/bin', '/sbin', '/bin'];

/** Where systemd finds units that stay. */
const UNITS = ['/etc/systemd/system', '/run/systemd/generator', '/usr/lib/systemd/system', '/lib/systemd/system'];

/** @throws Failure where the mount table shows no root. */
export function setupFacts(storage: RawPath, launcher: RawPath): SetupFacts {
  const table = readMountTable();
  const root = table.root();
  if (root === undefined) throw new Failure('failed', 'this machine shows no root filesystem');
  const at = table.of(storage);
  const stored = at?.point === storage && storage !== ROOT ? at : undefined;
  return {
    root: { filesystem: root.filesystem, subtree: root.subtree, device: lastingName(root.source) },
    commandLine: readFileSync('/proc/cmdline', 'latin1').trim(),
    isNixos: isNixos(),
    hasSystemd: existsSync('/usr/lib/systemd/systemd') || existsSync('/lib/systemd/systemd'),
    initrdTools: initrdTools(),
    isFresh: existsSync('/.ebb/made-from'),
    storage: stored && { subtree: stored.subtree, isOnDevice: stored.device === root.device },
    storageMounter: mounterOf(storage),
    hidesStorage: stored === undefined && namesIn(storage).length > 0,
    hasBootMount: table.of('/boot' as RawPath)?.point === '/boot',
    installedEbb: programAt('ebb'),
    launcher: existsSync(launcher) ? { path: launcher, isVolatile: isVolatile(launcher, table, root) } : undefined,
  };
}

function mounterOf(storage: RawPath): SetupFacts['storageMounter'] {
  const points = textOf('/etc/fstab')
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => !line.startsWith('#'))
    .map((line) => unescapeOctal(line.split(/\s+/)[1]?.replace(/(?<=.)\/+$/, '') ?? ''));
  if (points.includes(storage)) return 'fstab';
  return UNITS.some((directory) => existsSync(`${directory}/${mountUnitName(storage)}`)) ? 'unit' : undefined;
}

function textOf(file: string): string {
  try {
    return readFileSync(file, 'latin1');
  } catch {
    return '';
  }
}

function initrdTools(): InitrdTarget[] {
  const found: InitrdTarget[] = [];
  if (programAt('mkinitramfs') !== undefined) found.push('initramfs-tools');
  if (programAt('dracut') !== undefined) found.push('dracut');
  return found;
}

function programAt(name: string): RawPath | undefined {
  return PROGRAMS.map((directory) => join(directory as RawPath, name)).find((path) => {
    try {
      accessSync(path, constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

/** The machine that runs. */
export function isNixos(): boolean {
  return existsSync('/etc/NIXOS');
}

/** Of a device whose name may be another one's at the next boot. */
export function lastingName(source: string, directories: readonly string[] = LASTING): string {
  const number = deviceNumber(source);
  if (number === undefined || source.startsWith('/dev/mapper/')) return source;
  for (const directory of directories) {
    const name = namesIn(directory).find((one) => deviceNumber(`${directory}/${one}`) === number);
    if (name !== undefined) return `${directory}/${name}`;
  }
  return source;
}

function namesIn(directory: string): string[] {
  try {
    return readdirSync(directory);
  } catch {
    return [];
  }
}

function isVolatile(path: RawPath, table: MountTable, root: Mount): boolean {
  const real = realpathSync.native(Buffer.from(path, 'latin1'), 'buffer').toString('latin1') as RawPath;
  const mount = table.of(real);
  if (mount === undefined) return true;
  // Cleaned at boot by systemd-tmpfiles.
  return fateOf(mount, root) === 'volatile' || real.startsWith('/tmp/');
}
