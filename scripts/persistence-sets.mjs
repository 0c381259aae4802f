// docs/reference/persistence-sets.md, from nix/sets.nix: what Nix evaluates is what configurations get.
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const file = fileURLToPath(new URL('../nix/sets.nix', import.meta.url));
const minimalLib = fileURLToPath(new URL('../test/nix/minimal-lib', import.meta.url));

/** The sets by name, as nix-instantiate gives them; null where there is none. */
export function persistenceSets() {
  const { error, status, stdout, stderr } = spawnSync(
    'nix-instantiate',
    ['--eval', '--strict', '--json', '--store', 'dummy://', file, '--arg', 'lib', `import ${minimalLib}`, '-A', 'sets'],
    { encoding: 'utf8', maxBuffer: 2 ** 26 },
  );
  if (error?.code === 'ENOENT') return null;
  if (error !== undefined || status !== 0) throw error ?? new Error(`nix-instantiate: exit ${status}\n${stderr}`);
  return JSON.parse(stdout);
}

const kinds = {
  composition: 'For a whole machine',
  service: 'Services',
  container: 'Containers',
  system: 'The system',
  program: 'Programs of a home',
};

export function persistenceSetsText(sets) {
  const entries = Object.entries(sets).filter(([, set]) => told(set).length > 0);
  return [
    `# Persistence sets

What \`ebb.sets\` takes: ${entries.length} sets by name, out of [the catalogue](catalogue.md) and of \`nix/sets/written\`.
[NixOS](../guide/nixos.md) has how they are used. \`scripts/reference.mjs\` writes this page; do not edit it.

- A set has what is to be kept on NixOS: state, secrets and homes. Caches and logs are in no set, nor is what only other
  distributions have. Files are marked with (file).
- A service of a file about several goes by its own name, too: \`redmine\` is what \`business-apps\` has of
  \`services.redmine\`.
- With \`ebb.sets.auto\` the sets of the options in the second column are added, of each only what its option is for. A
  directory that the configuration puts elsewhere is declared where it is. What is *moved by* an option is known to move.
- A pattern cannot be declared. Of those that are marked with (pattern) only \`ebb.sets\` makes paths, one for each instance that
  the configuration has.
- What another filesystem of \`fileSystems\` keeps is not declared, nor what is in storage already. For that impermanence has to
  be of April 2025 or later: before, it made \`fileSystems\` of what is declared, and Nix says "infinite recursion".
- Paths that begin with \`~\` are kept in the homes that \`ebb.sets.users\` names.
- What a service with a dynamic user keeps is in \`/var/lib/private\`. Where that is declared without ebb's module, it needs
  \`systemd.tmpfiles.rules = [ "d /var/lib/private 0700 root root -" ]\`: systemd starts no such service where others may
  look into it.
`,
    ...Object.entries(kinds).flatMap(([kind, title]) => {
      const rows = entries.filter(([, set]) => set.kind === kind);
      return rows.length === 0 ? [] : [`## ${title}\n\n${table(rows)}`];
    }),
  ].join('\n');
}

/** The paths of a set, as a person reads them. */
function told({ directories, files, users, patterns }) {
  return [
    ...directories.map(({ directory }) => code(directory)),
    ...files.map(({ file }) => `${code(file)} (file)`),
    ...patterns.map((pattern) => `${code(pattern)} (pattern)`),
    ...users.directories.map(({ directory }) => code(`~/${directory}`)),
    ...users.files.map(({ file }) => `${code(`~/${file}`)} (file)`),
  ];
}

/** How many paths are told: a desktop has hundreds. */
const MOST = 12;

function table(rows) {
  const cells = rows.map(([name, set]) => {
    const paths = told(set);
    const shown = paths.slice(0, MOST);
    if (paths.length > MOST) shown.push(`${paths.length - MOST} more`);
    const options = [...new Set(set.options.map(({ option }) => option))];
    const moved = options.length === 0 ? '' : `, moved by ${options.map(code).join(', ')}`;
    return [code(name), set.title, set.nixos.map(code).join(', '), shown.join(', ') + moved];
  });
  const line = (row) => `| ${row.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  return `${[line(['set', 'what', 'on with', 'paths']), line(Array(4).fill('---')), ...cells.map(line)].join('\n')}\n`;
}

function code(text) {
  return `\`${text}\``;
}
