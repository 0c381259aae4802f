import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { FanotifyEvents } from '../../src/linux/fanotify/events.ts';
import { BASIC, FULL, Heed } from '../../src/linux/fanotify/heed.ts';

/** `mkdir d; echo x > d/one; printf x > caf\351\nx; mv d e`, as Linux 6.18 told it of a tmpfs. */
const onTmpfs = `
3c000000030018000001004000000000ffffffffb16b000002002400164386665629dfba0c000000010000004ca7a29d
0100000000000000640000003c000000030018000a01000000000000ffffffffae6b000002002400164386665629dfba
0c0000000100000075da7a8002000000000000006f6e650040000000030018000a01000000000000ffffffffae6b0000
02002800164386665629dfba0c000000010000004ca7a29d0100000000000000636166e90a7800003c00000003001800
8000004000000000ffffffffb86b000002002400164386665629dfba0c000000010000004ca7a29d0100000000000000
65000000`;

/** The same on btrfs, whose handles are longer. */
const onBtrfs = `
44000000030018000001004000000000ffffffff0f6c000002002c0027b2dbce6b6f89a4140000004d00000000010000
000000000500000000000000030000006400000044000000030018000a01000000000000ffffffff0e6c000002002c00
27b2dbce6b6f89a4140000004d00000001010000000000000500000000000000070000006f6e65004800000003001800
0a01000000000000ffffffff0e6c00000200300027b2dbce6b6f89a4140000004d000000000100000000000005000000
0000000003000000636166e90a78000044000000030018008000004000000000ffffffff126c000002002c0027b2dbce
6b6f89a4140000004d000000000100000000000005000000000000000300000065000000`;

/** A control group is removed, told with what it was: `z.service`, whose id is 0x370. */
const removedGroup = `
5c000000030018000002004000000000ffffffff7d6f000002002800a083111402f7d2df08000000fe0000005d030000
000000007a2e73657276696365000000 01001c00a083111402f7d2df08000000fe0000007003000000000000`;

/** Of a group that gives a descriptor of each file. */
const ofFiles = '18000000030018000a0000000000000017000000df6b0000 18000000030018000a0000000000000018000000df6b0000';
const overflow = '180000000300180000400000000000 00ffffffff00000000';

function bytesOf(hex: string): Buffer {
  const buffer = Buffer.from(new ArrayBuffer(65536));
  const bytes = Buffer.from(hex.replace(/\s/g, ''), 'hex');
  bytes.copy(buffer);
  return buffer.subarray(0, bytes.length);
}

/** Mask, pid, descriptor, the type and length of the handle, and the name, of each. */
function told(hex: string, length?: number): unknown[] {
  const bytes = bytesOf(hex);
  const events = new FanotifyEvents(bytes);
  events.begin(length ?? bytes.length);
  const all: unknown[] = [];
  while (events.next()) {
    const { mask, pid, fd, handleType, handleLength, nameAt, nameEnd } = events;
    all.push([mask, pid, fd, handleLength && handleType, handleLength, bytes.toString('latin1', nameAt, nameEnd)]);
  }
  return all;
}

test('events tell directory, name and process', () => {
  assert.deepEqual(told(onTmpfs), [
    [0x40000100, 0x6bb1, -1, 1, 12, 'd'],
    [0x10a, 0x6bae, -1, 1, 12, 'one'],
    [0x10a, 0x6bae, -1, 1, 12, 'caf\xe9\nx'],
    [0x40000080, 0x6bb8, -1, 1, 12, 'e'],
  ]);
  assert.deepEqual(told(onBtrfs), [
    [0x40000100, 0x6c0f, -1, 0x4d, 20, 'd'],
    [0x10a, 0x6c0e, -1, 0x4d, 20, 'one'],
    [0x10a, 0x6c0e, -1, 0x4d, 20, 'caf\xe9\nx'],
    [0x40000080, 0x6c12, -1, 0x4d, 20, 'e'],
  ]);
});

