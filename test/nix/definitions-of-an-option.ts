/** Arbitrary lists of modules, as Nix: one option `x` of some type, and definitions of it in any wrapping. */
import * as fc from 'fast-check';
import { nixString } from '../support/nix-evaluation.ts';

const number = fc.integer({ min: 0, max: 4 }).map(String);
const text = fc.constantFrom('a', 'b', 'a\n', '$x').map(nixString);
const truth = fc.boolean().map(String);

interface Kind {
  readonly type: string;
  readonly value: fc.Arbitrary<string>;
  /** Upstream takes no place in the order for a submodule: that is an error of its own code. */
  readonly unordered?: true;
}

/** A value in conditions, priorities, places in the order, and merges of several. */
function wrapped(value: fc.Arbitrary<string>, places = 2): fc.Arbitrary<string> {
  const { whole } = fc.letrec<{ whole: string }>((tie) => ({
    whole: fc.oneof(
      { depthSize: 'small', withCrossShrink: true },
      { arbitrary: value, weight: 5 },
      { arbitrary: fc.tuple(fc.boolean(), tie('whole')).map(([is, it]) => `(mkIf ${is} ${it})`), weight: 2 },
      {
        arbitrary: fc
          .tuple(fc.constantFrom('mkForce', 'mkDefault', 'mkOptionDefault', '(mkOverride 100)'), tie('whole'))
          .map(([by, it]) => `(${by} ${it})`),
        weight: 1,
      },
      {
        arbitrary: fc
          .tuple(fc.constantFrom('mkBefore', 'mkAfter', '(mkOrder 1000)', '(mkOrder 700)'), value)
          .map(([by, it]) => `(${by} ${it})`),
        weight: places,
      },
      {
        arbitrary: fc
          .array(tie('whole'), { minLength: 1, maxLength: 3 })
          .map((all) => `(mkMerge [ ${all.join(' ')} ])`),
        weight: 1,
      },
    ),
  }));
  return whole;
}

function listsOf(element: fc.Arbitrary<string>): fc.Arbitrary<string> {
  return fc.array(element, { maxLength: 3 }).map((all) => `[ ${all.join(' ')} ]`);
}

function setsOf(value: fc.Arbitrary<string>): fc.Arbitrary<string> {
  return fc
    .uniqueArray(fc.constantFrom('p', 'q', '"r s"'), { maxLength: 3 })
    .chain((names) => fc.tuple(...names.map((name) => value.map((it) => `${name} = ${it};`))))
    .map((all) => `{ ${all.join(' ')} }`);
}

const submodule = `(types.submodule ({ name, config, ... }: {
  options.name = mkOption { default = name; };
  options.p = mkOption { type = types.listOf types.int; default = [ 7 ]; };
  options.q = mkOption { type = types.nullOr types.int; default = null; };
  options."r s" = mkOption { type = types.listOf types.int; apply = map (n: n + lib.length config.p); };
}))`;
const inSubmodule = fc
  .tuple(wrapped(listsOf(number)), wrapped(number), wrapped(listsOf(number)), fc.subarray(['p', 'q', 'r']))
  .map(([p, q, r, said]) => {
    const all = { p: `p = ${p};`, q: `q = ${q};`, r: `"r s" = ${r};` };
    return `{ ${said.map((name) => all[name as keyof typeof all]).join(' ')} }`;
  });

const kinds: readonly Kind[] = [
  { type: 'types.int', value: number },
  { type: 'types.bool', value: truth },
  { type: 'types.lines', value: text },
  { type: 'types.str', value: text },
  { type: '(types.enum [ 0 1 2 ])', value: number },
  { type: '(types.nullOr types.int)', value: fc.oneof(number, fc.constant('null')) },
  { type: '(types.listOf types.int)', value: listsOf(wrapped(number)) },
  { type: '(types.nonEmptyListOf types.int)', value: listsOf(number) },
  { type: '(types.attrsOf types.int)', value: setsOf(wrapped(number)) },
  { type: '(types.attrsOf (types.listOf types.int))', value: setsOf(wrapped(listsOf(number))) },
  { type: '(types.lazyAttrsOf (types.listOf types.int))', value: setsOf(listsOf(number)) },
  { type: '(types.either types.int (types.listOf types.str))', value: fc.oneof(number, listsOf(text)) },
  {
    type: '(types.coercedTo types.int (n: [ n ]) (types.listOf types.int))',
    value: fc.oneof(number, listsOf(number)),
  },
  { type: 'types.anything', value: setsOf(fc.oneof(number, setsOf(number), listsOf(number))) },
  { type: 'types.unspecified', value: listsOf(number) },
  { type: submodule, value: inSubmodule, unordered: true },
  { type: `(types.attrsOf ${submodule})`, value: setsOf(wrapped(inSubmodule, 0)) },
  { type: `(types.listOf ${submodule})`, value: listsOf(inSubmodule) },
];

export const definitionsOfAnOption: fc.Arbitrary<string> = fc
  .constantFrom(...kinds)
  .chain(({ type, value, unordered }) => {
    const places = unordered ? 0 : 2;
    const definition = wrapped(value, places).map((it) => `{ x = ${it}; }`);
    const conditional = fc.tuple(fc.boolean(), definition).map(([is, it]) => `(mkIf ${is} ${it})`);
    const leaf = fc.oneof({ arbitrary: definition, weight: 4 }, { arbitrary: conditional, weight: 1 });
    const importing = fc
      .tuple(fc.array(leaf, { minLength: 1, maxLength: 2 }), wrapped(value, places))
      .map(([imports, own]) => `{ imports = [ ${imports.join(' ')} ]; x = ${own}; }`);
    const modules = fc.array(fc.oneof({ arbitrary: leaf, weight: 3 }, { arbitrary: importing, weight: 1 }), {
      minLength: 1,
      maxLength: 3,
    });
    return fc
      .tuple(fc.option(value, { freq: 2 }), modules)
      .map(
        ([byDefault, all]) =>
          `[ { options.x = mkOption { type = ${type};${byDefault === null ? '' : ` default = ${byDefault};`} }; } ${all.join(' ')} ]`,
      );
  });
