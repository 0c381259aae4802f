/** The units and tables that the options of test/nix/nixpkgs make: what nixos/lib/systemd-lib.nix and filesystems.nix write. */
import assert from 'node:assert/strict';
import { forEachLib } from '../support/nix-evaluation.ts';

const store = '/nix/store/eeeeeeeeeeeeeeeeeeeeeeeeeeeeeeee';
const standard = ['coreutils', 'findutils', 'gnugrep', 'gnused', 'systemd'];
const pathOf = (packages: readonly string[]): string =>
  ['bin', 'sbin'].flatMap((directory) => packages.map((name) => `${store}-${name}/${directory}`)).join(':');

const configured = (settings: string, value: string): string => `
  let
    result = evaluate {
      modules = [
        ({ pkgs, ... }: ${settings})
        { fileSystems."/" = { device = "/dev/sda1"; fsType = "ext4"; }; }
      ];
    };
  in
  ${value}`;

forEachLib('a service: relations, environment, scripts, and what a switch of configurations is told', (evaluate) => {
  const units = evaluate(
    configured(
      `{
        systemd.services."a-b" = {
          description = "A service";
          documentation = [ "man:a(8)" "https://example.org" ];
          after = [ "b.service" "c.mount" ];
          wants = [ "b.service" ];
          wantedBy = [ "multi-user.target" ];
          requiredBy = [ "x.target" ];
          startLimitBurst = 3;
          unitConfig = { DefaultDependencies = false; ConditionPathExists = [ "/a" "!/b" ]; };
          environment = { A = "one \\"two\\""; B = null; };
          path = [ pkgs.gawk ];
          script = "echo started";
          preStart = "echo before";
          restartIfChanged = false;
          stopIfChanged = false;
          startAt = "daily";
          serviceConfig = { Type = "oneshot"; ExecStartPre = [ "+/bin/true" ]; Nice = 19; };
        };
      }`,
      'result.units',
    ),
  );
  assert.deepEqual(units, {
    'a-b.service': `[Unit]
After=b.service c.mount
ConditionPathExists=/a
ConditionPathExists=!/b
DefaultDependencies=false
Description=A service
Documentation=man:a(8) https://example.org
StartLimitBurst=3
Wants=b.service

[Service]
Environment="A=one \\"two\\""
Environment="PATH=${pathOf(['gawk', ...standard])}"
X-RestartIfChanged=false
X-StopIfChanged=false
ExecStart=${store}-unit-script-a-b-start/bin/a-b-start${' '}
ExecStartPre=${store}-unit-script-a-b-pre-start/bin/a-b-pre-start
ExecStartPre=+/bin/true
Nice=19
Type=oneshot

[Install]
WantedBy=multi-user.target
`,
    'a-b.timer': `[Unit]

[Timer]
OnCalendar=daily


[Install]
WantedBy=timers.target
`,
  });
});

forEachLib('a service of the initrd has no path of its own, and nothing of a switch', (evaluate) => {
  const units = evaluate(
    configured(
      `{
        boot.initrd.systemd.services.a = { before = [ "sysroot.mount" ]; serviceConfig.ExecStart = "/bin/a"; };
        boot.initrd.systemd.mounts = [ { what = "/sysroot/persist/a b"; where = "/sysroot/a b"; options = "bind"; } ];
        boot.initrd.systemd.targets.t.wantedBy = [ "initrd.target" ];
        boot.initrd.systemd.services.off.enable = false;
      }`,
      'result.initrdUnits',
    ),
  );
  assert.deepEqual(units, {
    'a.service': '[Unit]\nBefore=sysroot.mount\n\n[Service]\nExecStart=/bin/a\n',
    'sysroot-a\\x20b.mount': '[Unit]\n\n[Mount]\nOptions=bind\nWhat=/sysroot/persist/a b\nWhere=/sysroot/a b\n\n',
    't.target': '[Unit]\n\n',
  });
});

