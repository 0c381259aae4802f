import type { NixosProposal, NixosValue } from '../core/nixos-proposal.ts';
import { bytesOf, rawFromText } from '../core/rawpath.ts';
import { display } from './escape.ts';
import { nixString } from './nix.ts';

const modules = {
  impermanence: 'impermanence.nixosModules.impermanence',
  preservation: 'preservation.nixosModules.preservation',
};

/** A module for the flake of the machine, and what brings it in, as a file to be reviewed. Bytes, as paths may be any. */
export function nixosModule({ settings, module, before }: NixosProposal, host: string): Uint8Array {
  const lines = [
    `# Proposed by ebb init on ${rawFromText(display(host))}. Read it before use: docs/guide/nixos.md`,
    '#',
    '# In flake.nix, with this file as ebb.nix:',
    '#   inputs.ebb.url = "git+file:///path/to/ebb";  # where you have it from',
    `#   inputs.${module}.url = "github:nix-community/${module}";`,
    `#   modules = [ ebb.nixosModules.default ${modules[module]} ./ebb.nix ];`,
    '#',
    '# What to keep: ebb survey --format nix',
    ...(before.length === 0 ? [] : ['#', '# Before that:']),
    ...before.map((sentence) => `# - ${rawFromText(display(sentence))}`),
    '{',
    ...blockOf(
      settings.map(([option, value]): Setting => ({ path: option.split('.'), value })),
      '  ',
    ),
    '}',
  ];
  return bytesOf(`${lines.join('\n')}\n`);
}

interface Setting {
  readonly path: readonly string[];
  readonly value: NixosValue;
}

/** Options that begin alike are written as one set. */
function blockOf(settings: readonly Setting[], indent: string): string[] {
  const groups = Map.groupBy(settings, ({ path: [first = ''] }) => first);
  return Array.from(groups, ([name, members]) => {
    const [only] = members;
    if (members.length === 1 && only !== undefined)
      return [`${indent}${only.path.join('.')} = ${valueText(only.value)};`];
    const inner = members.map(({ path, value }) => ({ path: path.slice(1), value }));
    return [`${indent}${name} = {`, ...blockOf(inner, `${indent}  `), `${indent}};`];
  }).flat();
}

function valueText(value: NixosValue): string {
  if (typeof value === 'boolean') return String(value);
  return typeof value === 'string' ? nixString(value) : `[ ${value.map((one) => nixString(one)).join(' ')} ]`;
}
