import pino from 'pino';
import { expect, it } from 'vitest';
import { createCommitGate } from '../registry/gate.ts';
import { createJournal } from '../registry/journal.ts';
import { createMemoryDriver } from '../storage/memory.ts';
import { createUploadPurge } from './upload-purge-run.ts';

it('a purge is not begun while one goes on', async () => {
  const driver = createMemoryDriver();
  const walks: (() => void)[] = [];
  const slow = {
    ...driver,
    list: async (path: string) => {
      await new Promise<void>((resolve) => walks.push(resolve));
      return driver.list(path);
    },
  };
  const gate = createCommitGate({
    holdTimeoutMs: 100,
    limit: 10,
    journal: createJournal({ driver, process: 'test' }),
  });
  const purge = createUploadPurge({ driver: slow, gate, log: pino({ level: 'silent' }) });
  const options = { age: 1, interval: 0, dryRun: true };
  const first = purge(options);
  await expect.poll(() => walks.length).toBe(1);
  await purge(options);
  expect(walks.length).toBe(1);
  walks[0]?.();
  await first;
  const next = purge(options);
  await expect.poll(() => walks.length).toBe(2);
  walks[1]?.();
  await next;
});
