import type { PersistenceModule } from '../core/configuration.ts';
import { bytesOf, rawFromText } from '../core/rawpath.ts';
import type { DiffReport } from '../core/report.ts';
import { display, escapeJson, isPrintable, plainText, unitsOf } from './escape.ts';
import type { DeclarationNotes, Declared, DeclaredGroup, DeclaredList } from './persistence.ts';
import { declaredGroups, factsOf, noNotes, noteText, size } from './persistence.ts';

/**
 * A declaration for a NixOS configuration, `environment.persistence` or `preservation.preserveAt`, to be reviewed: what ebb would persist, and as
 * comments what a person has to decide. Bytes, because a Nix string can hold a name that is not UTF-8.
 */
export function diffNix(report: DiffReport, notes = noNotes): Uint8Array {
  const groups = declaredGroups(report);
  // Built as a byte string; every piece of text in it is encoded by `rawFromText`.
  let nix = `# Proposed by ebb ${notes.command} on ${rawFromText(display(report.host))}. Read it before use.\n`;
  if (groups.length === 0) return bytesOf(`${nix}# Nothing to persist.\n`);
  const { storage, module } = report;
  nix += `${storageOption(storage, module)} = {\n  ${hiding[module]}\n`;
  const how = { notes, module };
  for (const group of groups) {
    if (group.user === undefined) nix += groupText(group, '  ', how);
    else nix += `  users.${attributeName(group.user)} = {\n${groupText(group, '    ', how)}  };\n`;
  }
  return bytesOf(`${nix}};\n`);
}

interface How {
  readonly notes: DeclarationNotes;
  readonly module: PersistenceModule;
}

/** Of a storage: its mounts are no drives of a desktop. */
const hiding: Readonly<Record<PersistenceModule, string>> = {
  impermanence: 'hideMounts = true;',
  preservation: 'commonMountOptions = [ "x-gvfs-hide" ];',
};

/** What declares what is kept in a storage. */
export function storageOption(storage: string, module: PersistenceModule): string {
  const option = module === 'preservation' ? 'preservation.preserveAt' : 'environment.persistence';
  return `${option}.${nixString(storage)}`;
}

/** What is read, or given out, before the booted system could put it in place. */
const early: ReadonlySet<string> = new Set(['/etc/machine-id', '/var/lib/nixos']);

/** An element of `directories` or `files`; `settings`: what else is said of it. */
export function nixElement(
  path: string,
  kind: 'directory' | 'file',
  module: PersistenceModule,
  settings: readonly string[] = [],
): string {
  const all = module === 'preservation' && early.has(path) ? [...settings, 'inInitrd = true;'] : settings;
  return all.length === 0 ? nixString(path) : `{ ${kind} = ${nixString(path)}; ${all.join(' ')} }`;
}

function groupText({ directories, files }: DeclaredGroup, indent: string, how: How): string {
  return listText('directory', directories, indent, how) + listText('file', files, indent, how);
}

function listText(kind: 'directory' | 'file', list: DeclaredList, indent: string, { notes, module }: How): string {
  if (size(list) === 0) return '';
  const lines = list.persist.map(
    (declared) => `${indent}  ${nixElement(declared.path, kind, module)}${rawFromText(noteText(declared, notes))}\n`,
  );
  if (list.decide.length > 0) lines.push(`${indent}  # to decide:\n`);
  for (const declared of list.decide) lines.push(`${indent}  # ${rawFromText(commentOf(declared))}\n`);
  return `${indent}${kind === 'directory' ? 'directories' : 'files'} = [\n${lines.join('')}${indent}];\n`;
}

/** Ready to be used once the `#` is gone; a name that a comment cannot hold as it is stands there for a person only. */
function commentOf({ path, change }: Declared): string {
  const plain = plainText(path);
  return plain === undefined
    ? `(name escaped) ${display(path)}  # ${factsOf(change)}`
    : `${nixStringOfText(plain)}  # ${factsOf(change)}`;
}

function nixStringOfText(text: string): string {
  return `"${text.replace(/["$]/g, '\\$&')}"`;
}

const named: Readonly<Record<string, string>> = {
  '"': '\\"',
  '\\': '\\\\',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
  $: '\\$',
};

/**
 * A Nix string that evaluates to these bytes, itself a byte string. Every `$` is escaped, not only before a brace:
 * `$$` followed by `{` means no interpolation, so a bare `$` would disarm the interpolation after it. A bare CR would
 * become LF. Other controls have no escape in Nix, only in the JSON that `builtins.fromJSON` reads.
 */
export function nixString(raw: string): string {
  let nix = '';
  for (const { raw: sequence, character } of unitsOf(raw)) {
    if (character === undefined) nix += sequence;
    else nix += named[character] ?? (isPrintable(character) ? sequence : fromJson(character));
  }
  return `"${nix}"`;
}

/** The backslashes of the JSON are doubled, since it stands in a Nix string. */
function fromJson(character: string): string {
  return `\${builtins.fromJSON "\\"${escapeJson(character).replaceAll('\\', '\\\\')}\\""}`;
}

const identifier = /^[A-Za-z_][A-Za-z0-9_'-]*$/;
const keywords: ReadonlySet<string> = new Set([
  'assert',
  'else',
  'if',
  'in',
  'inherit',
  'let',
  'or',
  'rec',
  'then',
  'with',
]);

/** A name on the left of `=`: bare where the grammar allows it. */
export function attributeName(raw: string): string {
  return identifier.test(raw) && !keywords.has(raw) ? raw : nixString(raw);
}
