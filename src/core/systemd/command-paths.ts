import type { Category } from '../category.ts';
import { EntryType } from '../change.ts';
import { nameOf, type RawPath } from '../rawpath.ts';
import type { Command } from './command-line.ts';
import { isAbsolute, type OpenPath, tidied } from './open-path.ts';

/** A path that a command names, and what its option says that it is. */
export interface ArgumentPath {
  readonly path: OpenPath;
  /** As it stands in the command: `--datadir=/srv/db`, `-D /srv/db`. */
  readonly said: string;
  /** What its option or name says, whatever its place; undefined: only its place tells. */
  readonly category: Category | undefined;
  /** It is a file, and nothing lies below it. */
  readonly isFile: boolean;
}

/** Programs whose arguments are no places where a service keeps something. */
const others: ReadonlySet<string> = new Set([
  ...['rm', 'rmdir', 'unlink', 'find', 'test', '[', 'kill', 'pkill', 'killall', 'echo', 'printf', 'true', 'false'],
  ...['sleep', 'modprobe', 'mount', 'umount', 'mountpoint', 'swapon', 'swapoff', 'fsck', 'stat', 'ls', 'cat', 'grep'],
  ...['systemctl', 'journalctl', 'udevadm', 'sysctl', 'setfacl', 'restorecon', 'logger', 'flock', 'timeout'],
]);

/** Programs that start another one elsewhere: only what they bring in from outside are paths of this machine. */
const containers: ReadonlySet<string> = new Set([
  'podman',
  'docker',
  'nerdctl',
  'systemd-nspawn',
  'bwrap',
  'lxc-start',
]);
const volumeOption = /^(-v|--volume|--bind|--bind-ro|--ro-bind|--env-file|--directory|-D|--image|-i)$/;

const shells: ReadonlySet<string> = new Set(['sh', 'bash', 'dash', 'zsh', 'ksh', 'busybox']);

/** The paths among the arguments of a command; not the program itself. */
export function pathsOfCommand([program = '', ...args]: Command): ArgumentPath[] {
  const name = nameOf(program as RawPath);
  if (others.has(name)) return [];
  const isContainer = containers.has(name);
  const found: ArgumentPath[] = [];
  for (let at = 0; at < args.length; at++) {
    const word = args[at] as string;
    // A script: what stands in it are no arguments.
    if (shells.has(name) && /^-[a-z]*c$/.test(word)) break;
    const previous = at > 0 && /^-/.test(args[at - 1] as string) ? (args[at - 1] as string) : undefined;
    found.push(...(isContainer ? volumesOf(word, previous) : argumentPaths(word, previous)));
  }
  return found;
}

function volumesOf(word: string, previous: string | undefined): ArgumentPath[] {
  const [, assigned, value = word] = /^(--?[\w-]+)=(.*)$/s.exec(word) ?? [];
  const option = assigned ?? previous;
  if (option === '--mount') {
    const source = /(?:^|,)(?:src|source)=(\/[^,]*)/.exec(value)?.[1];
    return source === undefined ? [] : volumeAt(source, word);
  }
  if (option === undefined || !volumeOption.test(option)) return [];
  const said = assigned === undefined ? `${option} ${word}` : word;
  return volumeAt(value.replace(/(?<!\\):.*$/s, ''), said);
}

function volumeAt(word: string, said: string): ArgumentPath[] {
  const path = word.includes('$') ? undefined : tidied(word);
  return path === undefined ? [] : [{ path, said, category: undefined, isFile: false }];
}

function argumentPaths(word: string, previous: string | undefined): ArgumentPath[] {
  if (isAbsolute(word)) {
    const said = previous === undefined || previous.includes('=') ? word : `${previous} ${word}`;
    return listed(word).flatMap((path) => pathOf(path, said, previous?.includes('=') ? undefined : previous));
  }
  const [, option, value] = /^([-+]{0,2}[\w.:-]+)=(.*)$/s.exec(word) ?? /^(-[A-Za-z])(\/.*)$/s.exec(word) ?? [];
  if (option !== undefined && value !== undefined) {
    if (isAbsolute(value)) return listed(value).flatMap((path) => pathOf(path, word, option));
    return urlPaths(value, word, option);
  }
  return urlPaths(word, word, previous);
}

/** `file:/x` and `file:///x`; what other schemes name are sockets or lie elsewhere. */
function urlPaths(value: string, said: string, option: string | undefined): ArgumentPath[] {
  const path = /^file:(?:\/\/)?(\/[^/].*)$/s.exec(value)?.[1];
  return path === undefined ? [] : pathOf(path, said, option);
}

/** Several paths in one word: `/a:/b`, `/a,/b`. */
function listed(word: string): string[] {
  return /[:,]\//.test(word) ? word.split(/[:,](?=\/)/) : [word];
}

function pathOf(word: string, said: string, option: string | undefined): ArgumentPath[] {
  // A variable that nobody knows, or a piece of a script.
  if (/[\s$`;|<>&*?"'(){}]/.test(word)) return [];
  const path = tidied(word);
  if (path === undefined) return [];
  const isFile = (category: Category): ArgumentPath[] => [{ path, said, category, isFile: true }];
  // What a switch turns on or off is not what the word after it is.
  const name = (option ?? '')
    .replace(/^[-+]+/, '')
    .replace(/^(no|without|with|enable|disable|use|skip)-.*$/i, '')
    .toLowerCase();
  if (/(^|[-_.])te?mp[-_]?(dir|path|directory)?$/.test(name)) return [];
  if (/\.(sock|socket)$/.test(path) || /(^|[-_.])(sock|socket)([-_]?(file|path))?$/.test(name)) return [];
  if (/\.pid$/.test(path) || /(^|[-_.])pid[-_]?(file|path)?$/.test(name)) return isFile('runtime');
  if (/(password|passwd|secret|token|credential|private[-_]?key|[-_]key|^key)s?[-_]?(file|path)?$/.test(name)) {
    return isFile('secret');
  }
  if (/\.log$/.test(path)) return isFile('log');
  const category = /(^|[-_.])log[-_]?s?(file|dir|path|directory)?$/.test(name)
    ? 'log'
    : /(^|[-_.])cache[-_]?(file|dir|path|directory)?$/.test(name)
      ? 'cache'
      : undefined;
  return [{ path, said, category, isFile: false }];
}

/** Entry types of what is a file. */
export const FILES: readonly number[] = [EntryType.file];
