/** What the systemd that runs a machine knows beside the files: a real manager in a namespace, and ones that misbehave. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { RawPath } from '../../src/core/rawpath.ts';
import { listedUnits, shownUnits } from '../../src/core/systemd/loaded-units.ts';
import { UnitSource } from '../../src/linux/systemd/unit-source.ts';
import type { OpenRoot } from '../../src/ports/open-root.ts';
import { filesOf, told, writeTree } from '../support/claims.ts';
import { has, isRoot, Workplace } from '../support/workplace.ts';

const workplace = new Workplace();
after(() => workplace.close());
const child = fileURLToPath(new URL('../support/running-units-child.ts', import.meta.url));

function program(name: string, script: string): string {
  const path = join(workplace.make('bin'), name);
  writeFileSync(path, `#!/bin/sh\n${script}`);
  chmodSync(path, 0o755);
  return path;
}

/** A manager of a user's units, which answers as that of the system does; of what it does nothing is left. */
const manager = (units: string, systemctl: string): string => `
mount -t tmpfs run /run && mkdir -p /run/user/0 /run/systemd/system || exit 77
export XDG_RUNTIME_DIR=/run/user/0 HOME=/run/user/0
unset DBUS_SESSION_BUS_ADDRESS
mount -t tmpfs cgroup /sys/fs/cgroup && mount -t cgroup2 cgroup /sys/fs/cgroup || exit 77
group=/sys/fs/cgroup/ebb-test-$(cat /proc/sys/kernel/random/uuid)
mkdir $group && echo $$ >$group/cgroup.procs || exit 77
SYSTEMD_UNIT_PATH=${units} /lib/systemd/systemd --user --unit=default.target >/dev/null 2>&1 &
manager=$!
for i in $(seq 100); do systemctl --user is-active --quiet default.target && break; sleep 0.1; done
systemd-run --user --quiet --collect --unit=passing --property=StateDirectory=x --property=ReadWritePaths=-/srv/ebb/passing sleep 60
systemctl --user start --quiet kind@one.service
"$1" "$2" ${systemctl} || status=$?
echo $$ >/sys/fs/cgroup/cgroup.procs
echo 1 >$group/cgroup.kill; wait
for i in $(seq 50); do find $group -depth -type d -exec rmdir {} + 2>/dev/null && break; sleep 0.1; done
exit \${status:-0}
`;

const unavailable = !isRoot
  ? 'only root may mount'
  : ['unshare', '/lib/systemd/systemd', 'systemctl', 'systemd-run'].every(has)
    ? false
    : 'systemd is not installed';

test('what systemd has loaded is known, wherever its files lie', { skip: unavailable }, (t) => {
  const units = workplace.make('units');
  writeTree(units, {
    'basic.target': '[Unit]\n',
    'shutdown.target': '[Unit]\nDefaultDependencies=no\n',
    'default.target': '[Unit]\nWants=plain.service kind@two.service\n',
    'plain.service': '[Service]\nType=oneshot\nRemainAfterExit=yes\nExecStart=/usr/bin/env --chdir=/srv/ebb/plain\n',
    'plain.service.d/more space.conf': '[Service]\nReadWritePaths="-/srv/ebb/more space"\n',
    'kind@.service': '[Service]\nExecStart=/usr/bin/env --chdir=/srv/ebb/%i\n',
    'absent.service.d/x.conf': '[Service]\nReadWritePaths=/srv/ebb/absent\n',
  });
  const systemctl = program('systemctl', 'exec systemctl --user "$@"\n');
  const words = ['--mount', '--cgroup', '--pid', '--fork', '--kill-child', '--mount-proc', '--propagation', 'private'];
  const script = manager(units, systemctl);
  const { stdout, stderr, status } = spawnSync(
    'unshare',
    [...words, 'sh', '-c', script, 'sh', process.execPath, child],
    {
      ...{ encoding: 'utf8', timeout: 60_000 },
    },
  );
  if (status === 77) return t.skip(`no manager may run here: ${stderr.trim().split('\n', 1)[0]}`);
  const said = JSON.parse(stdout) as { told: string[]; by: string[]; warnings: unknown };
  assert.deepEqual(said.warnings, []);
  assert.deepEqual(said.told, [
    ...['state /srv/ebb/more space', 'state /srv/ebb/one', 'state /srv/ebb/passing', 'state /srv/ebb/plain'],
    'state /srv/ebb/two',
  ]);
  assert.deepEqual(said.by.sort(), [
    ...['kind@one.service', 'kind@two.service', 'passing.service', 'plain.service', 'plain.service'],
  ]);
});

