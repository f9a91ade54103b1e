import { getHeapStatistics, setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/** Bytes of garbage after which it is collected, at least, and as a part of what is in use: to look through that is what it costs. */
const [least, share] = [12 * 1024 * 1024, 1 / 2];

interface Heap {
  readonly collectGarbage: () => void;
  /** Bytes in use after that was done. */
  floor: number;
}

let heap: Heap | undefined;

/**
 * From now on garbage is collected at the looks of `boundHeap`, all at once. V8 by itself either lets the heap grow to hundreds of megabytes
 * before it begins, or, told to save memory, is at it nearly all the time. Holds for the whole process, which is one that collects a large store.
 */
export function beginBoundedHeap(): void {
  if (heap) return;
  const collectGarbage = garbageCollector();
  if (collectGarbage) heap = { collectGarbage, floor: 0 };
  else setFlagsFromString('--optimize-for-size');
}

/** Undefined when this V8 does not give it. */
function garbageCollector(): (() => void) | undefined {
  setFlagsFromString('--expose-gc');
  const found: unknown = runInNewContext('globalThis.gc');
  setFlagsFromString('--no-expose-gc');
  return typeof found === 'function' ? () => void found() : undefined;
}

/** To be called every some hundreds of kilobytes that are made; does nothing in a process that has not begun it. */
export function boundHeap(): void {
  if (!heap) return;
  const room = Math.max(least, heap.floor * share);
  if (getHeapStatistics().used_heap_size < heap.floor + room) return;
  heap.collectGarbage();
  heap.floor = getHeapStatistics().used_heap_size;
}
