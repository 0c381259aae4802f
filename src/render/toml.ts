import { textOf } from '../core/rawpath.ts';
import type { DiffReport } from '../core/report.ts';
import { display, escapeToml } from './escape.ts';
import type { DeclarationNotes, Declared, DeclaredGroup, DeclaredList } from './persistence.ts';
import { declaredGroups, factsOf, noNotes, noteText, size } from './persistence.ts';

/**
 * A `[persistence]` declaration for `/etc/ebb/config.toml`, to be reviewed: what ebb would persist, and as comments
 * what a person has to decide.
 *
 * TOML is UTF-8 throughout, so a name that is not is an inline table with the base64 (RFC 4648, padded) of its bytes:
 * `{ directory_base64 = "…" }` among the directories, `{ file_base64 = "…" }` among the files. Whoever reads the
 * configuration has to accept these wherever `{ directory = "…" }` and `{ file = "…" }` are accepted. A storage that
 * is not UTF-8 is the key's display form, with its bytes under `storage_base64`.
 */
export function diffToml(report: DiffReport, notes = noNotes): string {
  const groups = declaredGroups(report);
  const heading = `# Proposed by ebb ${notes.command} on ${display(report.host)}. Read it before use.\n`;
  if (groups.length === 0) return `${heading}# Nothing to persist.\n`;
  const storage = textOf(report.storage);
  const table = `persistence.${tomlString(storage ?? display(report.storage))}`;
  let toml = `${heading}[${table}]\n`;
  if (storage === undefined) toml += `storage_base64 = "${btoa(report.storage)}"\n`;
  toml += 'hide_mounts = true\n';
  for (const group of groups) {
    if (group.user !== undefined) toml += `\n[${table}.users.${key(group.user)}]\n`;
    toml += groupText(group, notes);
  }
  return toml;
}

function groupText({ directories, files }: DeclaredGroup, notes: DeclarationNotes): string {
  return listText('directories', 'directory', directories, notes) + listText('files', 'file', files, notes);
}

function listText(name: string, one: string, list: DeclaredList, notes: DeclarationNotes): string {
  if (size(list) === 0) return '';
  const lines = list.persist.map(
    (declared) =>
      `  ${tomlPath(declared.path, one)},${textOf(declared.path) === undefined ? `  # ${display(declared.path)}` : noteText(declared, notes)}\n`,
  );
  if (list.decide.length > 0) lines.push('  # to decide:\n');
  for (const { path, change } of list.decide) lines.push(`  # ${tomlPath(path, one)},  # ${factsIn(path, change)}\n`);
  return `${name} = [\n${lines.join('')}]\n`;
}

function factsIn(path: string, change: Declared['change']): string {
  return textOf(path) === undefined ? `${display(path)}: ${factsOf(change)}` : factsOf(change);
}

function tomlPath(path: string, one: string): string {
  const text = textOf(path);
  return text === undefined ? `{ ${one}_base64 = "${btoa(path)}" }` : tomlString(text);
}

const named: Readonly<Record<string, string>> = { '"': '\\"', '\\': '\\\\', '\n': '\\n', '\r': '\\r', '\t': '\\t' };

/** A basic string: on one line, with nothing in it that cannot be seen. */
export function tomlString(text: string): string {
  return `"${escapeToml(text.replace(/["\\\n\r\t]/g, (character) => named[character]))}"`;
}

function key(name: string): string {
  return /^[A-Za-z0-9_-]+$/.test(name) ? name : tomlString(name);
}
