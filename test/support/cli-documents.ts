/** The JSON documents of the command line as another program relies on them: what is promised, and nothing of the rest. */

import * as v from 'valibot';
import { categories, verdicts } from '../../src/core/category.ts';
import { changeKinds, entryTypes } from '../../src/core/change.ts';

const count = v.pipe(v.number(), v.integer(), v.minValue(0));
const time = v.nullable(v.pipe(v.string(), v.regex(/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d{6})?Z$/)));
const path = v.pipe(v.string(), v.startsWith('/'));
const category = v.picklist(categories);
const verdict = v.picklist(verdicts);
const evidence = v.array(v.object({ source: v.string(), detail: v.string() }));
const totals = v.object({ entries: count, bytes: count });
const warnings = v.array(v.object({ code: v.string(), message: v.string() }));

const change = v.object({
  path,
  pathBase64: v.optional(v.pipe(v.string(), v.base64())),
  kind: v.picklist(changeKinds),
  type: v.picklist(entryTypes),
  category,
  verdict,
  entries: v.pipe(count, v.minValue(1)),
  bytes: count,
  mtime: time,
  apart: count,
  folds: v.pipe(count, v.minValue(1)),
  shadowed: v.boolean(),
  ignored: v.boolean(),
  evidence,
});

const circumstances = {
  host: v.string(),
  reportedAt: time,
  uptime: count,
  root: v.object({
    mount: path,
    filesystem: v.string(),
    subvolume: v.nullable(v.string()),
    ephemeral: v.boolean(),
    ephemeralReason: v.string(),
  }),
  baseline: v.object({
    kind: v.picklist(['baseline', 'boot', 'directory', 'packages', 'nothing']),
    at: time,
    detail: v.string(),
  }),
  view: v.object({
    method: v.picklist(['open_tree', 'mount-table']),
    search: v.picklist(['walk', 'tree-search']),
    seesShadowed: v.boolean(),
    unreadable: count,
  }),
  selective: v.boolean(),
  storage: path,
  summary: v.object({
    entries: count,
    bytes: count,
    byCategory: v.record(category, totals),
    hidden: v.object({ generated: count, runtime: count, ignored: count }),
  }),
  warnings,
};

export const diffDocument = v.object({ schema: v.literal('ebb.diff/1'), ...circumstances, changes: v.array(change) });

export const checkDocument = v.object({
  schema: v.literal('ebb.check/1'),
  ...circumstances,
  passed: v.boolean(),
  failOn: v.array(category),
  losing: v.array(change),
  uncovered: v.array(v.object({ path, declaredIn: v.string(), problem: v.string() })),
  resetFailed: v.nullable(v.string()),
});

export const whyDocument = v.object({
  schema: v.literal('ebb.why/1'),
  path,
  pathBase64: v.optional(v.pipe(v.string(), v.base64())),
  exists: v.boolean(),
  type: v.nullable(v.picklist(entryTypes)),
  resolved: path,
  mount: v.object({ point: path, filesystem: v.string(), source: v.string(), subtree: v.string() }),
  fate: v.picklist(['lost', 'kept', 'volatile', 'traditional']),
  unchanged: v.nullable(v.object({ comesBack: v.boolean(), package: v.nullable(v.string()) })),
  reasons: evidence,
  category,
  verdict,
  rule: v.nullable(v.object({ pattern: v.string(), file: v.string() })),
  warnings,
});

export const baselineDocument = v.object({
  schema: v.literal('ebb.baseline/1'),
  root: path,
  path,
  entries: count,
  recorded: v.boolean(),
});

/** The one document that this is, checked. */
export function documentOf<const S extends v.GenericSchema>(schema: S, json: string): v.InferOutput<S> {
  return v.parse(schema, JSON.parse(json));
}
