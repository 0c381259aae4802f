/** The stubs of other modules and of NixOS's own functions, against what they stand for. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { test } from 'node:test';
import * as fc from 'fast-check';
import {
  evaluate,
  minimalLib,
  nixpkgsLib,
  nixString,
  withoutNix,
  withoutNixpkgsLib,
} from '../support/nix-evaluation.ts';
import { has } from '../support/workplace.ts';

const real = nixpkgsLib ?? minimalLib;
const seed = Number(process.env['EBB_TEST_SEED'] ?? 7);

function withoutModule(variable: string): string | false {
  if (withoutNixpkgsLib !== false) return withoutNixpkgsLib;
  return process.env[variable] === undefined ? `${variable} is not set` : false;
}

/** The same settings with the module itself and with its stub, on the lib of nixpkgs. */
function withBoth(variable: string, file: string, stub: string, settings: string, value: string): [unknown, unknown] {
  const directory = process.env[variable] ?? '';
  const [own, instead] = [`(/. + ${nixString(join(directory, file))})`, `(repository + "/test/nix/${stub}")`].map(
    (other) =>
      evaluate(
        `let
          inherit (evaluate { modules = [ homeManager ${other} common ${settings} ]; }) config;
          common = {
            users.users.alice = { isNormalUser = true; uid = 1000; };
            users.users.web = { isSystemUser = true; uid = 200; group = "web"; home = "/srv/web"; homeMode = "750"; };
            users.groups.web.gid = 200;
            fileSystems."/" = { fsType = "tmpfs"; };
          };
        in
        ${value}`,
        real,
      ),
  );
  return [own, instead];
}

const impermanence = `{
  environment.persistence."/persist" = {
    hideMounts = true;
    directories = [
      "/var/log"
      "/var/lib/nixos"
      { directory = "/var/lib/private/"; mode = "0700"; }
      { directory = "/srv/data"; user = "web"; group = "web"; hideMount = false; defaultPerms.mode = "0711"; }
    ];
    files = [ "/etc/machine-id" { file = "/etc/nix/key"; method = "symlink"; parentDirectory.mode = "0700"; } ];
    users.alice = {
      directories = [ ".ssh" { directory = ".gnupg"; mode = "0700"; } ];
      files = [ ".config/app/settings" ];
    };
    users.web.directories = [ "state" ];
  };
  environment.persistence.state = {
    persistentStoragePath = "/state";
    allowTrash = true;
    enable = false;
    directories = [ "/var/lib/x" ];
  };
  home-manager.users.alice.home.persistence."/persist" = {
    directories = [ "Documents" ];
    files = [ ".screenrc" ];
  };
}`;

test('the stub of impermanence derives what impermanence does', {
  skip: withoutModule('EBB_TEST_IMPERMANENCE'),
}, () => {
  const value = `
    let
      # To read it is an error.
      plain = lists: lists // { directories = map (one: removeAttrs one [ "method" ]) lists.directories; };
      storage = one: removeAttrs (plain one) [ "allowOther" "removePrefixDirectory" "defaultDirectoryMethod" ]
        // { users = lib.mapAttrs (_: lists: removeAttrs (plain lists) [ "home" ]) (one.users or { }); };
      persistence = lib.mapAttrs (_: storage);
    in
    {
      system = persistence config.environment.persistence;
      home = persistence config.home-manager.users.alice.home.persistence;
      mounts = map (mount: config.systemd.units.\${mount.name}.text) config.systemd.mounts;
      early = map (mount: config.boot.initrd.systemd.units.\${mount.name}.text) config.boot.initrd.systemd.mounts;
    }`;
  const [own, stub] = withBoth('EBB_TEST_IMPERMANENCE', 'nixos.nix', 'stub-impermanence.nix', impermanence, value);
  assert.deepEqual(withoutAssertions(stub), withoutAssertions(own));
});

