import { setTimeout } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { createQuickCall } from './quick-calls.ts';

test('calls that are short block the thread, and let other work go on in between', async () => {
  const call = createQuickCall();
  let [asynchronous, turns, ended] = [0, 0, false];
  const turn = (): void => {
    turns++;
    if (!ended) setImmediate(turn);
  };
  setImmediate(turn);
  let longest = 0;
  let last = performance.now();
  const lanes = Array.from({ length: 16 }, async () => {
    for (let count = 0; count < 5_000; count++) {
      await call(
        () => void (turns > 0 && (longest = Math.max(longest, performance.now() - last))),
        async () => void asynchronous++,
      );
      last = performance.now();
    }
  });
  await Promise.all(lanes);
  ended = true;
  expect(asynchronous).toBe(0);
  expect(turns).toBeGreaterThan(3);
  expect(
    await call(
      () => 'value',
      async () => 'other',
    ),
  ).toBe('value');
  await expect(
    call(
      () => JSON.parse('{') as unknown,
      async () => 1,
    ),
  ).rejects.toThrow(SyntaxError);
});

test('on a slow storage several calls are under way at once', async () => {
  const call = createQuickCall();
  let [synchronous, running, most] = [0, 0, 0];
  const sync = (): void => {
    synchronous++;
    for (const end = performance.now() + 2; performance.now() < end;);
  };
  const slowly = async (): Promise<void> => {
    most = Math.max(most, ++running);
    await setTimeout(1);
    running--;
  };
  const lanes = Array.from({ length: 16 }, async () => {
    for (let count = 0; count < 50; count++) await call(sync, slowly);
  });
  await Promise.all(lanes);
  expect(synchronous).toBeLessThan(40);
  expect(most).toBe(16);
});

test('a storage that was slow is tried again', async () => {
  const call = createQuickCall();
  let [synchronous, took] = [0, 2];
  const sync = (): void => {
    synchronous++;
    for (const end = performance.now() + took; performance.now() < end;);
  };
  for (let count = 0; count < 500; count++) await call(sync, async () => {});
  const before = synchronous;
  expect(before).toBeLessThan(40);
  took = 0;
  for (let count = 0; count < 2_000; count++) await call(sync, async () => {});
  expect(synchronous).toBeGreaterThan(1_000);
});

test('what takes many calls is quick or slow by each of them, and counts as many', async () => {
  const call = createQuickCall();
  let [asynchronous, took] = [0, 1];
  const many = (): Promise<number> =>
    call(
      () => {
        for (const end = performance.now() + took; performance.now() < end;);
        return 20;
      },
      async () => {
        asynchronous++;
        return 20;
      },
      (count) => count,
    );
  for (let count = 0; count < 64; count++) await many();
  expect(asynchronous).toBe(0);
  took = 7;
  for (let count = 0; count < 64 + 50; count++) await many();
  // 1,000 calls of the storage.
  expect(asynchronous).toBe(50);
});
