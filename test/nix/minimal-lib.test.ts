/** The minimal lib against that of nixpkgs: the same cases, and what came of them there is in golden/lib-cases.txt. */
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import * as fc from 'fast-check';
import {
  evaluate,
  evaluationError,
  forEachLib,
  minimalLib,
  nixpkgsLib,
  nixString,
  withoutNix,
  withoutNixpkgsLib,
} from '../support/nix-evaluation.ts';
import { definitionsOfAnOption } from './definitions-of-an-option.ts';

const golden = join(import.meta.dirname, 'golden/lib-cases.txt');
const real = nixpkgsLib ?? minimalLib;
const cases = 'import (repository + "/test/nix/cases") { inherit lib; }';
const seed = Number(process.env['EBB_TEST_SEED'] ?? 7);

test('every case gives what it gives with the lib of nixpkgs, as it was noted', { skip: withoutNix }, () => {
  if (process.env['EBB_UPDATE_GOLDEN'] === '1' && nixpkgsLib !== undefined) {
    writeFileSync(golden, `${linesOf(evaluate(cases, nixpkgsLib)).join('\n')}\n`);
  }
  assertSameLines(linesOf(evaluate(cases, minimalLib)), readFileSync(golden, 'utf8').trimEnd().split('\n'));
});

test('every case gives the same with the lib of nixpkgs', { skip: withoutNixpkgsLib }, () => {
  assertSameLines(linesOf(evaluate(cases, minimalLib)), linesOf(evaluate(cases, real)));
});