test('the stub of impermanence complains where impermanence does', {
  skip: withoutModule('EBB_TEST_IMPERMANENCE'),
}, () => {
  const keep = (paths: string, more = ''): string =>
    `{ environment.persistence."/persist" = { ${paths} }; fileSystems."/persist".neededForBoot = true; } // { ${more} }`;
  const cases: Record<string, string> = {
    nothing: '{ }',
    'all is well': keep('directories = [ "/var/lib/nixos" "/var/log" ]; files = [ "/etc/machine-id" ];'),
    'the storage is mounted late': `{
      environment.persistence."/late".directories = [ "/var/lib" ];
      fileSystems."/late" = { device = "/dev/sdb"; };
    }`,
    'what is above a path is mounted late': `{
      environment.persistence."/persist".files = [ "/srv/late/x" ];
      fileSystems."/srv/late" = { device = "/dev/sdb"; };
      users.users.bob.uid = 3;
    }`,
    'the path itself is mounted late': `{
      environment.persistence."/persist".directories = [ "/var/lib" "/srv/late" ];
      fileSystems."/srv/late" = { device = "/dev/sdb"; };
    }`,
    'a directory twice': keep('directories = [ "/var/lib" "/a" "/a/" ]; users.alice.directories = [ "b" "b" ];'),
    'a file twice': keep('directories = [ "/var" ]; files = [ "/f" ]; users.alice.files = [ "../../f" "g" "g" ];'),
    'no numbers': keep('directories = [ "/srv" ];'),
    'no numbers, by home-manager': `{
      home-manager.users.alice.home.persistence."/persist".files = [ "x" ];
    }`,
    'no numbers, and no warnings wanted': keep('directories = [ "/srv" ]; enableWarnings = false;'),
    'no numbers, all have some': `{
      environment.persistence."/persist".directories = [ "/srv" ];
      users.users.bob.uid = 3;
    }`,
    'no numbers, on a filesystem of their own': `{
      environment.persistence."/persist".directories = [ "/srv" ];
      fileSystems."/var/lib" = { device = "/dev/sdc"; };
    }`,
    disabled: '{ environment.persistence."/persist" = { enable = false; directories = [ "/srv" "/srv" ]; }; }',
  };
  const value =
    '{ assertions = map (one: one.assertion) config.assertions; warnings = builtins.length config.warnings; }';
  const others = '{ users.users.bob = { isSystemUser = true; group = "web"; }; }';
  for (const [name, settings] of Object.entries(cases)) {
    const all = `{ imports = [ (${settings}) ${others} ]; }`;
    const [own, stub] = withBoth(
      'EBB_TEST_IMPERMANENCE',
      'nixos.nix',
      'stub-impermanence.nix',
      all,
      value,
    ) as Complaints[];
    const failed = ({ assertions, warnings }: Complaints): number[] => [
      assertions.filter((it) => !it).length,
      warnings,
    ];
    assert.deepEqual(failed(stub as Complaints), failed(own as Complaints), name);
  }
});

interface Complaints {
  readonly assertions: readonly boolean[];
  readonly warnings: number;
}

/** Those are of options that upstream has removed. */
function withoutAssertions(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value), (key, inner) => (key === 'assertions' ? undefined : inner));
}

const preservation = `{
  preservation.enable = true;
  preservation.preserveAt."/persist" = {
    commonMountOptions = [ "x-gvfs-hide" ];
    directories = [
      "/var/log"
      { directory = "/var/lib/web"; user = "web"; group = "web"; mode = "0750"; how = "symlink"; }
      { directory = "/var/lib/nixos"; inInitrd = true; mountOptions = [ { name = "a"; value = "b"; } "c" ]; }
    ];
    files = [ { file = "/etc/machine-id"; inInitrd = true; how = "symlink"; configureParent = true; } "/etc/x" ];
    users.alice = {
      commonMountOptions = [ "nofail" ];
      directories = [ ".config/a/b" ".config/a" { directory = "deep/down/here"; inInitrd = true; } ];
      files = [ ".config/c/d" { file = "top"; how = "symlink"; } { file = "x/y"; how = "symlink"; user = "web"; } ];
    };
    users.of-web = { username = "web"; directories = [ "data" ]; };
  };
  preservation.preserveAt.other = { persistentStoragePath = "/state"; directories = [ "/srv" ]; };
}`;

test('the stub of preservation derives what preservation does', {
  skip: withoutModule('EBB_TEST_PRESERVATION'),
}, () => {
  const value = 'config.preservation';
  const [own, stub] = withBoth('EBB_TEST_PRESERVATION', 'module.nix', 'stub-preservation.nix', preservation, value);
  assert.deepEqual(stub, own);
});

const noSystemdEscape = withoutNix || (has('systemd-escape') ? false : 'systemd-escape is not installed');
test('escapeSystemdPath escapes as systemd-escape does', { skip: noSystemdEscape }, () => {
  const text = fc.string({ unit: fc.constantFrom(...'ab/.-_:@ \\$\'"%+=~Z09[]'), minLength: 1, maxLength: 10 });
  const paths = fc.sample(text, { numRuns: 150, seed }).map((path) => `/${path}`);
  const isPlain = (path: string): boolean => !path.split('/').includes('..');
  const plain = [...new Set(['/', '/.hidden', '/dev/disk/by-label/nixos', ...paths.filter(isPlain)])];
  const { stdout, stderr } = spawnSync('systemd-escape', ['--path', '--', ...plain], { encoding: 'utf8' });
  assert.equal(stderr, '');
  const escaped = evaluate(`
    let
      utils = import (repository + "/test/nix/module-utils.nix") { inherit lib; };
    in
    map utils.escapeSystemdPath [ ${plain.map(nixString).join(' ')} ]`);
  assert.deepEqual(escaped, stdout.trimEnd().split(' '));
});
