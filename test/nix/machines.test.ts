/**
 * The machines of nix/tests, which boot where there are KVM and a binary cache. Here their configurations are evaluated,
 * and their scripts read by Python.
 */

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { evaluate, forEachLib, withoutNix } from '../support/nix-evaluation.ts';

const ROOTS = {
  bcachefs: 'bcachefs',
  btrfs: 'btrfs',
  directory: 'ext4',
  luks: 'btrfs',
  'power-cut': 'btrfs',
  tmpfs: 'tmpfs',
};

/** `machines`: the tests, and those with the modules that put persisted paths in place. */
const withMachines = (body: string): string => `
  let
    machines = import (repository + "/nix/tests") { ebb = module; } // {
      impermanence = persisted "impermanence" impermanence;
      preservation = persisted "preservation" preservation;
    };
    persisted = name: other: import (repository + "/nix/tests/persisted.nix") {
      inherit name;
      module = other;
      ebb = module;
    };
    resultOf = machine: evaluate {
      modules = [
        machine.nodes.machine
        (repository + "/test/nix/virtual-machine-options.nix")
      ];
    };
  in
  ${body}`;

test('there is a machine for each kind of root, in LUKS, and with the power going', { skip: withoutNix }, () => {
  const names = evaluate(withMachines(`builtins.mapAttrs (_: machine: machine.name) machines`));
  const expected = [...Object.keys(ROOTS), 'impermanence', 'preservation'].map((name) => [name, `ebb-${name}`]);
  assert.deepEqual(names, Object.fromEntries(expected));
});

for (const [name, fsType] of Object.entries({ ...ROOTS, impermanence: 'btrfs', preservation: 'btrfs' })) {
  forEachLib(`the machine of the test ${name} evaluates`, (evaluate) => {
    const { assertions, root, format, reset } = evaluate(
      withMachines(`
        let result = resultOf machines.${name}; in
        {
          inherit (result) assertions;
          root = result.config.fileSystems."/".fsType;
          format = result.initrdUnits."format-disks.service";
          reset = result.initrdUnits."ebb-reset.service" or "";
        }`),
    ) as Record<string, string>;
    assert.deepEqual(assertions, []);
    assert.equal(root, fsType);
    assert.match(format ?? '', /^Before=.*ebb-reset\.service.*sysroot\.mount/m);
    assert.equal(reset !== '', fsType !== 'tmpfs');
  });
}

test('each disk is prepared once, and nothing stays mounted', { skip: withoutNix }, () => {
  const scripts = evaluate(
    withMachines(
      `builtins.mapAttrs (_: machine: (resultOf machine).config.boot.initrd.systemd.services.format-disks.script) machines`,
    ),
  ) as Record<string, string>;
  for (const [name, script] of Object.entries(scripts)) {
    assert.match(script, /^! blkid \/dev\/vda \|\| exit 0$/m, name);
    assert.equal(script.match(/^mount .* \/tmp\/top-level$/gm)?.length, 1, name);
    assert.equal(script.match(/^umount \/tmp\/top-level$/gm)?.length, 1, name);
    const { status, stderr } = spawnSync('sh', ['-n'], { input: script, encoding: 'utf8' });
    assert.equal(status, 0, stderr);
  }
});

const withoutPython = spawnSync('python3', ['--version']).error !== undefined && 'python3 is not installed';

test('the scripts are Python, and use what nixpkgs’ test driver has', { skip: withoutNix || withoutPython }, () => {
  const scripts = evaluate(withMachines(`builtins.mapAttrs (_: machine: machine.testScript) machines`)) as Record<
    string,
    string
  >;
  for (const [name, script] of Object.entries(scripts)) {
    const { status, stdout, stderr } = spawnSync('python3', ['-c', namesIn], { input: script, encoding: 'utf8' });
    assert.equal(status, 0, `${name}: ${stderr}`);
    const { unknown, methods } = JSON.parse(stdout) as { unknown: string[]; methods: string[] };
    assert.deepEqual(unknown, [], name);
    for (const method of methods) assert.ok(DRIVER.includes(method), `${name}: machine.${method}`);
  }
});

/** Methods of a machine (nixpkgs: nixos/lib/test-driver). */
const DRIVER = ['crash', 'execute', 'fail', 'shutdown', 'start', 'succeed', 'wait_for_console_text', 'wait_for_unit'];

/** Prints the names that a script uses and nobody defines, and the methods of `machine` that it calls. */
const namesIn = `
import ast, builtins, json, sys
tree = ast.parse(sys.stdin.read())
known = set(dir(builtins)) | {"machine", "subtest"}
for node in ast.walk(tree):
    if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load): known.add(node.id)
    if isinstance(node, ast.FunctionDef): known.add(node.name)
    if isinstance(node, ast.arg): known.add(node.arg)
    if isinstance(node, ast.Import): known |= {one.name for one in node.names}
used = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
methods = {n.attr for n in ast.walk(tree) if isinstance(n, ast.Attribute) and isinstance(n.value, ast.Name) and n.value.id == "machine"}
print(json.dumps({"unknown": sorted(used - known), "methods": sorted(methods)}))
`;
