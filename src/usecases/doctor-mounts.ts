import { EntryType } from '../core/change.ts';
import type { DeclaredPath, PersistenceModule } from '../core/configuration.ts';
import { consolidations } from '../core/doctor/consolidation.ts';
import type { DoctorFinding, Remedy } from '../core/doctor/doctor-report.ts';
import { type DetachedMount, detachedFinding, mountsFinding, uncoveredFinding } from '../core/doctor/mounts.ts';
import { command } from '../core/doctor/remedies.ts';
import { fateOf, type Mount } from '../core/mount-table.ts';
import { covers, join, type RawPath, ROOT, rebase } from '../core/rawpath.ts';
import type { RuleSet } from '../core/rules.ts';
import { mountUnitName } from '../core/systemd-unit.ts';
import type { OpenRoot } from '../ports/open-root.ts';
import { uncovered } from './coverage.ts';
import { isNixos } from './is-nixos.ts';
import { absoluteOf, pointInRoot, rootMount } from './locate.ts';
import { contentOf, namesIn } from './survey-files.ts';

const DELETED = '//deleted';
const PERSIST_UNIT = '/etc/systemd/system/ebb-persist.service' as RawPath;

/** Declared paths that are not kept, mounts of what was deleted, and more mounts than need be. */
export function mountFindings(root: OpenRoot, rules: RuleSet): DoctorFinding[] {
  const { declared } = root.configuration;
  const findings = uncovered(root, root.configuration).map((declaration) => {
    const one = declared.find(({ path }) => path === declaration.path);
    const stored = one && rebase(one.path, ROOT, one.storage);
    const isStored = stored !== undefined && root.files.lstat(stored) !== undefined;
    return uncoveredFinding(declaration, isStored, one === undefined ? [] : mountingOf(root, one));
  });
  const many = mountsFinding(persistedMounts(root).length, savings(root, rules), (path) => ownerOf(root, path));
  return [...findings, ...detached(root).map(detachedFinding), ...(many === undefined ? [] : [many])];
}

/** By what put it in place at boot. */
function mountingOf(root: OpenRoot, declared: DeclaredPath): Remedy[] {
  const { files, configuration } = root;
  const { path, storage } = declared;
  const look: Remedy = command('ebb', 'why', path);
  const stored = files.lstat(rebase(path, ROOT, storage));
  if (stored === undefined) return [look];
  if (files.lstat(PERSIST_UNIT) !== undefined) return [look, command('systemctl', 'restart', 'ebb-persist.service')];
  const isDirectory = stored.type === EntryType.directory;
  const module = isNixos(files) ? configuration.module : undefined;
  const unit = unitOf(declared, isDirectory, module);
  // A file that holds something is bound over by nobody.
  if (unit === undefined || (!isDirectory && (files.lstat(path)?.size ?? 0) > 0)) return [look];
  return [look, command('systemctl', 'restart', unit)];
}

/** undefined where a link does it, nobody knows, or the name would take more than letters. */
function unitOf(
  { path, storage, method }: DeclaredPath,
  isDirectory: boolean,
  module: PersistenceModule | undefined,
): string | undefined {
  if (method === 'link' || !/^[\w.@:/+-]+$/.test(path + storage)) return undefined;
  if (isDirectory || module === 'preservation') return mountUnitName(path);
  return module && `persist-${mountUnitName(rebase(path, ROOT, storage)).replace(/\.mount$/, '.service')}`;
}

/** Mounts of what lies in persistent storage, upon the root. */
function persistedMounts(root: OpenRoot): Mount[] {
  const storages = storageMounts(root);
  return mountsBelow(root).filter(
    (mount) =>
      !storages.includes(mount) &&
      storages.some(({ device, subtree }) => device === mount.device && isBelow(subtree, mount.subtree)),
  );
}

function isBelow(directory: RawPath, path: RawPath): boolean {
  return path !== directory && covers(directory, path);
}

function mountsBelow(root: OpenRoot): Mount[] {
  const top = root.facts.mount;
  return root.table.mounts.filter(
    (mount) => covers(top, mount.point) && fateOf(mount, rootMount(root), root.table) === 'persistent',
  );
}

function storageMounts(root: OpenRoot): Mount[] {
  const named = root.configuration.storages.length > 0 ? root.configuration.storages : usualStorages;
  const points = named.map((storage) => absoluteOf(root, storage));
  return mountsBelow(root).filter(({ point }) => points.includes(point));
}

const usualStorages = ['/persist', '/nix/persist', '/persistent'] as RawPath[];

/** The kernel marks a mount whose directory or file is deleted where it comes from. */
function detached(root: OpenRoot): DetachedMount[] {
  const storages = storageMounts(root);
  return mountsBelow(root).flatMap((mount): DetachedMount[] => {
    if (!mount.subtree.endsWith(DELETED)) return [];
    const subtree = mount.subtree.slice(0, -DELETED.length) as RawPath;
    const storage = storages.find((one) => one.device === mount.device && covers(one.subtree, subtree));
    const stored = storage && rebase(subtree, storage.subtree, pointInRoot(root, storage));
    const isThere = stored !== undefined && root.files.lstat(stored) !== undefined;
    return [{ point: pointInRoot(root, mount), subtree, stored: isThere ? stored : undefined }];
  });
}

function savings(root: OpenRoot, rules: RuleSet): ReturnType<typeof consolidations> {
  const { files, configuration } = root;
  return consolidations({
    // A link takes no time.
    declared: configuration.declared.filter(({ method }) => method === 'bind'),
    namesIn: (path) => namesIn(files, path),
    storedIn: (storage, path) => namesIn(files, rebase(path, ROOT, storage)),
    categoryOf: (path) => {
      const facts = files.lstat(path);
      if (facts?.type === EntryType.symlink) return 'generated';
      return rules.rules[rules.matchPath(path, facts?.type ?? EntryType.file)]?.category ?? 'unknown';
    },
  });
}

/** As the directory has it now, so that it stays so; undefined where that is what it would get anyway. */
function ownerOf({ files }: OpenRoot, path: RawPath): { user: string; group: string; mode: string } | undefined {
  const facts = files.lstat(path);
  if (facts === undefined) return undefined;
  const mode = (facts.mode & 0o7777).toString(8).padStart(4, '0');
  if (facts.uid === 0 && facts.gid === 0 && mode === '0755') return undefined;
  const named = (file: string, number: number): string =>
    new RegExp(`^([^:\n]+):[^:\n]*:${number}:`, 'm').exec(contentOf(files, join(ROOT, file)) ?? '')?.[1] ?? `${number}`;
  return { user: named('etc/passwd', facts.uid), group: named('etc/group', facts.gid), mode };
}
