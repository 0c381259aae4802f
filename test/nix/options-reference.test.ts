/** docs/reference/nixos-options.md, and what it is made from. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { evaluate, forEachLib, withoutNix } from '../support/nix-evaluation.ts';

interface Option {
  readonly name: string;
  readonly type: string;
  readonly description: string | null;
  readonly default: string | null;
  readonly example: string | null;
}

const expression = 'import (repository + "/scripts/nixos-options.nix") { inherit lib; }';
const read = (file: string) => readFileSync(new URL(`../../${file}`, import.meta.url), 'utf8');

forEachLib('every option says what it is for, what it is without being set, and has an example', (evaluate) => {
  const options = evaluate(expression) as Option[];
  assert.ok(options.length > 30, `only ${options.length} options`);
  for (const { name, description, type, default: fallback, example } of options) {
    assert.match(description ?? '', /\S[\s\S]*\.\s*$/, `${name} has no description`);
    assert.notEqual(type, 'unspecified', `${name} has no type`);
    assert.ok(fallback !== null, `${name} has no default`);
    assert.ok(example !== null, `${name} has no example`);
    assert.notEqual(example, fallback, `the example of ${name} is its default`);
  }
});

test('defaults and examples are Nix', { skip: withoutNix }, () => {
  const options = evaluate(expression) as Option[];
  const values = options.flatMap(({ default: fallback, example }) => [`(${fallback})`, `(${example})`]);
  // Nothing of them is computed.
  const count = evaluate(`builtins.length (({ config, pkgs, inputs, system }: [ ${values.join('\n')} ]) {
    config = null; pkgs = null; inputs = null; system = null;
  })`);
  assert.equal(count, 2 * options.length);
});

forEachLib('the page has each option with the type, default and example that the lib gives', (evaluate) => {
  const sections = new Map(
    read('docs/reference/nixos-options.md')
      .split(/^## /m)
      .slice(1)
      .map((text) => [text.slice(1, text.indexOf('`', 1)), flat(text)]),
  );
  const options = evaluate(expression) as Option[];
  assert.deepEqual([...sections.keys()].sort(), options.map(({ name }) => name).sort());
  for (const { name, type, default: fallback, example } of options) {
    const section = sections.get(name) ?? '';
    for (const told of [`- type: ${type}`, flat(fallback ?? ''), flat(example ?? '')]) {
      assert.ok(
        section.includes(told),
        `${name} is not as the page has it (scripts/reference.mjs): ${told}\n${section}`,
      );
    }
  }
});

function flat(text: string): string {
  return text.replace(/\s+/g, ' ');
}
