/** The tokens of a Nix file, with their places: enough to judge its layout. The syntax itself is nix-instantiate's to judge. */
export interface Token {
  readonly kind: 'comment' | 'string' | 'word' | 'symbol';
  readonly text: string;
  /** From 0. */
  readonly line: number;
  readonly column: number;
  /** Where it ends: the line, and the column behind it. */
  readonly lastLine: number;
  readonly lastColumn: number;
}

const symbols = ['...', '${', '++', '//', '==', '!=', '<=', '>=', '&&', '||', '->', '?', '@'];

export function tokensOf(source: string): Token[] {
  const tokens: Token[] = [];
  let line = 0;
  let lineStart = 0;
  let at = 0;
  while (at < source.length) {
    const end = endOfToken(source, at);
    const text = source.slice(at, end);
    const kind = kindOf(text);
    const place = { line, column: at - lineStart };
    for (let index = at; index < end; index++) {
      if (source[index] !== '\n') continue;
      line++;
      lineStart = index + 1;
    }
    if (kind !== 'blank') tokens.push({ kind, text, ...place, lastLine: line, lastColumn: end - lineStart });
    at = end;
  }
  return tokens;
}

function kindOf(text: string): Token['kind'] | 'blank' {
  if (/^\s/.test(text)) return 'blank';
  if (text.startsWith('#') || text.startsWith('/*')) return 'comment';
  if (text.startsWith('"') || text.startsWith("''")) return 'string';
  return /^[\w./~<-]/.test(text) &&
    !symbols.includes(text) &&
    text !== '<' &&
    text !== '-' &&
    text !== '/' &&
    text !== '.'
    ? 'word'
    : 'symbol';
}

function endOfToken(source: string, at: number): number {
  const rest = (pattern: RegExp): number => {
    pattern.lastIndex = at;
    return pattern.exec(source)?.[0].length ?? 0;
  };
  const plain =
    rest(/\s+/y) ||
    rest(/#[^\n]*/y) ||
    rest(/\/\*[\s\S]*?\*\//y) ||
    rest(/<[\w./-]+>/y) ||
    // A path, an identifier with its dots left out, a number.
    rest(/(?:~|\.{1,2})?(?:\/[\w.+-]+)+/y) ||
    rest(/[A-Za-z_][\w'-]*/y) ||
    rest(/\d+(?:\.\d+)?/y);
  if (plain > 0) return at + plain;
  if (source[at] === '"') return endOfString(source, at + 1, '"');
  if (source.startsWith("''", at)) return endOfString(source, at + 2, "''");
  const symbol = symbols.find((one) => source.startsWith(one, at));
  return at + (symbol?.length ?? 1);
}

/** Behind the end of a string that has begun, with the expressions in it. */
function endOfString(source: string, from: number, delimiter: '"' | "''"): number {
  let at = from;
  while (at < source.length) {
    if (delimiter === '"' && source[at] === '\\') at += 2;
    else if (delimiter === "''" && /^''(?:\$|'|\\)/.test(source.slice(at, at + 3))) at += 3;
    else if (source.startsWith('$${', at)) at += 3;
    else if (source.startsWith('${', at)) at = endOfExpression(source, at + 2);
    else if (source.startsWith(delimiter, at)) return at + delimiter.length;
    else at++;
  }
  return at;
}

/** Behind the brace that closes an expression in a string. */
function endOfExpression(source: string, from: number): number {
  let depth = 1;
  let at = from;
  while (at < source.length && depth > 0) {
    const end = endOfToken(source, at);
    const text = source.slice(at, end);
    if (text === '{' || text === '${') depth++;
    if (text === '}') depth--;
    at = end;
  }
  return at;
}
