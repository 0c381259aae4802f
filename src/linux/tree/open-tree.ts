import type { Tree } from '../../ports/tree.ts';
import { Syscalls } from '../system/syscalls.ts';
import { NativeTree } from './native-tree.ts';
import { NodeTree } from './node-tree.ts';

/** The tree below a directory's descriptor, which stays the caller's. */
export function openTree(rootFd: number): Tree {
  const calls = Syscalls.load();
  return calls === undefined ? new NodeTree(rootFd) : new NativeTree(calls, rootFd);
}
