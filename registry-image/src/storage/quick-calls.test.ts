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

/** Time that passes only when somebody says so, in milliseconds. */
function createTime() {
  const time = { wall: 0, cpu: 0 };
  return {
    spend(wall: number, cpu: number): void {
      time.wall += wall;
      time.cpu += cpu;
    },
    clocks: { now: () => time.wall, cpuTime: () => time.cpu },
  };
}

test('what takes many calls is quick or slow by each of them, and counts as many', async () => {
  const time = createTime();
  const call = createQuickCall(time.clocks);
  let [asynchronous, took] = [0, 1];
  const many = (): Promise<number> =>
    call(
      () => (time.spend(took, took), 20),
      async () => (asynchronous++, 20),
      (count) => count,
    );
  for (let count = 0; count < 64; count++) await many();
  expect(asynchronous).toBe(0);
  took = 7;
  for (let count = 0; count < 8 + 50; count++) await many();
  // 1,000 calls of the storage.
  expect(asynchronous).toBe(50);
  for (let count = 0; count < 8 + 100; count++) await many();
  expect(asynchronous).toBe(150);
});

test('calls are asynchronous that wait, and those are not that take as long to compute', async () => {
  const time = createTime();
  const call = createQuickCall(time.clocks);
  let [asynchronous, computed] = [0, 2];
  const many = (): Promise<number> =>
    call(
      () => (time.spend(2, computed), 25),
      async () => (asynchronous++, 25),
      (count) => count,
    );
  for (let count = 0; count < 100; count++) await many();
  expect(asynchronous).toBe(0);
  computed = 0.3;
  for (let count = 0; count < 8 + 40; count++) await many();
  expect(asynchronous).toBe(40);
});

test('what calls compute is measured only where one of the last took long', async () => {
  const time = createTime();
  let measured = 0;
  const cpuTime = (): number => (measured++, time.clocks.cpuTime());
  const call = createQuickCall({ ...time.clocks, cpuTime });
  const once = (wall: number): Promise<void> =>
    call(
      () => time.spend(wall, 0),
      async () => {},
    );
  for (let count = 0; count < 100; count++) await once(0.02);
  await once(0.05);
  expect(measured).toBe(0);
  for (let count = 0; count < 100; count++) await once(0.02);
  expect(measured).toBe(2 * 32);
});

test('what one call finds out is nothing to another', async () => {
  const time = createTime();
  const [slow, other] = [0, 1].map(() => createQuickCall(time.clocks));
  let asynchronous = 0;
  const once = (call: typeof slow): Promise<void> | undefined =>
    call?.(
      () => time.spend(2, 0),
      async () => void asynchronous++,
    );
  for (let count = 0; count < 100; count++) await once(slow);
  expect(asynchronous).toBe(92);
  await once(other);
  expect(asynchronous).toBe(92);
});
