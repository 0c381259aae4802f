import type { RawPath } from './rawpath.ts';

/** The directories that a leading `~/` stands for, as patterns. */
export const HOMES = ['/root', '/home/*'] as const;

/** Where programs keep their things in a home, and what that is called in the home of a flatpak. */
export const xdgDirectories = [
  { path: '~/.config', inFlatpak: 'config' },
  { path: '~/.local/share', inFlatpak: 'data' },
  { path: '~/.cache', inFlatpak: 'cache' },
] as const;

/** `~/…` in the home that `path` lies in, which may be that of a flatpak or a snap; undefined where it is in none. */
export function inHomeOf(path: RawPath, tilde: string): RawPath | undefined {
  const user = /^\/root(?=\/)|^\/home\/[^/]+(?=\/)/.exec(path)?.[0];
  if (user === undefined) return undefined;
  const below = path.slice(user.length);
  const sandbox = /^\/\.var\/app\/[^/]+(?=\/)|^\/snap\/[^/]+\/[^/]+(?=\/)/.exec(below)?.[0] ?? '';
  const spelled = sandbox.startsWith('/.var/') ? asInFlatpak(tilde) : tilde;
  return `${user}${sandbox}${spelled.slice(1)}` as RawPath;
}

function asInFlatpak(tilde: string): string {
  const xdg = xdgDirectories.find(({ path }) => tilde === path || tilde.startsWith(`${path}/`));
  return xdg === undefined ? tilde : `~/${xdg.inFlatpak}${tilde.slice(xdg.path.length)}`;
}
