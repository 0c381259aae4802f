import type { DeclaredPath } from './configuration.ts';
import { Failure } from './failure.ts';
import { type RawPath, textOf } from './rawpath.ts';
import type { Layout } from './setup.ts';

/**
 * What is kept on a machine whose fresh roots are copies of one that was installed, wherever the root has it: what tells
 * this machine from others, what people put there, and what is written down of the past.
 */
export const usuallyKept: readonly string[] = [
  ...['/etc/ebb', '/home', '/root', '/srv', '/var/log', '/var/lib/systemd', '/var/spool/cron'],
  ...['/etc/NetworkManager/system-connections', '/var/lib/NetworkManager', '/var/lib/bluetooth'],
  ...['/etc/machine-id', '/etc/ssh/ssh_host_*'],
];

/** `/etc/ebb/config.toml`, to be changed by a person. `layout`: undefined where the root is not reset. */
export function configurationText(
  layout: Layout | undefined,
  storage: RawPath,
  declared: readonly Pick<DeclaredPath, 'path' | 'kind'>[],
): string {
  const list = (kind: DeclaredPath['kind']): string =>
    declared
      .filter((one) => one.kind === kind)
      .map(({ path }) => `  ${tomlString(path)},\n`)
      .join('');
  const root =
    layout === undefined
      ? []
      : [
          '[root]',
          `filesystem = ${tomlString(layout.filesystem)}`,
          `device = ${tomlString(layout.device)}`,
          `subvolume = ${tomlString(layout.root)}`,
          `old_roots = ${tomlString(layout.oldRoots)}`,
          `blank = ${tomlString(layout.blank)}`,
          '',
        ];
  return [
    '# Written by ebb init. After a change: ebb init. docs/reference/configuration.md has all keys.',
    ...root,
    `[persistence.${tomlString(storage)}]`,
    'hide_mounts = true',
    `directories = [\n${list('directory')}]`,
    `files = [\n${list('file')}]\n`,
  ].join('\n');
}

/** A basic string of what holds nothing but printable text. @throws Failure */
function tomlString(raw: string): string {
  const text = textOf(raw);
  if (text === undefined || /[\p{C}\p{Zl}\p{Zp}]/u.test(text)) {
    throw new Failure(
      'usage',
      `${raw}: init writes no such name`,
      'docs/reference/configuration.md says how to declare it',
    );
  }
  return `"${text.replace(/["\\]/g, '\\$&')}"`;
}
