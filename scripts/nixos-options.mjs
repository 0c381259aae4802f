// docs/reference/nixos-options.md, from nix/options.nix: evaluated with the small module system of the tests, which gives
// what nixpkgs' gives (test/nix/options-reference.test.ts), so that neither nixpkgs nor a network is needed.
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const expression = fileURLToPath(new URL('nixos-options.nix', import.meta.url));
const minimalLib = fileURLToPath(new URL('../test/nix/minimal-lib', import.meta.url));

/** Options in the order in which somebody meets them; what is not named here follows. */
const groups = ['', 'root', 'retention', 'sets', 'check', 'gc', 'watch', 'capture', 'metrics'];
const firstOfGroup = ['enable', 'package', 'storage', 'filesystem', 'device', 'type', 'interval'];

/** The options that nix/options.nix declares, as nix-instantiate gives them; null where there is none. */
export function nixosOptions(lib = minimalLib) {
  const { error, status, stdout, stderr } = spawnSync(
    'nix-instantiate',
    ['--eval', '--strict', '--json', '--store', 'dummy://', expression, '--arg', 'lib', `import ${lib}`],
    { encoding: 'utf8', maxBuffer: 2 ** 26 },
  );
  if (error?.code === 'ENOENT') return null;
  if (error !== undefined || status !== 0) throw error ?? new Error(`nix-instantiate: exit ${status}\n${stderr}`);
  return JSON.parse(stdout);
}

export function nixosOptionsText(options) {
  const sorted = [...options].sort((a, b) => rank(a.name) - rank(b.name) || (a.name < b.name ? -1 : 1));
  const links = new Map(options.map(({ name }) => [name, `[\`${name}\`](#${name.toLowerCase().replaceAll('.', '')})`]));
  return [
    `# Options of NixOS

Every option of the module, from \`nix/options.nix\`. [NixOS](../guide/nixos.md) has the tasks that they are for.
\`scripts/reference.mjs\` writes this page; do not edit it.

${sorted.map(({ name }) => links.get(name)).join(' · ')}
`,
    ...sorted.map((option) => section(option, links)),
  ].join('\n');
}

function rank(name) {
  const [, ...parts] = name.split('.');
  const group = parts.length > 1 || groups.includes(parts[0]) ? parts[0] : '';
  const place = (list, value) => (list.includes(value) ? list.indexOf(value) : list.length);
  return place(groups, group) * 100 + (parts.length === 1 && group !== '' ? 0 : 1 + place(firstOfGroup, parts.at(-1)));
}

function section({ name, type, description, default: fallback, example, readOnly }, links) {
  return [
    `## \`${name}\`\n`,
    `${markdown(description, links)}\n`,
    `- type: ${type}${readOnly ? ', read-only' : ''}`,
    fallback === null ? '- no default: it has to be set' : valueLine('default', fallback),
    ...(example === null ? [] : [valueLine('example', example)]),
    '',
  ].join('\n');
}

/** What nixpkgs' manual writes as {role}`text`. */
function markdown(text, links) {
  return text
    .trim()
    .replace(/\{option\}`([^`]+)`/g, (_, name) => links.get(name) ?? `\`${name}\``)
    .replace(/\{[a-z]+\}(?=`)/g, '');
}

function valueLine(what, nix) {
  const onOneLine = nix.trim().replace(/\s*\n\s*/g, ' ');
  if (!nix.includes("''\n") && !nix.includes('#') && onOneLine.length <= 110) return `- ${what}: \`${onOneLine}\``;
  return `- ${what}:\n\n  \`\`\`nix\n${nix.trim().replace(/^(?=.)/gm, '  ')}\n  \`\`\``;
}
