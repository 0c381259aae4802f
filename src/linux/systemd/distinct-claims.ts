import type { Claim } from '../../core/evidence.ts';

/** So many units are told of that claim the same: who reads of a path has a use for a few. */
const MOST_ALIKE = 4;

/** Claims without those that say the same again. */
export class DistinctClaims {
  readonly #claims: Claim[] = [];
  readonly #known = new Set<string>();
  readonly #alike = new Map<string, number>();

  add(claims: readonly Claim[]): void {
    for (const claim of claims) {
      const { pattern, exact, types, evidence } = claim;
      const what = `${pattern}\n${exact} ${types} ${evidence.category} ${evidence.kind}`;
      const alike = this.#alike.get(what) ?? 0;
      const whole = `${what}\n${evidence.detail}`;
      if (alike === MOST_ALIKE || this.#known.has(whole)) continue;
      this.#alike.set(what, alike + 1);
      this.#known.add(whole);
      this.#claims.push(claim);
    }
  }

  all(): Claim[] {
    return this.#claims;
  }
}
