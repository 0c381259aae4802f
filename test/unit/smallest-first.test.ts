import assert from 'node:assert/strict';
import { it } from 'node:test';
import fc from 'fast-check';
import { SmallestFirst } from '../../src/linux/examination/smallest-first.ts';

it('always gives the smallest of what is there, in whatever order it came', () => {
  const step = fc.option(fc.string({ maxLength: 3 }), { nil: undefined });
  fc.assert(
    fc.property(fc.array(step), (steps) => {
      const heap = new SmallestFirst();
      const model: string[] = [];
      for (const text of [...steps, ...steps.map(() => undefined)]) {
        if (text !== undefined) {
          heap.add(text);
          model.push(text);
        } else assert.equal(heap.take(), model.sort().shift());
      }
    }),
  );
});
