import { Failure } from '../core/failure.ts';
import { type NixosProposal, proposalFor } from '../core/nixos-proposal.ts';
import { ROOT } from '../core/rawpath.ts';
import type { Machine } from '../ports/machine.ts';
import type { Setup } from '../ports/setup.ts';

/**
 * What sets this machine up where its configuration does, as NixOS; undefined where it is another.
 * @throws Failure where ebb is set up by it already.
 */
export function proposeNixos(machine: Machine, setup: Setup): NixosProposal | undefined {
  const { root: configured, storages } = machine.configuration();
  const facts = setup.nixosFacts(storages);
  if (facts === undefined) return undefined;
  if (configured !== undefined) {
    const hint = 'change them there, and build it anew: docs/guide/nixos.md';
    throw new Failure('failed', 'this is NixOS, and the options ebb.root of its configuration set it up', hint);
  }
  const root = machine.openRoot(ROOT);
  try {
    return proposalFor({ ...facts, isWiped: root.facts.ephemeral.value });
  } finally {
    root.close();
  }
}
