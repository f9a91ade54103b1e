import { getHeapStatistics, setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/** Bytes of garbage, about, after which it is collected. */
const room = 12 * 1024 * 1024;

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
  setFlagsFromString('--no-incremental-marking');
  setFlagsFromString('--expose-gc');
  const collectGarbage = runInNewContext('gc') as () => void;
  setFlagsFromString('--no-expose-gc');
  heap = { collectGarbage, floor: 0 };
}

/** To be called every some hundreds of kilobytes that are made; does nothing in a process that has not begun it. */
export function boundHeap(): void {
  if (!heap || getHeapStatistics().used_heap_size < heap.floor + room) return;
  heap.collectGarbage();
  heap.floor = getHeapStatistics().used_heap_size;
}