/** A line for each case: `AREA/GROUP/NAME: "fails"`, or the value. */
function linesOf(value: unknown, path: readonly string[] = []): string[] {
  if (!isRecord(value) || 'value' in value) {
    return [`${path.join('/')}: ${JSON.stringify(isRecord(value) ? value['value'] : value)}`];
  }
  return Object.entries(value).flatMap(([key, below]) => linesOf(below, [...path, key]));
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The first that differs: a difference of thousands of lines is none to read. */
function assertSameLines(actual: readonly string[], expected: readonly string[]): void {
  for (const [index, line] of expected.entries()) assert.equal(actual[index], line);
  assert.equal(actual.length, expected.length);
}

test('it has no name that the lib of nixpkgs has not', { skip: withoutNixpkgsLib }, () => {
  const names = `
    let
      below = [ "" "attrsets" "lists" "modules" "options" "strings" "trivial" "types" ];
      of = area: builtins.attrNames (if area == "" then lib else lib.\${area});
    in
    builtins.listToAttrs (map (area: { name = area; value = of area; }) below)`;
  const ours = evaluate(names, minimalLib) as Record<string, string[]>;
  const theirs = evaluate(names, real) as Record<string, string[]>;
  for (const [area, list] of Object.entries(ours)) {
    assert.deepEqual(
      list.filter((name) => !theirs[area]?.includes(name)),
      [],
      `lib.${area}`,
    );
  }
});

test('definitions of any kind come together as with the lib of nixpkgs', { skip: withoutNixpkgsLib }, (t) => {
  const samples = fc.sample(definitionsOfAnOption, { numRuns: 250, seed });
  t.diagnostic(`EBB_TEST_SEED=${seed}`);
  const expression = `map
    (modules:
      let
        value = (lib.evalModules { inherit modules; }).config;
        result = builtins.tryEval (builtins.deepSeq value value);
      in
      if result.success then result.value else "fails")
    (with lib; [ ${samples.join('\n')} ])`;
  const [ours, theirs] = [minimalLib, real].map((lib) => evaluate(expression, lib) as unknown[]) as [
    unknown[],
    unknown[],
  ];
  for (const [index, sample] of samples.entries()) assert.deepEqual(ours[index], theirs[index], sample);
  const failing = theirs.filter((value) => value === 'fails').length;
  assert.ok(failing < samples.length / 2, `${failing} of ${samples.length} fail: little is compared`);
});

test('functions of strings give the same for any string', { skip: withoutNixpkgsLib }, () => {
  const text = fc.string({ unit: fc.constantFrom(...'ab/.-_ \n\t\'"$\\{}()[]*+?|^%#äA0'), maxLength: 12 });
  const samples = fc.sample(fc.tuple(text, text), { numRuns: 200, seed });
  const expression = `map
    ({ a, b }: [
      (lib.hasPrefix a b) (lib.hasSuffix a b) (lib.removePrefix a b) (lib.removeSuffix a b)
      (if a == "" then null else lib.splitString a b)
      (lib.escapeShellArg a) (lib.strings.escapeNixString a) (lib.escapeRegex a) (lib.toLower a) (lib.toUpper a)
      (lib.strings.escapeC [ "a" " " "-" "$" ] a) (lib.escape [ "a" "$" ] a) (lib.trim a) (lib.showOption [ a b ])
    ])
    [ ${samples.map(([a, b]) => `{ a = ${nixString(a)}; b = ${nixString(b)}; }`).join('\n')} ]`;
  const [ours, theirs] = [minimalLib, real].map((lib) => evaluate(expression, lib) as unknown[]) as [
    unknown[],
    unknown[],
  ];
  for (const [index, sample] of samples.entries()) {
    assert.deepEqual(ours[index], theirs[index], JSON.stringify(sample));
  }
});

const mistakes: { name: string; modules: string; message: RegExp }[] = [
  {
    name: 'an option that is not declared',
    modules: '[ { _file = "host.nix"; ebbb.enable = true; } ]',
    message: /The option `ebbb' does not exist.*In `host\.nix'/s,
  },
  {
    name: 'an option below declared ones that is not declared',
    modules: '[ { options.ebb.enable = mkOption { }; } { _file = "host.nix"; config.ebb.enabel = true; } ]',
    message: /The option `ebb\.enabel' does not exist.*In `host\.nix': true/s,
  },
  {
    name: 'a value of the wrong type',
    modules: '[ { options.a.b = mkOption { type = types.bool; }; } { _file = "host.nix"; config.a.b = "yes"; } ]',
    message: /A definition for option `a\.b' is not of type `boolean'.*In `host\.nix': "yes"/s,
  },
  {
    name: 'an element of the wrong type',
    modules:
      '[ { options.a = mkOption { type = types.listOf types.str; }; } { _file = "host.nix"; config.a = [ 1 ]; } ]',
    message: /A definition for option `a\."\[definition 1-entry 1\]"' is not of type `string'/,
  },
  {
    name: 'an option without a value',
    modules: '[ { options.a = mkOption { type = types.str; }; } ]',
    message: /The option `a' was accessed but has no value defined/,
  },
  {
    name: 'definitions that conflict',
    modules:
      '[ { options.a = mkOption { type = types.str; }; } { _file = "x.nix"; a = "1"; } { _file = "y.nix"; a = "2"; } ]',
    message: /The option `a' has conflicting definition values:.*In `y\.nix': "2".*In `x\.nix': "1"/s,
  },
  {
    name: 'a read-only option that is set',
    modules: '[ { options.a = mkOption { readOnly = true; default = 1; }; } { a = 2; } ]',
    message: /The option `a' is read-only, but it's set multiple times/,
  },
  {
    name: 'an option of a submodule that is not declared',
    modules: `[
      { options.a = mkOption { type = types.attrsOf (types.submodule { options.b = mkOption { default = 1; }; }); }; }
      { _file = "host.nix"; config.a.one.c = 2; }
    ]`,
    message: /The option `a\.one\.c' does not exist.*In `host\.nix': 2/s,
  },
];
for (const { name, modules, message } of mistakes) {
  forEachLib(`the message says where and what: ${name}`, (_, lib) => {
    const expression = `with lib; (lib.evalModules { modules = ${modules}; }).config`;
    assert.match(evaluationError(expression, lib) ?? '', message);
  });
}
