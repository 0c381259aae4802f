/** Strings of which always the smallest is taken: a binary heap. */
export class SmallestFirst {
  readonly #heap: string[] = [];

  add(text: string): void {
    const heap = this.#heap;
    let at = heap.length;
    heap.push(text);
    for (let parent = (at - 1) >> 1; at > 0 && text < heap[parent]; parent = (at - 1) >> 1) {
      heap[at] = heap[parent];
      at = parent;
    }
    heap[at] = text;
  }

  take(): string | undefined {
    const heap = this.#heap;
    const smallest = heap[0];
    const last = heap.pop();
    if (last === undefined || heap.length === 0) return smallest;
    let at = 0;
    for (let child = 1; child < heap.length; child = 2 * at + 1) {
      if (child + 1 < heap.length && heap[child + 1] < heap[child]) child++;
      if (last <= heap[child]) break;
      heap[at] = heap[child];
      at = child;
    }
    heap[at] = last;
    return smallest;
  }
}