forEachLib(
  'fstab: in the order in which they are mounted, with what the initrd mounts, and which are checked',
  (evaluate) => {
    const tables = evaluate(
      configured(
        `{
        fileSystems."/var/log" = { device = "/dev/sdb1"; fsType = "xfs"; options = [ "noatime" ]; };
        fileSystems."/a" = { device = "/z/loop.img"; fsType = "ext4"; options = [ "loop" ]; };
        fileSystems."/z" = { label = "the z"; fsType = "btrfs"; };
        fileSystems."/persist" = {
          device = "/dev/sdc1";
          fsType = "ext4";
          neededForBoot = true;
          depends = [ "/nix" ];
          noCheck = true;
        };
        fileSystems."/tmp" = { fsType = "tmpfs"; };
        fileSystems."/bound" = { device = "/persist/b"; fsType = "none"; options = [ "bind" ]; };
        fileSystems."/off" = { enable = false; device = "/dev/sdd1"; };
        swapDevices = [
          { label = "swap"; priority = 3; discardPolicy = "both"; }
          { device = "/dev/sdx"; randomEncryption = true; }
        ];
      }`,
        '{ inherit (result) fstab initrdFstab; }',
      ),
    );
    assert.deepEqual(tables, {
      fstab: `/dev/sda1 / ext4 x-initrd.mount 0 1
/dev/disk/by-label/the\\040z /z btrfs defaults 0 0
/z/loop.img /a ext4 loop 0 2
/dev/sdc1 /persist ext4 x-initrd.mount,x-systemd.requires-mounts-for=/sysroot/nix 0 0
/persist/b /bound none bind 0 0
tmpfs /tmp tmpfs defaults 0 0
/dev/sdb1 /var/log xfs x-initrd.mount,noatime 0 2
/dev/disk/by-label/swap none swap defaults,pri=3,discard
/dev/mapper/dev-sdx none swap defaults
`,
      initrdFstab: `/dev/sda1 / ext4 x-initrd.mount 0 1
/dev/sdc1 /persist ext4 x-initrd.mount,x-systemd.requires-mounts-for=/sysroot/nix 0 0
/dev/sdb1 /var/log xfs x-initrd.mount,noatime 0 2
`,
    });
  },
);

forEachLib('what is written to /etc and to the initrd can be read', (evaluate) => {
  const texts = evaluate(
    configured(
      `{
        environment.etc."a/b.conf".text = "one";
        environment.etc.c = { source = pkgs.writeText "c" "two"; mode = "0400"; };
        boot.initrd.systemd.contents."/etc/x".text = "three";
        boot.initrd.systemd.storePaths = [ "/lib/x" { source = "/lib/y"; target = "/y"; } ];
      }`,
      `{
        etc = lib.mapAttrs (_: file: [ file.target file.mode "\${file.source}" file.source.text ]) {
          inherit (result.config.environment.etc) "a/b.conf" c;
        };
        contents = lib.mapAttrs (_: file: [ file.target "\${file.source}" ]) result.config.boot.initrd.systemd.contents;
        paths = map (path: [ "\${path.source}" path.target ]) result.config.boot.initrd.systemd.storePaths;
      }`,
    ),
  );
  assert.deepEqual(texts, {
    etc: {
      'a/b.conf': ['a/b.conf', 'symlink', `${store}-etc-a-b.conf`, 'one'],
      c: ['c', '0400', `${store}-c`, 'two'],
    },
    contents: { '/etc/x': ['/etc/x', `${store}-initrd-x`] },
    paths: [
      [`${store}-initrd-fstab`, null],
      ['/lib/x', null],
      ['/lib/y', '/y'],
    ],
  });
});

forEachLib('failed assertions and warnings are lists', (evaluate) => {
  const result = evaluate(
    configured(
      `{
        assertions = [ { assertion = false; message = "no"; } { assertion = true; message = "yes"; } ];
        warnings = [ "careful" ];
        boot.initrd.postDeviceCommands = "x";
      }`,
      '{ inherit (result) assertions warnings; }',
    ),
  );
  assert.deepEqual(result, {
    assertions: ["systemd stage 1 does not support 'boot.initrd.postDeviceCommands'.", 'no'],
    warnings: ['careful'],
  });
});

forEachLib('any service can be named', (evaluate) => {
  const result = evaluate(`
    let
      inherit (evaluate {
        services = [ "lighthouse" ];
        modules = [
          {
            services.lighthouse = { enable = true; stateDir = "/srv/l"; settings.deep.er = [ 1 ]; };
            services.forgejo = { enable = true; stateDir = "/srv/f"; settings.server.PORT = 3; };
          }
        ];
      }) config;
    in
    { inherit (config.services) lighthouse forgejo; mysql = config.services.mysql.enable; }`);
  assert.deepEqual(result, {
    lighthouse: { enable: true, stateDir: '/srv/l', settings: { deep: { er: [1] } } },
    forgejo: { enable: true, stateDir: '/srv/f', settings: { server: { PORT: 3 } } },
    mysql: false,
  });
});
