import type { Category, Verdict } from '../core/category.ts';

/** Colours repeat what the words say already, so that nothing is lost where there are none. */
export type Tone = 'plain' | 'strong' | 'faint' | 'good' | 'care' | 'alarm';

export type Paint = (tone: Tone, text: string) => string;

// Of the 16 colours only those that can be read on a light and on a dark background; no "bright black", which some
// palettes make the colour of the background.
const codes: Readonly<Record<Exclude<Tone, 'plain'>, string>> = {
  strong: '1',
  faint: '2',
  good: '32',
  care: '33',
  alarm: '31',
};

/** The caller knows whether there is a terminal, and of NO_COLOR. */
export function painter(colour: boolean): Paint {
  return (tone, text) => (colour && tone !== 'plain' && text !== '' ? `\x1b[${codes[tone]}m${text}\x1b[0m` : text);
}

export function toneOfCategory(category: Category): Tone {
  return category === 'secret' ? 'alarm' : category === 'unknown' ? 'care' : 'plain';
}

export function toneOfVerdict(verdict: Verdict): Tone {
  switch (verdict) {
    case 'persist':
      return 'good';
    case 'decide':
      return 'care';
    case 'ignore':
      return 'faint';
  }
}
