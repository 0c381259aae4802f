import { fstatSync } from 'node:fs';
import { Baseline } from '../../core/baseline.ts';
import { changedSince, nothing, type Reference } from '../../core/reference.ts';
import type { OwnedFiles } from '../../ports/packages.ts';
import { referenceFrom } from '../dpkg/reference.ts';
import { openRootFiles } from '../system/root-files.ts';
import { FileByteSource } from './byte-source.ts';
import { DirectoryReference } from './directory-reference.ts';

/** What a root is compared with, as plain data that another thread can open too. */
export type ReferenceSpec =
  | { readonly kind: 'nothing' }
  /** `generation`: of btrfs, that of the subvolume at that time; undefined: it may be one that this boot made. */
  | { readonly kind: 'boot'; readonly since: number; readonly generation?: number | undefined }
  | { readonly kind: 'baseline'; readonly fd: number }
  | { readonly kind: 'directory'; readonly fd: number; readonly rootFd: number; readonly checksum: boolean }
  | { readonly kind: 'packages'; readonly owned: OwnedFiles; readonly visibleFd: number };

/** @throws BaselineError */
export function openReference(spec: ReferenceSpec): Reference {
  switch (spec.kind) {
    case 'nothing':
      return nothing;
    case 'boot':
      return changedSince(spec.since);
    case 'baseline':
      return new Baseline(new FileByteSource(spec.fd, fstatSync(spec.fd).size));
    case 'directory':
      return new DirectoryReference(spec.fd, spec.rootFd, spec.checksum);
    case 'packages':
      return referenceFrom(spec.owned, openRootFiles(spec.visibleFd));
  }
}
