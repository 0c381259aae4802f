/** Tests of what is told when a configuration is evaluated: hosts of which one thing is wrong. */
import assert from 'node:assert/strict';
import { healthyHosts } from './healthy-hosts.ts';
import { forEachLib, nixString } from './nix-evaluation.ts';

export interface Host {
  /** Arguments of `hostOf`, in Nix. */
  readonly of?: string;
  /** A module. */
  readonly settings: string;
}

export interface Case extends Host {
  /** What is told, by its name; what nobody can allow has none. */
  readonly name: string | undefined;
  readonly says?: RegExp;
  /** A module that mends it; 'as told': that is what the message has; undefined: it is told in words. */
  readonly mended?: string;
  readonly isWarning?: true;
}

export interface Told {
  readonly assertions: readonly string[];
  readonly warnings: readonly string[];
}

const nothing: Told = { assertions: [], warnings: [] };
const nameOf = (message: string) => /\nIf that is meant: ebb\.allow = \[ "(.*)" \];\n$/.exec(message)?.[1];
const mendOf = (message: string) => /\n\n((?: {4}.*\n)+)/.exec(message)?.[1] ?? '';
const messagesOf = ({ assertions, warnings }: Told) => [...assertions, ...warnings];

/** What ebb tells of each of the hosts. */
export function tellOf(evaluate: (expression: string) => unknown, hosts: readonly string[]): Told[] {
  return evaluate(`let ${healthyHosts}
    ofEbb = lib.filter (lib.hasPrefix "ebb: ");
    told = host: { assertions = ofEbb host.assertions; warnings = ofEbb host.warnings; };
  in map told [ ${hosts.map((it) => `(${it})`).join('\n')} ]`) as Told[];
}

export function hostOf({ of = '', settings }: Host, more = ''): string {
  return `hostOf { ${of} } [ ${settings} ${more} ]`;
}

export function tellsNothing(name: string, hosts: readonly string[]): void {
  forEachLib(name, (evaluate) => {
    tellOf(evaluate, hosts).forEach((told, index) => {
      assert.deepEqual(told, nothing, hosts[index]);
    });
  });
}

/** Each is told alone; what mends it is right; and it is not told to who allows it. */
export function tells(area: string, cases: readonly Case[]): void {
  forEachLib(`${area}: each is told on what it is for, alone`, (evaluate) => {
    const hosts = cases.map((it) => hostOf(it));
    tellOf(evaluate, hosts).forEach((told, index) => {
      const { name, says, isWarning } = cases[index] as Case;
      const [message = '', ...others] = messagesOf(told);
      assert.deepEqual(others, [], hosts[index]);
      assert.notEqual(message, '', hosts[index]);
      assert.equal(nameOf(message), name, hosts[index]);
      assert.equal(told.warnings.length, isWarning ? 1 : 0, hosts[index]);
      if (says !== undefined) assert.match(message, says, hosts[index]);
    });
  });

  forEachLib(`${area}: what is told mends it`, (evaluate) => {
    const mendable = cases.filter(({ mended }) => mended !== undefined);
    const told = tellOf(
      evaluate,
      mendable.map((it) => hostOf(it)),
    );
    const hosts = mendable.map((it, index) => {
      const message = messagesOf(told[index] ?? nothing)[0] ?? '';
      return hostOf(it, it.mended === 'as told' ? `{ ${mendOf(message)}\n}` : it.mended);
    });
    tellOf(evaluate, hosts).forEach((after, index) => {
      assert.deepEqual(after, nothing, hosts[index]);
    });
  });

  tellsNothing(
    `${area}: what is meant is not told`,
    cases.filter(({ name }) => name !== undefined).map((it) => hostOf(it, `{ ebb.allow = [ "${it.name}" ]; }`)),
  );
}

const list = (texts: readonly string[]) => `[ ${texts.map(nixString).join(' ')} ]`;

/** An argument of `hostOf`: what is not persisted. */
export function without(...paths: readonly string[]): string {
  return `persisted = builtins.mapAttrs (_: lib.subtractLists ${list(paths)}) persists;`;
}

/** A module that has `lib`. */
export function withLib(settings: string): string {
  return `({ lib, ... }: { ${settings} })`;
}

/** A part of the device that is mounted by the configuration itself. */
export function onDevice(part: string, more = ''): string {
  return `{ device = "/dev/disk/by-label/nixos"; fsType = "btrfs"; options = [ "subvol=${part}" ]; ${more} }`;
}

/** All that is mounted of the device, by the configuration itself; but for what is said otherwise. '': it is not. */
export function mounts(others: Readonly<Record<string, string>>): string {
  const all = {
    '/': onDevice('@root'),
    '/nix': onDevice('@nix'),
    '/persist': onDevice('@persist', 'neededForBoot = true;'),
    ...others,
  };
  const lines = Object.entries(all).map(([path, it]) => (it === '' ? '' : `fileSystems."${path}" = ${it};`));
  return `ebb.root.fileSystems = false; ${lines.join(' ')}`;
}

export const hostKeys = ['/etc/ssh/ssh_host_ed25519_key', '/etc/ssh/ssh_host_rsa_key'] as const;

/** Modules with a secret that is decrypted. */
export const agenixSecret = `{
  imports = [ agenix ];
  age.secrets.x.file = "/nix/store/eeeeeeeeeeeeeeeeeeeeeeeeeeeeeeee-x.age";
}`;
export function sopsSecret(more = ''): string {
  return `{ imports = [ sopsNix ]; sops.secrets.x = { ${more} }; }`;
}
