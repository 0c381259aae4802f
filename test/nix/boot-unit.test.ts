/** ebb-boot.service as the module for NixOS writes it, run by a real systemd. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { quoted } from '../support/cli-program.ts';
import { evaluate, withoutNix } from '../support/nix-evaluation.ts';
import { bootWith, noSystemd } from '../support/systemd-namespace.ts';
import { Workplace } from '../support/workplace.ts';

/** What these packages of nixpkgs bring: a unit has no other programs. */
const packages = {
  coreutils: ['cat', 'chmod', 'cp', 'date', 'ln', 'ls', 'mkdir', 'mv', 'rm', 'rmdir', 'stat', 'sync', 'true', 'uname'],
  findutils: ['find', 'xargs'],
  gnugrep: ['grep'],
  gnused: ['sed'],
  systemd: ['systemctl', 'journalctl'],
  'util-linux': ['mount', 'umount', 'findmnt'],
  'btrfs-progs': ['btrfs'],
};
const record = '{"schema":"ebb.boot/1","sequence":3,"bootedAt":"2026-11-28T10:00:00Z"}';

const line = `{
at() { systemctl show -P "$2" "$1"; }
ended() { grep -o '"ended":"[a-z]*"' /.ebb/boot.json; }
echo "state $(at ebb-boot Result) $(at ebb-boot ActiveState)"
echo "begins $(ended)"
echo "baseline $(tr '\\0' '\\n' </.ebb/baseline | sed -n 1p | cut -d' ' -f 1-2)"
echo "hidden $(tr '\\0' '\\n' </.ebb/baseline | grep -c ' home/kept$')"
echo "end $(tr '\\0' '\\n' </.ebb/baseline | tail -1)"
# Another version of it, as a new generation of the system brings.
sed -i 's/^Description=.*/Description=changed/' /etc/systemd/system/ebb-boot.service
systemctl daemon-reload
echo "changed $(at ebb-boot Description) $(at ebb-boot ActiveState) $(ended)"
systemctl stop ebb-boot
echo "ends $(ended)"
} >/output 2>&1`;

test('the record of a boot begins when the root is set up, and ends with the boot and not with a new configuration', {
  skip: withoutNix || noSystemd,
}, () => {
  const { unit, wantedBy } = evaluate(`
    let
      it = evaluate {
        modules = [
          module
          { ebb = { enable = true; root = { filesystem = "btrfs"; device = "/dev/sda"; }; }; }
        ];
      };
      unit = it.config.systemd.units."ebb-boot.service";
    in
    { unit = unit.text; inherit (unit) wantedBy; }`) as { unit: string; wantedBy: string[] };
  assert.deepEqual(wantedBy, ['basic.target']);
  // switch-to-configuration leaves it alone then, whatever has changed.
  assert.match(unit, /^X-RestartIfChanged=false$/m);

  const stores = [...new Set(unit.match(/\/nix\/store\/\w{32}-[\w.-]+/g))];
  const ebb = stores.find((path) => path.endsWith('-ebb')) ?? '';
  const places = Object.entries(packages).flatMap(([name, programs]) =>
    stores
      .filter((path) => path.replace(/^\/nix\/store\/\w{32}-/, '') === name)
      .map(
        (path) =>
          `mkdir -p .${path}/bin; for name in ${programs.join(' ')}; do ln -s /usr/bin/$name .${path}/bin/; done`,
      ),
  );
  const prepare = [
    ...places,
    `mkdir -p .${ebb}/lib; cp -r repository/boot .${ebb}/lib/ebb`,
    `printf %s ${quoted(unit)} >etc/systemd/system/ebb-boot.service`,
    'mkdir etc/systemd/system/default.target.wants; ln -s ../ebb-boot.service etc/systemd/system/default.target.wants/',
    `mkdir .ebb; echo ${quoted(record)} >.ebb/boot.json`,
    // Under a mount.
    'mkdir home/kept; mount -t tmpfs tmpfs home',
  ].join('\n');
  const workplace = new Workplace();
  try {
    const told = bootWith(workplace.path, {}, prepare, line);
    assert.equal(
      told,
      [
        'state success active',
        'begins "ended":"running"',
        'baseline ebb-baseline 1',
        'hidden 1',
        'end end',
        'changed changed active "ended":"running"',
        'ends "ended":"clean"',
        '',
      ].join('\n'),
    );
  } finally {
    workplace.close();
  }
});
