/** What a boot finds on a disk after a power cut, and makes of it: the same commands here and in a virtual machine. */
import assert from 'node:assert/strict';
import type { Cut } from './power-cut.ts';
import { type Markers, markerFunctions, rootsIn } from './reset-boots.ts';

interface Where {
  /** Images or devices, one filesystem each. */
  readonly disks: readonly string[];
  /** Words before the disk: `mount -o loop`. */
  readonly mount: string;
  readonly top: string;
  readonly script: string;
}

/** Mounts each disk and resets the root on it, as the next boot does. */
export function afterCuts({ disks, mount, top, script }: Where): string {
  return `
${markerFunctions}
number=0
for disk in ${disks.join(' ')}; do
  number=$((number + 1))
  ${mount} $disk ${top} || { echo "disk $number does not mount"; continue; }
  say_roots ${top} $number-before
  ${script} --root ${top} --boot-id after-the-cut || echo "disk $number was not reset"
  say_roots ${top} $number-after
  [ "$(cat ${top}/@persist/state)" = kept ] || echo "disk $number lost @persist"
  for oldRoot in ${top}/@snapshots/old_roots/*; do
    grep -q '^{"schema":"ebb.boot/1","sequence":[0-9]*,"bootedAt":"[^"]*".*}$' $oldRoot/.ebb/boot.json || echo "disk $number: $oldRoot says nothing of itself"
  done
  umount ${top}
done
`;
}

/**
 * Asserts that nothing was lost on any of these disks, by what was said. Gives how far the reset had come on each;
 * undefined: it could not be mounted.
 */
export function assertKept(
  cuts: readonly Pick<Cut, 'name'>[],
  said: string,
): ('before' | 'between' | 'after' | undefined)[] {
  const roots = rootsIn(said);
  return cuts.map(({ name }, at) => {
    const number = at + 1;
    if (said.includes(`disk ${number} does not mount`)) return undefined;
    assert.ok(!new RegExp(`^disk ${number}\\b`, 'm').test(said), `${name}: ${said}`);
    const [before, then] = [roots.get(`${number}-before`), roots.get(`${number}-after`)];
    assert.equal(firstsIn(before), 1, `${name}: ${said}`);
    assert.deepEqual([then?.root, firstsIn(then)], ['fresh', 1], `${name}: ${said}`);
    if (before?.root === 'first') return 'before';
    return before?.root === undefined ? 'between' : 'after';
  });
}

function firstsIn(markers: Markers | undefined): number {
  return [markers?.root, ...(markers?.kept ?? [])].filter((marker) => marker === 'first').length;
}
