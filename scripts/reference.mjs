// Writes docs/reference/commands.md from what the built program's --help prints, so that the two cannot differ. With
// --check it writes nothing, and fails where the file is not what it would write. Build first.
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const program = fileURLToPath(new URL('../dist/main.cjs', import.meta.url));
const file = fileURLToPath(new URL('../docs/reference/commands.md', import.meta.url));

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
const text = [heading, ...sectionsOf([])].join('\n');

if (process.argv.includes('--check')) {
  let written = '';
  try {
    written = readFileSync(file, 'utf8');
  } catch {
    // Not there: stale too.
  }
  if (written !== text) {
    console.error('docs/reference/commands.md is not what --help prints: run node scripts/reference.mjs');
    process.exitCode = 1;
  }
} else writeFileSync(file, text);
