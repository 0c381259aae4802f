import assert from 'node:assert/strict';
import { forEachLib } from '../support/nix-evaluation.ts';

const machine = (settings: string) => `
  (evaluate {
    modules = [
      module
      {
        ebb = { enable = true; root = { filesystem = "btrfs"; device = "/dev/disk/by-label/nixos"; }; };
        boot.initrd.systemd.enable = true;
      }
      ${settings}
    ];
  })`;
const unitsOf = (settings: string) => `builtins.filter (name: builtins.match "ebb.*" name != null)
  (builtins.attrNames (${machine(settings)}).units)`;

forEachLib('what runs beside the system follows from what the root is, and can be chosen', (evaluate) => {
  const [usual, all, looking, memory] = evaluate(`[
    (${unitsOf('{ }')})
    (${unitsOf('{ ebb = { watch.enable = true; check.atShutdown = "block"; gc.enable = false; }; }')})
    (${unitsOf('({ lib, ... }: { ebb = { root.filesystem = lib.mkForce null; check.enable = true; }; })')})
    (${unitsOf('({ lib, ... }: { ebb = { root.filesystem = lib.mkForce "tmpfs"; capture.interval = null; }; })')})
  ]`) as string[][];
  const check = ['ebb-check.service', 'ebb-check.timer'];
  const gc = ['ebb-gc.service', 'ebb-gc.timer'];
  assert.deepEqual(usual, ['ebb-boot.service', 'ebb-check-shutdown.service', ...check, ...gc].sort());
  const atShutdown = ['ebb-check-shutdown.service', 'ebb-hold-shutdown.service'];
  assert.deepEqual(all, ['ebb-boot.service', ...check, ...atShutdown, 'ebb-watch.service'].sort());
  assert.deepEqual(looking, check);
  const captures = ['ebb-capture-at-shutdown.service', 'ebb-capture.service'];
  assert.deepEqual(memory, ['ebb-boot.service', ...captures, 'ebb-check-shutdown.service', ...check, ...gc].sort());
});

forEachLib(
  'the check writes a message and metrics where they are asked for, and shells show the message',
  (evaluate) => {
    const [usual, metrics, silent] = evaluate(`map
    (it: { unit = it.units."ebb-check.service"; bash = it.config.programs.bash.loginShellInit; rules = it.config.systemd.tmpfiles.rules; })
    [
      ${machine('{ }')}
      ${machine('{ ebb.metrics = { enable = true; directory = "/run/metrics"; }; }')}
      ${machine('{ ebb.check.loginMessage = false; }')}
    ]`) as { unit: string; bash: string; rules: string[] }[];
    const options = (text: string | undefined) => /^Environment="EBB_CHECK_OPTIONS=(.*)"$/m.exec(text ?? '')?.[1];
    assert.equal(options(usual?.unit), '--message /run/motd.d/ebb-check');
    assert.match(usual?.bash ?? '', /cat "\$message"/);
    assert.deepEqual(usual?.rules, []);
    assert.equal(options(metrics?.unit), '--message /run/motd.d/ebb-check --metrics /run/metrics/ebb.prom');
    assert.deepEqual(metrics?.rules, ['d /run/metrics :0755 :root :root -']);
    assert.equal(options(silent?.unit), '');
    assert.equal(silent?.bash, '');
  },
);

forEachLib('what ends with the boot is not stopped by a new configuration', (evaluate) => {
  const units = evaluate(
    `let it = ${machine('{ }')}; in [ it.units."ebb-boot.service" it.units."ebb-check-shutdown.service" ]`,
  );
  for (const unit of units as string[]) {
    assert.match(unit, /^X-RestartIfChanged=false$/m);
    assert.match(unit, /^ExecStop=/m);
  }
});

forEachLib('sessions end after who is in them has been told', (evaluate) => {
  const dropIns = evaluate(`map (it: map (one: one.text) it.config.systemd.packages) [
    ${machine('{ }')}
    ${machine('{ ebb.check.atShutdown = "nothing"; }')}
  ]`) as string[][];
  assert.match(dropIns[0]?.[0] ?? '', /^Before=ebb-check-shutdown\.service$/m);
  assert.deepEqual(dropIns[1], []);
});
