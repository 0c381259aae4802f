/** How a path differs from what it is compared with. */
export const changeKinds = ['added', 'modified', 'deleted', 'type-changed'] as const;
export type ChangeKind = (typeof changeKinds)[number];

export const entryTypes = ['file', 'directory', 'symlink', 'socket', 'fifo', 'block', 'character', 'unknown'] as const;
export type EntryTypeName = (typeof entryTypes)[number];

/** The file type bits of `st_mode` shifted right by 12, which is also `d_type` of getdents64(2). */
export const EntryType = {
  unknown: 0,
  fifo: 1,
  character: 2,
  directory: 4,
  block: 6,
  file: 8,
  symlink: 10,
  socket: 12,
} as const;

export function entryTypeName(type: number): EntryTypeName {
  switch (type) {
    case EntryType.file:
      return 'file';
    case EntryType.directory:
      return 'directory';
    case EntryType.symlink:
      return 'symlink';
    case EntryType.socket:
      return 'socket';
    case EntryType.fifo:
      return 'fifo';
    case EntryType.block:
      return 'block';
    case EntryType.character:
      return 'character';
    default:
      return 'unknown';
  }
}
