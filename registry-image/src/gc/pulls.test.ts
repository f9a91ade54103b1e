import { expect, test } from 'vitest';
import { createPullLog } from '../registry/pull-log.ts';
import { purgePullLog } from '../registry/pull-log-purge.ts';
import type { StorageDriver } from '../storage/driver.ts';
import { createMemoryDriver } from '../storage/memory.ts';
import { pullsPath, pullsRoot } from '../storage/paths.ts';
import { createBoundedReader } from './bounded-reader.ts';
import { type LastPull, readPulls } from './pulls.ts';

const day = 86_400_000;
const now = Date.parse('2026-11-21T10:00:00Z');
const endOf = (date: string): number => Date.parse(date) + day;

function read(storage: StorageDriver, within: number): Promise<LastPull> {
  return readPulls(createBoundedReader(storage, new AbortController().signal), now, within);
}

async function pulled(
  storage: StorageDriver,
  process: string,
  time: number,
  ...digests: string[]
): Promise<void> {
  const log = createPullLog({ driver: storage, process, now: () => time });
  for (const digest of digests) log.record('team/app', digest);
  await log.flush();
}

async function filesOf(storage: StorageDriver, date: string): Promise<string[]> {
  return (await storage.children(`${pullsRoot}/${date}`)).map(({ name }) => name);
}

test('a manifest is written down once a day by each process, and counts until the end of that day', async () => {
  const storage = createMemoryDriver();
  let time = now - day;
  const log = createPullLog({ driver: storage, process: 'a', now: () => time });
  for (let pull = 0; pull < 3; pull++) log.record('team/app', 'sha256:1');
  await log.flush();
  log.record('team/app', 'sha256:1');
  await log.flush();
  expect((await storage.getContent(pullsPath('2026-11-20', 'a'))).toString()).toBe(
    '2026-11-20 team/app sha256:1\n',
  );
  time = now;
  log.record('team/app', 'sha256:1');
  log.record('team/app', 'sha256:2');
  await log.flush();
  const last = await read(storage, day);
  expect(last('team/app', 'sha256:1')).toBe(endOf('2026-11-21'));
  expect([last('team/app', 'sha256:3'), last('app', 'sha256:1')]).toEqual([0, 0]);
});

test('what was pulled before the log began cannot be told', async () => {
  const storage = createMemoryDriver();
  expect((await read(storage, day))('team/app', 'sha256:1')).toBe(Infinity);
  await pulled(storage, 'a', now - 3 * day, 'sha256:1');
  const [shorter, longer] = [await read(storage, 2 * day), await read(storage, 4 * day)];
  expect([shorter('team/app', 'sha256:2'), longer('team/app', 'sha256:2')]).toEqual([0, Infinity]);
  expect(longer('team/app', 'sha256:1')).toBe(endOf('2026-11-18'));
});

test('a storage that takes no writes fails no pull, and learns of it later', async () => {
  const storage = createMemoryDriver();
  let full = true;
  const append: StorageDriver['append'] = async (path, text) => {
    if (full) throw new Error('no space left');
    await storage.append(path, text);
  };
  const log = createPullLog({ driver: { append }, process: 'a', now: () => now });
  log.record('team/app', 'sha256:1');
  await log.flush();
  full = false;
  log.record('team/app', 'sha256:2');
  await log.flush();
  const last = await read(storage, 0);
  expect(['sha256:1', 'sha256:2'].map((digest) => last('team/app', digest))).toEqual([
    endOf('2026-11-21'),
    endOf('2026-11-21'),
  ]);
});

test('the files of a day become one, those of today and yesterday are left alone, and old days are forgotten', async () => {
  const storage = createMemoryDriver();
  for (const process of ['a', 'b', 'c'])
    for (const age of [0, 1, 5, 401])
      await pulled(storage, process, now - age * day, 'sha256:1', `sha256:${process}`);
  await purgePullLog(storage, now);
  const [settled, ...others] = await filesOf(storage, '2026-11-16');
  expect([others, settled]).toEqual([[], expect.stringContaining('joined-')]);
  expect([await filesOf(storage, '2026-11-21'), await filesOf(storage, '2026-11-20')]).toEqual([
    ['a', 'b', 'c'],
    ['a', 'b', 'c'],
  ]);
  expect((await storage.children(pullsRoot)).map(({ name }) => name)).toEqual([
    '2026-11-16',
    '2026-11-20',
    '2026-11-21',
  ]);
  const text = (await storage.getContent(pullsPath('2026-11-16', settled ?? ''))).toString();
  expect(text.split('\n').filter(Boolean).sort()).toEqual(
    ['1', 'a', 'b', 'c'].map((digest) => `2026-11-16 team/app sha256:${digest}`),
  );
  await purgePullLog(storage, now);
  expect(await filesOf(storage, '2026-11-16')).toEqual([settled]);
});
