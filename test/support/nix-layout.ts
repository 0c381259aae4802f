/**
 * Rules of layout for Nix, where there is no nixfmt: neither Debian 12 nor npm has it. They are a part of what nixfmt (RFC
 * 166) does, so what it writes keeps to them, and what keeps to them it may still write in another way.
 */
import { type Token, tokensOf } from './nix-tokens.ts';

const WIDTH = 120;
/** What a bracket is closed with. */
const pairs: Record<string, string> = { '{': '}', '${': '}', '[': ']', '(': ')' };

/** What is wrong, as `LINE: what`; lines from 1. */
export function layoutFaults(source: string): string[] {
  const tokens = tokensOf(source);
  const faults = [...ofLines(source, tokens), ...ofTokens(tokens), ...ofBrackets(tokens)];
  return faults.sort((a, b) => a.line - b.line).map(({ line, what }) => `${line + 1}: ${what}`);
}

interface Fault {
  readonly line: number;
  readonly what: string;
}

function ofLines(source: string, tokens: readonly Token[]): Fault[] {
  const faults: Fault[] = [];
  if (!source.endsWith('\n') || source.endsWith('\n\n')) {
    faults.push({ line: source.trimEnd().split('\n').length - 1, what: 'the file ends with one line break' });
  }
  // Lines that begin within a string are its own.
  const inString = new Set(
    tokens.filter(({ kind }) => kind === 'string').flatMap(({ line, lastLine }) => range(line + 1, lastLine)),
  );
  const inComment = new Set(
    tokens.filter(({ kind }) => kind === 'comment').flatMap(({ line, lastLine }) => range(line, lastLine)),
  );
  const lines = source.replace(/\n$/, '').split('\n');
  let before = 0;
  for (const [line, text] of lines.entries()) {
    if (inString.has(line)) continue;
    const indentation = /^[ \t]*/.exec(text)?.[0] ?? '';
    if (/[ \t]$/.test(text)) faults.push({ line, what: 'blanks at the end of the line' });
    if (indentation.includes('\t')) faults.push({ line, what: 'a tab' });
    if (indentation.length % 2 !== 0 && !inComment.has(line))
      faults.push({ line, what: 'indentation in steps of two' });
    if (indentation.length > before + 2 && !inComment.has(line))
      faults.push({ line, what: 'more than two further in' });
    if (text !== '') before = indentation.length;
    if (text === '' && (line === 0 || lines[line - 1] === '')) faults.push({ line, what: 'more than one empty line' });
  }
  for (const [line, text] of lines.entries()) {
    // A string cannot be broken without another text.
    const holdsString = tokens.some((one) => one.kind === 'string' && one.line <= line && one.lastLine >= line);
    if (text.length > WIDTH && !holdsString) faults.push({ line, what: `longer than ${WIDTH}` });
  }
  return faults;
}

function range(first: number, last: number): number[] {
  return Array.from({ length: Math.max(0, last - first + 1) }, (_, index) => first + index);
}

const leading = ['++', '//', '==', '!=', '<=', '>=', '&&', '||', '->'];

const wideBehind = [...leading, '=', '{', '[', ',', ':'];
const wideBefore = [...leading, '=', '{', '[', '} of {', ']'];
const closing = Object.values(pairs);

/** Between tokens: blanks, and where a line is broken. */
function ofTokens(tokens: readonly Token[]): Fault[] {
  const faults: Fault[] = [];
  const open: string[] = [];
  for (const [index, token] of tokens.entries()) {
    const after = tokens[index + 1];
    if (token.kind === 'comment' || after === undefined) continue;
    if (token.text in pairs) open.push(token.text);
    if (closing.includes(token.text)) open.pop();
    const what = (text: string): void => void faults.push({ line: token.lastLine, what: text });
    if (token.text === 'with' && after.text === 'lib') what('`lib.` before a name, rather than `with lib`');
    if (token.text === 'rec' && after.text === '{') what('`let`, rather than `rec`');
    if (token.text === 'let' && after.line === token.line) what('`let` ends a line');
    // Alone in a line, before what is broken itself, it does both.
    const endsLine = after.line > token.line && tokens[index - 1]?.lastLine === token.line;
    if (leading.includes(token.text) && endsLine) what(`${token.text} begins a line, rather than to end it`);
    if (after.line > token.lastLine || after.kind === 'comment') continue;
    const gap = after.column - token.lastColumn;
    const next = after.text === '}' ? `} of ${open.at(-1)}` : after.text;
    if (gap > 1) what('more than one blank');
    else if ([';', ',', ':'].includes(next)) gap !== 0 && what(`no blank before ${next}`);
    else if (['(', '${'].includes(token.text) || [')', '} of ${'].includes(next))
      gap !== 0 && what('no blank inside ( ) and ${ }');
    else if (wideBehind.includes(token.text)) gap !== 1 && what(`one blank after ${token.text}`);
    else if (wideBefore.includes(next) && token.text !== '@') gap !== 1 && what(`one blank before ${after.text}`);
  }
  return faults;
}

