/**
 * An examination in a process of its own: without koffi (EBB_NO_KOFFI=1), as another user, or in a private mount
 * namespace. Takes its orders as JSON, and writes the answer as JSON.
 */
import { writeSync } from 'node:fs';
import type { DiffReport, WhyReport } from '../../src/core/report.ts';
import { Syscalls } from '../../src/linux/system/syscalls.ts';
import type { DiffRequest } from '../../src/usecases/diff.ts';
import { catalogue } from './catalogue.ts';
import { childMark } from './examine-elsewhere.ts';
import { checkOf, diffOf, pathsListed, whyOf } from './test-host.ts';
import { run } from './workplace.ts';

export interface ChildOrder {
  readonly root: string;
  readonly asked?: Partial<DiffRequest>;
  readonly bootedAt?: number;
  /** Give up root's rights first, for those of this user. */
  readonly uid?: number;
  /** A shell script to run first. */
  readonly prepare?: string;
  readonly why?: string;
  readonly check?: boolean;
  readonly paths?: boolean;
}

export interface ChildAnswer {
  readonly diff?: DiffReport;
  readonly why?: WhyReport;
  readonly passed?: boolean;
  readonly paths?: readonly string[];
  readonly milliseconds: number;
}

async function answer(order: ChildOrder): Promise<ChildAnswer> {
  const { root, asked, uid, bootedAt } = order;
  if (order.prepare !== undefined) run('sh', ['-euc', order.prepare]);
  // What is loaded late may lie where only root can read it.
  Syscalls.load();
  catalogue();
  if (uid !== undefined) {
    process.setgroups?.([]);
    process.setgid?.(uid);
    process.setuid?.(uid);
  }
  const began = performance.now();
  const milliseconds = (): number => performance.now() - began;
  if (order.why !== undefined) return { why: whyOf(root, order.why), milliseconds: milliseconds() };
  if (order.check === true) return { passed: (await checkOf(root, asked)).passed, milliseconds: milliseconds() };
  if (order.paths === true) return { paths: await pathsListed(root, asked), milliseconds: milliseconds() };
  const diff = await diffOf(root, asked, bootedAt === undefined ? {} : { bootedAt });
  return { diff, milliseconds: milliseconds() };
}

const order = JSON.parse(process.argv[2] ?? '') as ChildOrder;
const text = `${childMark}${JSON.stringify(await answer(order))}\n`;
const bytes = Buffer.from(text);
for (let at = 0; at < bytes.length; ) at += writeSync(1, bytes, at);
