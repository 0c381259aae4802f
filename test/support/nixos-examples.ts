/** The hosts of nix/examples, evaluated with stubs for the inputs of their flake. */
import { join } from 'node:path';
import { evaluate, forEachLib, type Lib } from './nix-evaluation.ts';

export interface Persisted {
  readonly kind: 'directory' | 'file';
  readonly path: string;
  readonly storage: string;
  readonly user: string | null;
  readonly group: string | null;
  readonly mode: string | null;
  readonly method: 'bind' | 'link';
  readonly hidden: boolean;
  readonly home: { readonly path: string; readonly user: string } | null;
  readonly from: string;
  readonly inInitrd: boolean;
}

export interface ExampleHost {
  /** The messages of those that do not hold. */
  readonly assertions: readonly string[];
  readonly warnings: readonly string[];
  readonly persisted: readonly Persisted[];
  readonly hostName: string;
  readonly stateVersion: string;
  /** What the machine gets of ebb's, by the names that these files have in `golden`. */
  readonly files: Readonly<Record<string, string>>;
}

export const hostNames = ['btrfs', 'ext4', 'h001', 'h002', 'h003', 'juni', 'l001', 'o001', 'tmpfs'] as const;
export type HostName = (typeof hostNames)[number];
export type ExampleHosts = Readonly<Record<HostName, ExampleHost>>;

export const golden = join(import.meta.dirname, '../nix/golden');

/** One test for each lib, as `forEachLib`, of all hosts. They are evaluated once for each lib. */
export function forEachLibOfHosts(name: string, body: (hosts: ExampleHosts, lib: Lib) => void): void {
  forEachLib(name, (_, lib) => body(hostsWith(lib), lib));
}

const evaluated = new Map<Lib, ExampleHosts>();

export function hostsWith(lib: Lib): ExampleHosts {
  const known = evaluated.get(lib);
  if (known !== undefined) return known;
  const hosts = evaluate(
    `builtins.mapAttrs
      (_: import (repository + "/test/nix/examples/written.nix") { inherit lib; })
      (import (repository + "/test/nix/examples/hosts.nix") {
        inherit evaluate module impermanence preservation homeManager;
      })`,
    lib,
  ) as ExampleHosts;
  evaluated.set(lib, hosts);
  return hosts;
}