describe('a systemd that is asked', () => {
  const claimsWith = (script: string, patience = 5000): { told: string[]; warnings: string[] } => {
    const root = workplace.make('root');
    writeTree(root, {
      'run/systemd/system/': '',
      'etc/systemd/system/a.service': '[Service]\nStateDirectory=a\n',
      'etc/systemd/system/t@.service': '[Service]\nStateDirectory=t/%i\n',
      'opt/vendor/far.service': '[Service]\nStateDirectory=far\n',
      'opt/vendor/x.conf': '[Service]\nStateDirectory=dropped\n',
    });
    const source = new UnitSource({ program: script.includes('\n') ? program('systemctl', script) : script, patience });
    const facts = { mount: '/' as RawPath } as OpenRoot['facts'];
    const { claims, warnings } = source.claims({ files: filesOf(root), facts });
    return { told: told(claims), warnings: warnings.map(({ message }) => message) };
  };
  const byFiles = ['state /var/lib/a', 'state /var/lib/t/*'];

  test('tells of instances, and of files in other places', () => {
    const script = `case "$1" in
list-units) cat <<'END'
a.service loaded active running A
t@one.service loaded inactive dead T
masked@x.service masked inactive dead M
● far.service loaded failed failed F
gone.service not-found inactive dead gone.service
END
;;
show) echo "$*" | grep -q -- '-- far.service$' || exit 1
printf 'FragmentPath=/opt/vendor/far.service\\nDropInPaths=/opt/vendor/x.conf /opt/vendor/none.conf\\nId=far.service\\n' ;;
esac
`;
    assert.deepEqual(claimsWith(script), {
      told: [
        'state /var/lib/a',
        'state /var/lib/dropped',
        'state /var/lib/far',
        'state /var/lib/t/*',
        'state /var/lib/t/one',
      ],
      warnings: [],
    });
  });

  test('may be missing, hang, fail, or talk nonsense: what the files say is known all the same', () => {
    const cases: [script: string, warning: RegExp | undefined][] = [
      ['/nowhere/systemctl', /^systemd was not asked which units there are: .*ENOENT/],
      ['sleep 60\n', /: it does not answer within 0\.3 s$/],
      ['echo "Failed to connect to bus: \x1b[31mno" >&2; exit 1\n', /ended with status 1 \(Failed to connect to bus: /],
      ['head -c 100000 /dev/urandom\n', undefined],
      ['yes "../../etc/passwd.service loaded" | head -c 1000000\n', undefined],
    ];
    for (const [script, warning] of cases) {
      const { told: claims, warnings } = claimsWith(script, script.startsWith('sleep') ? 300 : 5000);
      assert.deepEqual(claims, byFiles, script);
      if (warning === undefined) assert.deepEqual(warnings, []);
      else assert.match(warnings.join('\n'), warning);
    }
  });

  test('is one that runs this root, and no other', () => {
    const root = workplace.make('root');
    writeTree(root, { 'run/systemd/system/': '', 'etc/systemd/system/a.service': '[Service]\nStateDirectory=a\n' });
    const source = new UnitSource({ program: '/nowhere', patience: 10 });
    const facts = { mount: root as RawPath } as OpenRoot['facts'];
    assert.deepEqual(source.claims({ files: filesOf(root), facts }).warnings, []);
  });
});

test('names and files of loaded units, as systemctl of version 252 prints them', () => {
  const listed = `proc-sys-fs-binfmt_misc.automount                   loaded      failed     failed          Arbitrary Executable File Formats
dev-vda.device                                      loaded      activating tentative       /dev/vda
system-systemd\\x2dcryptsetup.slice                  loaded      inactive   dead            Encrypted Volume Units Service Slice
-.mount                                             loaded      active     mounted         Root Mount
s1.socket                                           bad-setting failed     failed          s1.socket
● tmpl@x-y.service                                  loaded      failed     failed    start tmpl@x-y.service
lvm2.service                                        not-found   inactive   dead            lvm2.service
x11-common.service                                  masked      inactive   dead            x11-common.service
`;
  assert.deepEqual(listedUnits(listed), [
    ...['proc-sys-fs-binfmt_misc.automount', 'dev-vda.device', 'system-systemd\\x2dcryptsetup.slice', '-.mount'],
    'tmpl@x-y.service',
  ]);
  const shown = `Id=user@0.service
FragmentPath=/lib/systemd/system/user@.service
DropInPaths=/lib/systemd/system/user@.service.d/10-login-barrier.conf "/etc/systemd/system/user@.service.d/a b.conf"

Id=run-user-0.mount
FragmentPath=
DropInPaths=

Id=evil.service
FragmentPath=relative
`;
  assert.deepEqual(shownUnits(shown), [
    {
      name: 'user@0.service',
      file: '/lib/systemd/system/user@.service',
      dropIns: [
        '/lib/systemd/system/user@.service.d/10-login-barrier.conf',
        '/etc/systemd/system/user@.service.d/a b.conf',
      ],
    },
  ]);
});
