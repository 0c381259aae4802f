/** A root that is reset at boot and the roots of two boots before, with a journal, for `ebb doctor`. */
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import * as v from 'valibot';
import { doctorKinds, severities } from '../../src/core/doctor/doctor-report.ts';
import { documentOf } from './cli-documents.ts';
import { assertStatus, ebb, text } from './cli-program.ts';
import { buildTree, type TreeSpec, temporaryDirectory } from './cli-roots.ts';
import { type Fields, makeJournal, message } from './journal-files.ts';

const count = v.pipe(v.number(), v.integer(), v.minValue(0));
const time = v.nullable(v.pipe(v.string(), v.endsWith('Z')));
const path = v.pipe(v.string(), v.startsWith('/'));
const base64 = v.optional(v.pipe(v.string(), v.base64()));

export const doctorDocument = v.object({
  schema: v.literal('ebb.doctor/1'),
  host: v.string(),
  reportedAt: time,
  root: v.object({ mount: path, ephemeral: v.boolean() }),
  journal: v.object({
    ...{ source: v.string(), boot: v.string(), entries: count, complete: v.boolean(), first: time, last: time },
  }),
  oldRoots: v.nullable(v.object({ directory: path, searched: count, failed: count })),
  findings: v.array(
    v.object({
      kind: v.picklist(doctorKinds),
      severity: v.picklist(severities),
      what: v.string(),
      units: v.array(v.string()),
      failed: v.array(v.string()),
      container: v.nullable(v.string()),
      path: v.nullable(path),
      pathBase64: base64,
      type: v.nullable(v.string()),
      paths: v.array(v.object({ path, pathBase64: base64 })),
      messages: v.array(v.object({ text: v.string(), by: v.nullable(v.string()), count, first: time, last: time })),
      count,
      was: v.nullable(
        v.object({
          ...{ oldRoot: v.string(), resetAt: time, type: v.string(), files: count, bytes: count, more: v.boolean() },
        }),
      ),
      evidence: v.array(v.string()),
      commands: v.array(v.string()),
      declare: v.array(
        v.object({ storage: path, path, type: v.picklist(['directory', 'file']), nix: v.string(), toml: v.string() }),
      ),
    }),
  ),
  hidden: count,
  warnings: v.array(v.object({ code: v.string(), message: v.string() })),
});

export interface DoctorMachine {
  readonly root: string;
  readonly oldRoots: string;
}

/** When the boots began: the last one is that of the root. */
export const bootedAt = ['2026-11-18T08:15:00Z', '2026-11-19T08:15:00Z', '2026-11-20T08:15:00Z'] as const;
/** The old roots of the first two. */
export const names = ['2026-11-18_08-15-00', '2026-11-19_08-15-00'] as const;

function boot(sequence: number): string {
  return JSON.stringify({ schema: 'ebb.boot/1', sequence, bootedAt: bootedAt[sequence - 1] });
}

export function doctorMachine(
  t: TestContext,
  now: TreeSpec,
  newest: TreeSpec,
  oldest: TreeSpec,
  journal: readonly Buffer[],
  root = join(temporaryDirectory(t), 'root'),
): DoctorMachine {
  const oldRoots = join(temporaryDirectory(t), 'old_roots');
  buildTree(root, { ...now, '.ebb/boot.json': boot(3) });
  buildTree(join(oldRoots, names[1]), { ...newest, '.ebb/boot.json': boot(2) });
  buildTree(join(oldRoots, names[0]), { ...oldest, '.ebb/boot.json': boot(1) });
  if (journal.length > 0) makeJournal(join(root, 'var/log/journal', 'b'.repeat(32)), journal);
  return { root, oldRoots };
}

export function doctor({ root, oldRoots }: DoctorMachine, ...args: string[]) {
  return ebb(['doctor', '--root', root, '--old-roots', oldRoots, ...args]);
}

export function doctorReport(machine: DoctorMachine, ...args: string[]) {
  const outcome = doctor(machine, '--json', ...args);
  assertStatus(outcome, 0);
  return documentOf(doctorDocument, text(outcome.stdout));
}

export function ofUnit(unit: string, fields: Fields = {}): Fields {
  return { SYSLOG_IDENTIFIER: unit.replace(/\.service$/, ''), _SYSTEMD_UNIT: unit, ...fields };
}

/** What systemd says of a unit. */
export function systemd(unit: string, words: string): Buffer {
  return message(words, { SYSLOG_IDENTIFIER: 'systemd', _SYSTEMD_UNIT: 'init.scope', UNIT: unit });
}
