type Numbers = Uint8Array<ArrayBuffer> | Int32Array<ArrayBuffer> | Uint32Array<ArrayBuffer> | Float64Array<ArrayBuffer>;

/**
 * The same numbers in an array with room for `length` of them, half as much again where it has to grow. The old memory
 * is given back at once: what is left to the garbage collector counts as long as it has not come by.
 */
export function withRoom<N extends Numbers>(numbers: N, length: number): N {
  if (length <= numbers.length) return numbers;
  const room = Math.max(length, numbers.length + (numbers.length >>> 1), 16);
  const array = numbers.constructor as new (buffer: ArrayBuffer) => N;
  return new array(numbers.buffer.transfer(room * numbers.BYTES_PER_ELEMENT));
}

/** Byte strings one after the other: `ends[i]` is where the `i`-th ends, which begins where the one before ends. */
export interface Names {
  bytes: Uint8Array<ArrayBuffer>;
  ends: Uint32Array<ArrayBuffer>;
}

export function noNames(): Names {
  return { bytes: new Uint8Array(0), ends: new Uint32Array(0) };
}

/** Puts `from[start, end)` in as name `index`, which is the last one so far. */
export function putName(names: Names, index: number, from: Uint8Array, start: number, end: number): void {
  const at = startOf(names, index);
  if (at + end - start > names.bytes.length) names.bytes = withRoom(names.bytes, at + end - start);
  if (index >= names.ends.length) names.ends = withRoom(names.ends, index + 1);
  const { bytes } = names;
  let to = at;
  for (let i = start; i < end; i++) bytes[to++] = from[i];
  names.ends[index] = to;
}

export function startOf({ ends }: Names, index: number): number {
  return index === 0 ? 0 : ends[index - 1];
}

/** The first `count` names of `from` behind the `length` ones of `names`. */
export function appendNames(names: Names, length: number, from: Names, count: number): void {
  const at = startOf(names, length);
  const size = startOf(from, count);
  names.bytes = withRoom(names.bytes, at + size);
  names.bytes.set(from.bytes.subarray(0, size), at);
  names.ends = withRoom(names.ends, length + count);
  for (let i = 0; i < count; i++) names.ends[length + i] = at + from.ends[i];
}
