import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { EntryType } from '../../src/core/change.ts';
import type { RawName } from '../../src/core/rawpath.ts';
import { lackingContent, type Sighting, versionsOf } from '../../src/core/versions.ts';

interface Held extends Sighting {
  /** What the file really holds. */
  readonly holds: string;
}

function sighting(at: number, type: number, content: string): Held {
  return {
    ...{ oldRoot: `${at}` as RawName, type, mtime: at, holds: content, content: undefined },
    size: type === EntryType.file ? content.length : 0,
    target: type === EntryType.symlink ? content : undefined,
  };
}

const file = (at: number, content: string): Held => sighting(at, EntryType.file, content);

const anySightings = fc
  .array(
    fc.record({
      type: fc.constantFrom(EntryType.file, EntryType.file, EntryType.symlink, EntryType.directory, EntryType.fifo),
      content: fc.constantFrom('', 'a', 'b', 'aa', 'ab', 'longer'),
    }),
    { maxLength: 12 },
  )
  .map((held) => held.map(({ type, content }, at) => sighting(at, type, content)));

/** In words: of one type, and holding the same. */
function sameAs(a: Held, b: Held): boolean {
  if (a.type !== b.type) return false;
  return (a.type !== EntryType.file && a.type !== EntryType.symlink) || a.holds === b.holds;
}

describe('versions', () => {
  it('are the same content, whatever it was read for', () => {
    fc.assert(
      fc.property(anySightings, (sightings) => {
        for (const lacking of lackingContent(sightings)) lacking.content = `it is ${lacking.holds}`;
        assert.deepEqual(lackingContent(sightings), []);
        const versions = versionsOf(sightings);
        for (const { sightings: members, certain } of versions) {
          assert.equal(certain, true);
          for (const member of members) {
            const expected = sightings.filter((other) => sameAs(member, other));
            assert.deepEqual(members, expected);
          }
        }
        assert.equal(versions.flatMap((version) => version.sightings).length, sightings.length);
      }),
    );
  });

  it('come in the order in which they were seen first, and so do their sightings', () => {
    fc.assert(
      fc.property(anySightings, (sightings) => {
        const firsts = versionsOf(sightings).map(({ sightings: [first] }) => first?.mtime ?? -1);
        assert.deepEqual(
          firsts,
          firsts.toSorted((a, b) => a - b),
        );
      }),
    );
  });

  it('are never said to be one where the content is not known', () => {
    fc.assert(
      fc.property(anySightings, fc.array(fc.boolean(), { minLength: 12, maxLength: 12 }), (sightings, unreadable) => {
        for (const lacking of lackingContent(sightings)) {
          if (!unreadable[lacking.mtime]) lacking.content = `it is ${lacking.holds}`;
        }
        for (const { sightings: members, certain } of versionsOf(sightings)) {
          const [first] = members;
          assert.ok(first !== undefined && members.every((member) => sameAs(first, member)));
          assert.equal(certain, !members.some((member) => lackingContent(sightings).includes(member)));
        }
      }),
    );
  });

  it('of different sizes need no reading, nor do empty ones', () => {
    assert.deepEqual(lackingContent([file(0, ''), file(1, ''), file(2, 'a'), file(3, 'bb')]), []);
    assert.equal(versionsOf([file(0, ''), file(1, ''), file(2, 'a'), file(3, 'bb')]).length, 3);
  });

  it('of one size do', () => {
    const [a, b, c] = [file(0, 'a'), file(1, 'b'), file(2, 'cc')];
    assert.deepEqual(lackingContent([a, b, c]), [a, b]);
    a.content = 'known';
    assert.deepEqual(lackingContent([a, b, c]), [b]);
  });

  it('one whose content could not be read is a version by itself, and says so', () => {
    const [a, b, c] = [file(0, 'a'), file(1, 'a'), file(2, 'a')];
    a.content = c.content = 'of a';
    const versions = versionsOf([a, b, c]);
    assert.deepEqual(
      versions.map(({ sightings, certain }) => [sightings.map(({ mtime }) => mtime), certain]),
      [
        [[0, 2], true],
        [[1], false],
      ],
    );
  });

  it('a symlink that could not be read is not one that holds nothing', () => {
    const [unread, empty] = [sighting(0, EntryType.symlink, ''), sighting(1, EntryType.symlink, '')];
    assert.equal(versionsOf([{ ...unread, target: undefined }, empty]).length, 2);
  });
});
