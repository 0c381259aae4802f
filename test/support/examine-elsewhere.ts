import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { ChildAnswer, ChildOrder } from './examine-child.ts';

/** Before the answer, whatever else the process may say. */
export const childMark = 'answer: ';

export interface Elsewhere {
  readonly noKoffi?: boolean;
  readonly ownMounts?: boolean;
}

/** Has a child process examine a root. */
export function examineElsewhere(order: ChildOrder, { noKoffi = false, ownMounts = false }: Elsewhere): ChildAnswer {
  const script = fileURLToPath(new URL('examine-child.ts', import.meta.url));
  const command = [...(ownMounts ? ['unshare', '-m'] : []), process.execPath, script, JSON.stringify(order)];
  const [program, ...args] = command as [string, ...string[]];
  const env = { ...process.env, ...(noKoffi ? { EBB_NO_KOFFI: '1' } : {}) };
  const { status, stdout, stderr } = spawnSync(program, args, { env, encoding: 'utf8', maxBuffer: 1e9 });
  const at = stdout.lastIndexOf(childMark);
  if (status !== 0 || at < 0) throw new Error(`the child ended with ${status}: ${stderr}`);
  return JSON.parse(stdout.slice(at + childMark.length)) as ChildAnswer;
}
