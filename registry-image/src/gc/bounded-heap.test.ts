import { execFileSync } from 'node:child_process';
import { expect, test } from 'vitest';

/** Megabytes of heap in use at most, in a process that makes digests, keeps the last of them for a while and has `first` done before. */
function peakOf(first: string): number {
  const here = JSON.stringify(import.meta.dirname);
  const program = `
    import { getHeapStatistics } from 'node:v8';
    const { beginBoundedHeap } = await import(${here} + '/bounded-heap.ts');
    const { createDigestTable } = await import(${here} + '/digest-table.ts');
    ${first}
    const table = createDigestTable();
    const number = table.add('sha256:' + 'ab'.repeat(32));
    const kept = [];
    let peak = 0;
    for (let index = 0; index < 1_000_000; index++) {
      kept[index % 30_000] = { digest: table.digest(number) };
      if (index % 500 === 0) peak = Math.max(peak, getHeapStatistics().used_heap_size);
    }
    process.stdout.write(String(peak / 1e6));
  `;
  return Number(execFileSync(process.execPath, ['--input-type=module', '-e', program], { encoding: 'utf8' }));
}

test('the heap of a process that bounds it stays small', () => {
  const bounded = peakOf('beginBoundedHeap(); beginBoundedHeap();');
  expect(bounded).toBeLessThan(35);
  expect(bounded).toBeLessThan(0.7 * peakOf(''));
});
