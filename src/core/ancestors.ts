/** Whether `path` or a directory above it is among `prefixes`. */
export function isBelowAny(prefixes: ReadonlySet<string>, path: string): boolean {
  if (prefixes.size === 0) return false;
  for (let end = path.length; end > 0; end = path.lastIndexOf('/', end - 1)) {
    if (prefixes.has(path.slice(0, end))) return true;
  }
  return prefixes.has('/');
}
