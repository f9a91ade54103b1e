import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { exampleRegistry } from '../api/registry-example.ts';
import { createRecordedLog } from '../kube/recorded-log.ts';
import { type StorageWatchOptions, storageWatch } from './storage-watch.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const names = ['due', 'silent', 'stopped', 'early'];

/** Four Registries: one with news, one without, one without pods, one that is not due. */
function stage(refresh: (name: string) => Promise<boolean>) {
  const registries = { list: () => names.map((name) => exampleRegistry({}, { name })) };
  const pod = { metadata: { name: 'x' }, status: { phase: 'Running' } };
  const pods = {
    withLabels: (_namespace: string, labels: Record<string, string>) =>
      labels['app.kubernetes.io/instance'] === 'stopped' ? [] : [pod],
  };
  const reflectors = {
    registries: { store: registries },
    pods: { store: pods },
  } as unknown as StorageWatchOptions['reflectors'];
  const survey: StorageWatchOptions['survey'] = {
    isDue: ({ metadata }) => metadata.name !== 'early',
    refresh: ({ metadata }) => refresh(metadata.name),
  };
  const log = createRecordedLog();
  const enqueued: string[] = [];
  const stop = storageWatch({ reflectors, survey, log }).connect(({ name }) => void enqueued.push(name));
  return { enqueued, stop };
}

it('has a Registry reconciled when there is news of it, and asks nobody who is not due or has no pods', async () => {
  const asked: string[] = [];
  const { enqueued, stop } = stage(async (name) => {
    asked.push(name);
    return name === 'due';
  });
  await vi.advanceTimersByTimeAsync(5_000);
  expect([asked, enqueued]).toEqual([['due', 'silent'], ['due']]);
  stop();
  await vi.advanceTimersByTimeAsync(60_000);
  expect(asked).toHaveLength(2);
});

it('waits for slow answers, and goes on after a failure', async () => {
  let calls = 0;
  const { enqueued, stop } = stage(async (name) => {
    calls += 1;
    await new Promise((resolve) => setTimeout(resolve, 12_000));
    if (calls <= 2) throw new Error('no');
    return name === 'due';
  });
  await vi.advanceTimersByTimeAsync(16_000);
  expect([calls, enqueued]).toEqual([2, []]);
  await vi.advanceTimersByTimeAsync(20_000);
  expect(enqueued).toEqual(['due']);
  stop();
});
