import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { bytesOf, rawFromText } from '../../src/core/rawpath.ts';
import { isPrintable } from '../../src/render/escape.ts';
import { shellQuote } from '../../src/render/shell-quote.ts';
import { anyRaw } from '../support/arbitrary-names.ts';

const shells: readonly (readonly [string, ...string[]])[] = [['sh'], ['bash'], ['dash'], ['busybox', 'sh'], ['zsh']];

/** What the shell makes of each of these words. */
function wordsIn([program, ...args]: readonly [string, ...string[]], raws: readonly string[]): string[] {
  const script = `printf '%s\\0' ${raws.map(shellQuote).join(' ')}\n`;
  const { stdout, stderr, error } = spawnSync(program, args, { input: Buffer.from(script, 'utf8') });
  if (error !== undefined) throw error;
  assert.equal(stderr.toString(), '');
  return stdout.toString('latin1').split('\0').slice(0, -1);
}

/** A slash is put behind newlines that the shell would drop. */
const kept = (raw: string): string => (raw.endsWith('\n') ? `${raw}/` : raw);

const hostile = fc
  .oneof(anyRaw, fc.string({ unit: fc.constantFrom(...'-=~!#%&*?[]$`"\'\\ \n\t\x01a0{}()|;<>/\xff'), maxLength: 12 }))
  .map((raw) => raw.replaceAll('\0', ''));

describe('a byte string as a word of a shell', () => {
  for (const shell of shells) {
    const skip = spawnSync(shell[0], [...shell.slice(1), '-c', ':']).error === undefined ? false : 'not installed';
    it(`comes back as it was from ${shell.join(' ')}`, { skip }, () => {
      fc.assert(
        fc.property(fc.array(hostile, { minLength: 1, maxLength: 20 }), (raws) => {
          assert.deepEqual(wordsIn(shell, raws), raws.map(kept));
        }),
        { numRuns: 12 },
      );
      const everyByte = Array.from({ length: 255 }, (_, i) => String.fromCharCode(i + 1));
      const between = everyByte.map((byte) => `${byte}7${byte}`);
      assert.deepEqual(wordsIn(shell, between), between.map(kept));
    });
  }

  it('is not changed by the history of an interactive bash', () => {
    const raws = ["!!a'\x01!!b", "it's !x", '!\n!', '%!s\xff'];
    const script = `set -o history -H\n: before\nprintf '%s\\0' ${raws.map(shellQuote).join(' ')}\n`;
    const { stdout, stderr } = spawnSync('bash', ['--norc', '-i'], {
      input: Buffer.from(script),
      env: { ...process.env, HISTFILE: '/dev/null' },
    });
    assert.deepEqual(stdout.toString('latin1').split('\0').slice(0, -1), raws, stderr.toString());
  });

  it('is printable, and on one line', () => {
    fc.assert(
      fc.property(hostile, (raw) => {
        for (const character of shellQuote(raw)) assert.ok(isPrintable(character), JSON.stringify(character));
      }),
    );
  });

  it('is as plain as it can be', () => {
    assert.equal(shellQuote('/etc/nginx/nginx.conf'), '/etc/nginx/nginx.conf');
    assert.equal(shellQuote('/srv/my notes'), "'/srv/my notes'");
    assert.equal(shellQuote(rawFromText('/srv/Überblick')), "'/srv/Überblick'");
    assert.equal(shellQuote("/srv/it's"), "'/srv/it'\\''s'");
    assert.equal(shellQuote('/srv/\xff'), `"$(printf '/srv/\\377')"`);
    assert.equal(shellQuote('/srv/a\nb'), `"$(printf '/srv/a\\012b')"`);
    assert.equal(shellQuote('=a'), "'=a'");
    assert.equal(shellQuote(''), "''");
  });

  it('takes a mark that would draw over its quote as bytes', () => {
    const mark = rawFromText('\u0301');
    assert.equal(shellQuote(mark), `"$(printf '\\314\\201')"`);
    assert.deepEqual([...bytesOf(mark)], [0xcc, 0x81]);
  });
});
