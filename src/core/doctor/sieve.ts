import type { MessageText } from './message-text.ts';

/**
 * A few words of which every one of the texts has one in what is given of it: a message without any of them matches none.
 * Most messages have none, and are done with by a dozen comparisons instead of one for each text.
 */
export function commonWords(texts: readonly MessageText[]): string[] {
  let left = texts.map(wordsOf);
  const chosen: string[] = [];
  while (left.length > 0) {
    const counts = new Map<string, number>();
    for (const words of left) for (const word of words) counts.set(word, (counts.get(word) ?? 0) + 1);
    let best = '';
    let most = 0;
    for (const [word, count] of counts) {
      if (count > most || (count === most && word.length > best.length)) [best, most] = [word, count];
    }
    chosen.push(best);
    left = left.filter((words) => !words.has(best));
  }
  return chosen;
}

/** The words of its literals, and its longest literal in case it has none. */
function wordsOf({ segments, key }: MessageText): Set<string> {
  const words = new Set<string>();
  for (const piece of segments.flat()) {
    if ('literal' in piece) for (const [word] of piece.literal.matchAll(/[a-z]{4,}/g)) words.add(word);
  }
  if (words.size === 0) words.add(key);
  return words;
}