/** A bracket that ends a line is closed at the beginning of one, as far in as the line that it was opened in. */
function ofBrackets(tokens: readonly Token[]): Fault[] {
  const faults: Fault[] = [];
  const firstOfLine = new Map<number, Token>();
  for (const token of tokens) if (!firstOfLine.has(token.line)) firstOfLine.set(token.line, token);
  const open: { token: Token; index: number }[] = [];
  for (const [index, token] of tokens.entries()) {
    if (token.kind !== 'symbol') continue;
    if (token.text in pairs) open.push({ token, index });
    if (!closing.includes(token.text)) continue;
    const opened = open.pop();
    if (opened === undefined || pairs[opened.token.text] !== token.text) continue;
    const next = tokens[opened.index + 1];
    const endsLine = next !== undefined && (next.line > opened.token.line || next.kind === 'comment');
    const beginsLine = firstOfLine.get(token.line) === token;
    const what = (text: string): void => void faults.push({ line: token.line, what: text });
    if (endsLine && token.line > opened.token.line) {
      const outer = firstOfLine.get(opened.token.line) as Token;
      if (!beginsLine) what(`the ${token.text} of a ${opened.token.text} at the end of a line begins a line`);
      else if (token.column !== outer.column)
        what(`${token.text} stands where the line of its ${opened.token.text} begins`);
    }
    if (!endsLine && beginsLine && token.text !== ')')
      what(`${token.text} alone, of a ${opened.token.text} that is not`);
    if (opened.token.line === token.line) faults.push(...ofOneLine(tokens, opened.index, index));
  }
  return faults;
}

/** A set has one binding in a line, a list that is bound one element. */
function ofOneLine(tokens: readonly Token[], from: number, to: number): Fault[] {
  const inside = tokens.slice(from + 1, to);
  const opening = tokens[from] as Token;
  const semicolons = inside.filter((token, index) => token.text === ';' && depthAt(inside, index) === 0).length;
  const bindings = semicolons - inside.filter(({ text }) => text === 'with' || text === 'assert').length;
  const isPattern = tokens[to + 1]?.text === ':' || tokens[to + 1]?.text === '@' || tokens[from - 1]?.text === '@';
  if (opening.text === '{' && !isPattern && bindings > 1) {
    return [{ line: opening.line, what: 'a set of more than one binding has a line for each' }];
  }
  const isBound = tokens[from - 1]?.text === '=' && tokens[to + 1]?.text === ';';
  const elements = inside.filter((token, index) => depthAt(inside, index) === 0 && begins(inside, index, token)).length;
  if (opening.text === '[' && isBound && elements > 1) {
    return [{ line: opening.line, what: 'a list of more than one element has a line for each' }];
  }
  return [];
}

function depthAt(tokens: readonly Token[], index: number): number {
  let depth = 0;
  for (const { text, kind } of tokens.slice(0, index)) {
    if (kind !== 'symbol') continue;
    if (text in pairs) depth++;
    if (closing.includes(text)) depth--;
  }
  return depth;
}

/** Whether a token begins an element of a list: what follows a dot, and what closes, does not. */
function begins(tokens: readonly Token[], index: number, token: Token): boolean {
  const before = tokens[index - 1]?.text;
  return token.text !== '.' && before !== '.' && !closing.includes(token.text) && token.kind !== 'comment';
}
