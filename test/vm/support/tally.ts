/** How much the tests of this process have tried. */
import { appendFileSync } from 'node:fs';

const counts = { boots: 0, cuts: 0 };

export function counted(what: keyof typeof counts, number = 1): void {
  counts[what] += number;
  // The script that runs all of them adds up.
  const file = process.env['EBB_TEST_TALLY'];
  if (file !== undefined) appendFileSync(file, `${what} ${number}\n`);
}

export function tally(): string {
  return `virtual machines so far: ${counts.boots} boots, ${counts.cuts} power cuts`;
}
