import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { backendOf } from '../backends/choose.ts';
import type { CatalogueEntry } from '../core/catalogue-entry.ts';
import { type PackedRules, unpackRules } from '../core/packed-rules.ts';
import type { Rules } from '../core/rule.ts';
import { Host } from '../linux/host.ts';
import type { Machine } from '../ports/machine.ts';
import { pathLine } from '../render/paths.ts';

/** The machine that this process runs on, with what the build put beside this script. */
export function hostMachine(): Machine {
  return new Host({ line: pathLine, threadScript: threadScript(), resetScript, rules, entries, backendOf });
}

const resetScript = fileURLToPath(new URL('boot/reset-root', import.meta.url));

let loaded: Rules | undefined;

/** The catalogue as the build compiled it: reading TOML would cost more than the rest of the start. */
function rules(): Rules {
  loaded ??= unpackRules(built<PackedRules>('catalogue.json'));
  return loaded;
}

function entries(): readonly CatalogueEntry[] {
  return built('catalogue-entries.json');
}

/** Data that the build put beside this script. */
function built<T>(name: string): T {
  return JSON.parse(readFileSync(new URL(name, import.meta.url), 'utf8')) as T;
}

function threadScript(): URL | undefined {
  const script = new URL('examination-thread.cjs', import.meta.url);
  return existsSync(script) ? script : undefined;
}
