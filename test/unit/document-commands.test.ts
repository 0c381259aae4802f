/** The commands that the documents tell people to run are there, with the flags that they are given. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { blocksOf, type Document, documents, proseOf } from '../support/documents.ts';

/** Command, as in `baseline record` → its flags. What --help prints has both: the tests hold it against the program. */
const commands = new Map(
  (documents('docs/reference/commands.md')[0] as Document).text
    .split(/^## `ebb ?/m)
    .slice(1)
    .map((section): [string, Set<string>] => [
      section.slice(0, section.indexOf('`')),
      new Set(
        [...section.matchAll(/(?<![\w-])--?[a-z][\w-]*/g), ...section.matchAll(/(?<=\[)-\w(?=[\],])/g)].map(String),
      ),
    ]),
);
/** Taken, and left out of the help: the original's. */
const originals = ['--keep-recent-count', '--keep-recent-weeks', '--keep-per-month', '--snapshot-root'];

interface Called {
  readonly words: readonly string[];
  readonly place: string;
}

/** Calls of ebb in a line of shell, or in what a document shows of a terminal. */
function callsIn(line: string, place: string): Called[] {
  // What is quoted or a comment is no command; what follows -- is none of ebb's.
  const bare = line.replaceAll(/'[^']*'|"[^"]*"/g, 'QUOTED').replace(/(^|\s)#.*$/, '');
  return bare
    .split(/&&|\|\||[|;()]| {3,}·/)
    .map((part) => part.trim().split(/\s+/))
    .map((words) => (['sudo', '#', '$'].includes(words[0] ?? '') ? words.slice(1) : words))
    .filter(([program]) => program === 'ebb' || program === './ebb' || program === '/opt/ebb/ebb')
    .map(([, ...words]) => ({ words: words.includes('--') ? words.slice(0, words.indexOf('--')) : words, place }));
}

function callsOf(document: Document): Called[] {
  const inBlocks = blocksOf(document).flatMap(({ language, text, place }) =>
    text
      .replaceAll(/\\\n/g, ' ')
      .split('\n')
      .flatMap((line) =>
        language === 'sh'
          ? callsIn(line, place)
          : callsIn(/^\s*[#$] (ebb .*)$/.exec(line)?.[1] ?? /next: (ebb .*)$/.exec(line)?.[1] ?? '', place),
      ),
  );
  const inProse = [...proseOf(document).matchAll(/(?<!`)`(ebb [^`]+)`/g)].flatMap(([, code = '']) =>
    callsIn(code.replaceAll(/\s+/g, ' '), `${document.file}: ${code}`),
  );
  return [...inBlocks, ...inProse];
}

test('the documents call commands of ebb that there are, with flags that they take', () => {
  assert.ok(commands.size > 15);
  let found = 0;
  for (const document of documents().filter(({ file }) => file !== 'docs/reference/commands.md')) {
    for (const { words, place } of callsOf(document)) {
      const [verb = '', second = ''] = words;
      if (verb === '' || verb.startsWith('-') || /^[A-Z…]/.test(verb)) continue;
      const flags = commands.get(`${verb} ${second}`) ?? commands.get(verb);
      assert.ok(flags !== undefined, `${place}: there is no command ebb ${verb}`);
      found++;
      for (const word of words.slice(1)) {
        const [, flag] = /^(--?[a-z][\w-]*)/.exec(word) ?? [];
        if (flag === undefined) continue;
        assert.ok(flags.has(flag) || originals.includes(flag), `${place}: ebb ${verb} has no ${flag}`);
      }
    }
  }
  assert.ok(found > 150, `only ${found} calls`);
});
