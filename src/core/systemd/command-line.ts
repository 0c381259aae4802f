import { isAbsolute } from './open-path.ts';
import { type Specifiers, withSpecifiers } from './specifiers.ts';
import { commandWords, wordAt } from './words.ts';

/** A command of ExecStart= and the like: the program, then its arguments, as words. */
export type Command = readonly string[];

/**
 * The commands that a value of ExecStart= and the like holds; without those of which something cannot be read, and an
 * argument whose specifiers are not known is an empty one. Variables are left as they stand.
 */
export function parseCommands(value: string, specifiers: Specifiers): Command[] {
  const commands: Command[] = [];
  let words: string[] = [];
  let skipsNext = false;
  const end = (): void => {
    if (words.length > 0) commands.push(words);
    words = [];
  };
  for (let at = 0; ; ) {
    // Alone between spaces, and not quoted, it ends a command.
    const separator = /[ \t\n\r]*;(?=[ \t\n\r]|$)/y;
    separator.lastIndex = at;
    if (separator.test(value)) {
      end();
      at = separator.lastIndex;
      continue;
    }
    const literal = /[ \t\n\r]*\\;(?=[ \t\n\r]|$)/y;
    literal.lastIndex = at;
    if (words.length > 0 && literal.test(value)) {
      words.push(';');
      at = literal.lastIndex;
      continue;
    }
    const word = wordAt(value, at, commandWords);
    if (word === 'broken') return commands;
    if (word === undefined) {
      end();
      return commands;
    }
    at = word.end;
    if (skipsNext) {
      skipsNext = false;
      continue;
    }
    if (words.length > 0) {
      words.push(withSpecifiers(word.text, specifiers) ?? '');
      continue;
    }
    // Quoted it is no program either.
    if (word.text === ';') continue;
    const marks = marksOf(word.text);
    // With @ the next word is what the program is told that it is called.
    skipsNext = marks.includes('@');
    const program = programOf(withSpecifiers(word.text.slice(marks.length), specifiers));
    if (program === undefined) return commands;
    words.push(program);
  }
}

/** A program by its path, or by a name that is looked for. */
function programOf(text: string | undefined): string | undefined {
  if (text === undefined || /[\x00-\x1f\x7f"'\\]|\/$/.test(text)) return undefined;
  if (isAbsolute(text)) return text;
  return /^[^/]+$/.test(text) && !/^\.{1,2}$/.test(text) ? text : undefined;
}

/** What stands before a program and is no part of its path: each mark once, but `!!`, and one of `+`, `!`, `!!` and `|`. */
function marksOf(word: string): string {
  let end = 0;
  for (; end < word.length; end++) {
    const marks = word.slice(0, end);
    const mark = word.charAt(end);
    const isDouble = mark === '!' && /^[^+|!]*!$/.test(marks);
    if (!'-@:+!|'.includes(mark) || (marks.includes(mark) && !isDouble)) break;
    if ('+!|'.includes(mark) && /[+!|]/.test(marks) && !isDouble) break;
  }
  return word.slice(0, end);
}

/** The command with the variables replaced that are known: `$NAME` as a word becomes words, `${NAME}` text in one. */
export function withVariables(command: Command, variables: ReadonlyMap<string, string>): Command {
  if (variables.size === 0 || !command.some((word) => word.includes('$'))) return command;
  return command.flatMap((word, index) => {
    if (index === 0 || !word.includes('$')) return [word];
    const whole = /^\$([A-Za-z_]\w*)$/.exec(word)?.[1];
    if (whole !== undefined) return variables.get(whole)?.split(/\s+/) ?? [word];
    return [word.replace(/\$\{([A-Za-z_]\w*)\}/g, (text, name: string) => variables.get(name) ?? text)];
  });
}
