/** Undoes what was done, the latest first. What goes wrong here does not hide the failure that is being told. */
export function rollBack(undo: readonly (() => void)[]): void {
  for (const step of undo.toReversed()) {
    try {
      step();
    } catch {
      // What went wrong before is to be mended first.
    }
  }
}
