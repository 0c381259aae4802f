import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { backendOf } from '../backends/choose.ts';
import { type PackedRules, unpackRules } from '../core/packed-rules.ts';
import type { Rule } from '../core/rules.ts';
import { Host } from '../linux/host.ts';
import type { Machine } from '../ports/machine.ts';
import { pathLine } from '../render/paths.ts';

/** The machine that this process runs on, with what the build put beside this script. */
export function hostMachine(): Machine {
  return new Host({ line: pathLine, threadScript: threadScript(), resetScript, rules, backendOf });
}

const resetScript = fileURLToPath(new URL('boot/reset-root', import.meta.url));

let loaded: readonly Rule[] | undefined;

/** The catalogue as the build compiled it: reading TOML would cost more than the rest of the start. */
function rules(): readonly Rule[] {
  loaded ??= unpackRules(JSON.parse(readFileSync(new URL('catalogue.json', import.meta.url), 'utf8')) as PackedRules);
  return loaded;
}

function threadScript(): URL | undefined {
  const script = new URL('examination-thread.cjs', import.meta.url);
  return existsSync(script) ? script : undefined;
}
