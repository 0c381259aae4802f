// Writes what docs/reference has of the built program, so that the two cannot differ: commands.md from what its --help
// prints, catalogue-entries.md from its catalogue; and nixos-options.md and persistence-sets.md, from the module. With --check it
// writes nothing, and fails where a file is not what it would write. Build first.
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { nixosOptions, nixosOptionsText } from './nixos-options.mjs';
import { persistenceSets, persistenceSetsText } from './persistence-sets.mjs';

const program = fileURLToPath(new URL('../dist/main.cjs', import.meta.url));
const directory = new URL('../docs/reference/', import.meta.url);

function helpOf(command) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [program, ...command, '--help'], { encoding: 'utf8' });
  if (status !== 0) throw new Error(`ebb ${command.join(' ')} --help: exit ${status}\n${stderr}`);
  // Columns are padded to the widest line.
  return stdout.replace(/[ \t]+$/gm, '').trimEnd();
}

/** The names in the list of commands that a help ends with; none where it has no such list. */
function commandsIn(help) {
  const [, list = ''] = help.split(/^COMMANDS\n/m);
  return Array.from(list.matchAll(/^ {2}(\S+) /gm), ([, name]) => name);
}

function sectionsOf(command) {
  const help = helpOf(command);
  const title = ['ebb', ...command].join(' ');
  const section = `## \`${title}\`\n\n\`\`\`text\n${help}\n\`\`\`\n`;
  return [section, ...commandsIn(help).flatMap((name) => sectionsOf([...command, name]))];
}

const heading = `# Commands

What \`--help\` of each command prints. \`scripts/reference.mjs\` writes this page; do not edit it.
[Exit statuses](exit-status.md) and [JSON documents](json.md) have pages of their own.
`;

/** Byte strings of the catalogue as the text that they are. */
const textOf = (raw) => Buffer.from(raw, 'latin1').toString('utf8');

const kinds = {
  service: 'Services',
  container: 'Containers',
  system: 'The system',
  program: 'Programs of a home',
};

/** How many patterns of an entry are told. */
const MOST = 6;

function catalogueText() {
  const entries = JSON.parse(readFileSync(new URL('../dist/catalogue-entries.json', import.meta.url), 'utf8'));
  const parts = Object.entries(kinds).flatMap(([kind, title]) => {
    const rows = entries.filter((entry) => entry.kind === kind).sort((a, b) => (a.id < b.id ? -1 : 1));
    if (rows.length === 0) return [];
    return [`## ${title}\n\n${table(['what', 'file', 'what is kept'], rows.map(entryRow))}`];
  });
  return [
    `# What the catalogue knows

${entries.length} services and programs, and what is kept of each; what is not (caches, logs, locks) is in its file in \`catalogue/\`, with
why, what breaks without it, and where that is known from. [The catalogue](catalogue.md) tells how to read these files.
\`scripts/reference.mjs\` writes this page; do not edit it.
`,
    ...parts,
  ].join('\n');
}

function entryRow({ id, title, paths }) {
  const kept = paths
    .filter(({ persist }) => persist !== 'no')
    .flatMap(({ patterns }) => patterns.map((p) => p.pattern));
  // A service with a dynamic user has both; and what lies in another is kept with it.
  const told = [...new Set(kept)].filter(
    (pattern) =>
      !kept.some((other) => pattern.startsWith(`${other}/`)) &&
      !(pattern.includes('/private/') && kept.includes(pattern.replace('/private/', '/'))),
  );
  const listed = told.slice(0, MOST).map((pattern) => `\`${textOf(pattern).replaceAll('|', '\\|')}\``);
  if (told.length > MOST) listed.push(`${told.length - MOST} more`);
  return [textOf(title).replaceAll('|', '\\|'), `\`${id}.toml\``, listed.join(', ') || 'nothing'];
}

function table(heads, rows) {
  const line = (cells) => `| ${cells.join(' | ')} |`;
  return `${[line(heads), line(heads.map(() => '---')), ...rows.map(line)].join('\n')}\n`;
}

const files = {
  'commands.md': [heading, ...sectionsOf([])].join('\n'),
  'catalogue-entries.md': catalogueText(),
};
const options = nixosOptions();
if (options === null) console.error('skipped: docs/reference/nixos-options.md, as nix-instantiate is not installed');
else files['nixos-options.md'] = nixosOptionsText(options);
const sets = persistenceSets();
if (sets === null) console.error('skipped: docs/reference/persistence-sets.md, as nix-instantiate is not installed');
else files['persistence-sets.md'] = persistenceSetsText(sets);

for (const [name, text] of Object.entries(files)) {
  const file = fileURLToPath(new URL(name, directory));
  if (!process.argv.includes('--check')) {
    writeFileSync(file, text);
    continue;
  }
  let written = '';
  try {
    written = readFileSync(file, 'utf8');
  } catch {
    // Not there: stale too.
  }
  if (written !== text) {
    console.error(`docs/reference/${name} is not what the built program has: run node scripts/reference.mjs`);
    process.exitCode = 1;
  }
}
