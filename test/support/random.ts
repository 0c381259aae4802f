/** Whole numbers below a bound, from a seed: mulberry32. */
export function randomOf(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

/** A seed that is printed with what it brought about: `EBB_TEST_SEED` brings the same again. */
export function seed(): number {
  return Number(process.env['EBB_TEST_SEED'] ?? (Math.random() * 2 ** 31) | 0);
}
