import { ClaimIndex, withClaims } from '../core/claims.ts';
import type { Evidence } from '../core/evidence.ts';
import { judge } from '../core/judge.ts';
import type { RawPath } from '../core/rawpath.ts';
import type { Change, Warning } from '../core/report.ts';
import type { Rules } from '../core/rule.ts';
import type { Questioned } from '../ports/evidence.ts';
import type { Machine } from '../ports/machine.ts';
import type { OpenRoot } from '../ports/open-root.ts';

/** What is known of a root's paths before anybody has looked at them. */
export interface Knowledge {
  /** The catalogue's with those that the machine's units and the like give, in the order in which they are asked. */
  readonly rules: Rules;
  readonly claims: ClaimIndex;
  readonly warnings: readonly Warning[];
}

export function knowledgeOf(root: OpenRoot, machine: Machine): Knowledge {
  const answers = machine.claimSources().map((source) => source.claims(root));
  const claims = answers.flatMap((answer) => answer.claims);
  return {
    rules: withClaims(machine.catalogue(), claims),
    claims: new ClaimIndex(claims),
    warnings: answers.flatMap((answer) => answer.warnings),
  };
}

/** Paths of which a witness knows what counts for more than the rules that hide them. */
export function insistedOn(root: OpenRoot, machine: Machine): ReadonlySet<RawPath> {
  return new Set(machine.witnesses().flatMap((witness) => witness.insists?.(root) ?? []));
}

/** By path what the witnesses say. */
export function testimonies(
  root: OpenRoot,
  machine: Machine,
  paths: readonly Questioned[],
): { readonly evidence: ReadonlyMap<RawPath, readonly Evidence[]>; readonly warnings: readonly Warning[] } {
  const answers = paths.length === 0 ? [] : machine.witnesses().map((witness) => witness.evidence(root, paths));
  const evidence = new Map<RawPath, Evidence[]>();
  for (const answer of answers) {
    for (const [path, pieces] of answer.evidence) evidence.set(path, [...(evidence.get(path) ?? []), ...pieces]);
  }
  return { evidence, warnings: answers.flatMap(({ warnings }) => warnings) };
}

/** The change by more evidence than it had. */
export function judgedBy(change: Change, more: readonly Evidence[]): Change {
  const evidence = distinct([...change.evidence, ...more]);
  if (evidence.length === change.evidence.length) return change;
  const { category, verdict } = judge(change.category, evidence, change);
  return { ...change, category, verdict, evidence };
}

/** Without what says the same of the same source: a claim comes as a rule and as a claim. */
export function distinct(evidence: readonly Evidence[]): Evidence[] {
  return evidence.filter(
    ({ source, detail }, at) =>
      evidence.findIndex((other) => other.source === source && other.detail === detail) === at,
  );
}
