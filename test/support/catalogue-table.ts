/** What the catalogue is expected to say of paths, as tables: one test a table. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { verdictOf } from '../../src/core/category.ts';
import { EntryType, type EntryTypeName } from '../../src/core/change.ts';
import { verdictWith } from '../../src/core/judge.ts';
import { type RawPath, rawFromText } from '../../src/core/rawpath.ts';
import { RuleSet } from '../../src/core/rules.ts';
import { catalogue } from './catalogue.ts';

/**
 * By sentence, lines `CATEGORY PATH [TYPE]`. Where the verdict is not that of the category, this ends in `?` (to decide), `!` (to
 * persist) or `-` (to ignore). A path that ends in a slash is a directory, one without a type a file.
 */
export function testTables(expectations: Readonly<Record<string, string>>): void {
  const rules = new RuleSet(catalogue());
  for (const [sentence, table] of Object.entries(expectations)) {
    test(sentence, () => {
      const rows = table
        .trim()
        .split('\n')
        .map((line) => /^(\S+) +(\/.*?)(?: {2,}(\w+))?$/.exec(line.trim()) ?? assert.fail(line))
        .map(([, said, path = '', type]) => ({ said, path, type }));
      assert.deepEqual(
        rows.map(({ path, type }) => ({ said: said(rules, path, type), path, type })),
        rows,
      );
    });
  }
}

function said(rules: RuleSet, path: string, type: string | undefined): string {
  const isDirectory = path.endsWith('/');
  const name = (type ?? (isDirectory ? 'directory' : 'file')) as EntryTypeName;
  const rule =
    rules.rules[rules.matchPath(rawFromText(isDirectory ? path.slice(0, -1) : path) as RawPath, EntryType[name])];
  const category = rule?.category ?? 'unknown';
  const verdict = verdictWith(category, rule?.persist, { kind: 'added', ignored: false, shadowed: false });
  if (verdict === verdictOf(category)) return category;
  return `${category}${verdict === 'decide' ? '?' : verdict === 'persist' ? '!' : '-'}`;
}