test('handles are those of the directories: equal for names in the same one', () => {
  const bytes = bytesOf(onTmpfs);
  const events = new FanotifyEvents(bytes);
  events.begin(bytes.length);
  const handles: string[] = [];
  while (events.next()) {
    handles.push(bytes.toString('hex', events.handleAt, events.handleAt + events.handleLength));
  }
  const [top, below] = handles;
  assert.deepEqual(handles, [top, below, top, top]);
  assert.equal(top, '4ca7a29d0100000000000000');
});

test('what an event is about is told beside its directory, where the group asks for that', () => {
  const bytes = bytesOf(removedGroup);
  const events = new FanotifyEvents(bytes);
  events.begin(bytes.length);
  assert.ok(events.next());
  assert.equal(bytes.toString('latin1', events.nameAt, events.nameEnd), 'z.service');
  assert.equal(bytes.readUInt32LE(events.handleAt), 0x35d);
  assert.deepEqual([events.targetLength, bytes.readUInt32LE(events.targetAt)], [8, 0x370]);
  assert.ok(!events.next());
});

test('events of files bring descriptors, and a full queue nothing but that it was full', () => {
  assert.deepEqual(told(ofFiles), [
    [0xa, 0x6bdf, 0x17, 0, 0, ''],
    [0xa, 0x6bdf, 0x18, 0, 0, ''],
  ]);
  const bytes = bytesOf(overflow);
  const events = new FanotifyEvents(bytes);
  events.begin(bytes.length);
  assert.ok(events.next());
  assert.deepEqual([events.isOverflow, events.fd, events.handleLength], [true, -1, 0]);
});

test('what is cut off is no event', () => {
  assert.equal(told(onTmpfs, 0x3c + 10).length, 1);
  assert.deepEqual(told(onTmpfs, 23), []);
  assert.deepEqual(told(''), []);
});

test('whatever the bytes are, reading them comes to an end, and within them', () => {
  const valid = bytesOf(onBtrfs);
  const arbitrary = fc.oneof(
    fc.uint8Array({ maxLength: 300 }),
    // A few bytes of real ones changed.
    fc.array(fc.tuple(fc.nat(valid.length - 1), fc.nat(255)), { maxLength: 4 }).map((changes) => {
      const bytes = Uint8Array.from(valid);
      for (const [at, value] of changes) bytes[at] = value;
      return bytes;
    }),
  );
  fc.assert(
    fc.property(arbitrary, (input) => {
      const bytes = bytesOf(Buffer.from(input).toString('hex'));
      const events = new FanotifyEvents(bytes);
      events.begin(bytes.length);
      let count = 0;
      while (events.next()) {
        assert.ok(++count <= bytes.length);
        assert.ok(events.handleAt + events.handleLength <= bytes.length);
        assert.ok(events.nameAt <= events.nameEnd && events.nameEnd <= bytes.length);
        assert.ok(events.targetAt + events.targetLength <= bytes.length);
      }
    }),
  );
});

test('under a flood only the ends of writes are asked for, and all again when it is over', () => {
  const heed = new Heed();
  assert.equal(heed.after(10, true, 0), FULL);
  assert.equal(heed.after(1000, true, 20), BASIC);
  assert.equal(heed.after(1000, false, 400), BASIC);
  assert.ok((heed.restAt(500) ?? 0) > 0);
  assert.equal(heed.after(3, false, 850), BASIC);
  assert.equal(heed.restAt(950), undefined);
  assert.equal(heed.after(3, false, 950), FULL);
});

test('somebody who writes to an open file all the time is heeded now and then', () => {
  const heed = new Heed();
  const masks: number[] = [];
  for (let now = 0; now < 2000; now += 25) masks.push(heed.after(1, masks.at(-1) !== BASIC, now));
  const share = masks.filter((mask) => mask === FULL).length / masks.length;
  assert.ok(share > 0.1 && share < 0.4, `${share}`);
  // One who does so once a second always is.
  const calm = new Heed();
  for (let now = 0; now < 10_000; now += 1000) assert.equal(calm.after(1, true, now), FULL);
});
