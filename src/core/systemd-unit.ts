/** What the unit's `[Install]` section says: links to it, as `systemctl enable` makes them. */
export function enablingLinks(name: string, unit: string): string[] {
  const section = /^\[Install\]$([\s\S]*)/m.exec(unit)?.[1] ?? '';
  return [...section.matchAll(/^(WantedBy|RequiredBy)=(.*)$/gm)].flatMap(([, kind, targets = '']) =>
    targets
      .split(/\s+/)
      .filter((target) => target !== '')
      .map((target) => `${target}.${kind === 'WantedBy' ? 'wants' : 'requires'}/${name}`),
  );
}

/** The name of the mount unit of a path that has nothing in it but letters, digits and `_@:.+/-`. */
export function mountUnitName(path: string): string {
  const escaped = path
    .slice(1)
    .replace(/[^\w:./]/g, (character) => `\\x${character.charCodeAt(0).toString(16).padStart(2, '0')}`)
    .replace(/^\./, '\\x2e')
    .replaceAll('/', '-');
  return `${escaped}.mount`;
}
