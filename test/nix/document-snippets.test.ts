/** What the documents show of Nix. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { type Block, blocksOf, documents, proseOf } from '../support/documents.ts';
import { evaluate, withoutNix } from '../support/nix-evaluation.ts';

const all = documents();
const snippets = all.flatMap(blocksOf).filter(({ language }) => language === 'nix');

/** Whether it sets options of ebb. As the body of a module: an expression, or what stands between the braces of one. */
function setsOptions({ text, place }: Block): unknown {
  const complaints: unknown[] = [];
  for (const body of [`(\n${text}\n)`, `{\n${text}\n}`]) {
    try {
      return evaluate(`
        let
          args = { inherit lib; config = throw "config"; pkgs = throw "pkgs"; inputs = throw "inputs"; };
          shown = ({ config, lib, pkgs, inputs, ... }: ${body}) args;
          module = if builtins.isFunction shown then shown args else shown;
          evaluated = lib.evalModules {
            modules = [
              (repository + "/nix/options.nix")
              { _module.args.pkgs = args.pkgs; ebb = module.ebb or { }; }
            ];
          };
          computed = removeAttrs evaluated.config.ebb [ "package" "persisted" ];
        in
        builtins.isAttrs module && builtins.deepSeq computed (module ? ebb)`);
    } catch (error) {
      complaints.push(error);
    }
  }
  assert.fail(`${place}\n${complaints.join('\n')}`);
}

test('every snippet of Nix is Nix, and sets options of ebb that there are, to what they take', {
  skip: withoutNix,
}, () => {
  assert.ok(snippets.length > 10);
  const setting = snippets.filter((snippet) => setsOptions(snippet) === true);
  assert.ok(setting.length > 5, `only ${setting.length} set options of ebb`);
});

const nixfmt = process.env['EBB_TEST_NIXFMT'] ?? 'nixfmt';
const withoutNixfmt = spawnSync(nixfmt, ['--version']).error === undefined ? false : 'nixfmt is not installed';
test('nixfmt would change nothing of the snippets', { skip: withoutNixfmt }, () => {
  for (const { text, place } of snippets) {
    const { stdout, stderr } = spawnSync(nixfmt, ['-'], { input: text, encoding: 'utf8' });
    assert.equal(text.trim(), stdout.trim(), `${place} ${stderr}`);
  }
});

/** What is called like an option and is none: of a flake, of the kernel command line, of a file. */
const others =
  /^(inputs|lib|nix|nixosModules|overlays|packages|persistenceSets|templates|url|skip|force|prom|service|timer|toml)\b/;

test('every option of ebb that the documents name is there', { skip: withoutNix }, () => {
  const options = evaluate('import (repository + "/scripts/nixos-options.nix") { inherit lib; }') as { name: string }[];
  const names = new Set(
    options.flatMap(({ name }) => {
      const parts = name.split('.');
      return parts.map((_, i) => parts.slice(0, i + 1).join('.'));
    }),
  );
  // Internal, and yet to be asked for.
  names.add('ebb.persisted');
  let found = 0;
  for (const document of [...all, ...documents('CHANGELOG.md')]) {
    // Not ebb.diff/1, not ebb.root=NAME.
    for (const [text, name = ''] of proseOf(document).matchAll(
      /(?<![\w./-])ebb\.([a-z]\w*(?:\.[a-z]\w*)*)(?![\w/]|=)/gi,
    )) {
      if (others.test(name)) continue;
      found++;
      assert.ok(names.has(text), `${document.file}: there is no option ${text}`);
    }
  }
  assert.ok(found > 20, `only ${found} are named`);
});
