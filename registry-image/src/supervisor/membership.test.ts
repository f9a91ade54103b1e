import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { Config } from '../config/schema.ts';
import type { StorageWindow } from '../gc/storage-window.ts';
import { membersRoot, windowPath } from '../storage/paths.ts';
import { joinStorage, type Membership } from './membership.ts';
import { eventually } from './registry-under-test.ts';

const boot = (digit: number): string => `00000000-0000-4000-8000-00000000000${digit}`;

let store: string;
const joined: Membership[] = [];
beforeEach(() => {
  store = mkdtempSync(join(tmpdir(), 'store-'));
});
afterEach(async () => {
  vi.restoreAllMocks();
  for (const membership of joined.splice(0)) await membership.leave();
  rmSync(store, { recursive: true, force: true });
});

/** A member that says which window it sees. */
async function enter(digit: number, storage: object = {}): Promise<Membership & { file: string }> {
  let window: StorageWindow | undefined;
  const membership = await joinStorage({
    config: { storage: { filesystem: { rootdirectory: store, maxthreads: 100 }, ...storage } } as Config,
    self: { pod: 'pod:0', boot: boot(digit), release: '1', host: 'node' },
    maintainer: {
      takeStorageWindow: (found) => (window = found),
      memberState: () => ({ collection: window?.id }),
    },
    log: pino({ level: 'silent' }),
  });
  joined.push(membership);
  return Object.assign(membership, { file: join(store, membersRoot, `pod-0-${boot(digit)}`) });
}

it('is there with what holds in it before it may commit, also when a window was there first', async () => {
  await (await enter(1)).leave();
  const deadline = new Date(Date.now() + 60_000).toISOString();
  writeFileSync(join(store, windowPath), JSON.stringify({ id: 'first', deadline, step: 'pause' }));
  const { file } = await enter(2);
  expect(JSON.parse(readFileSync(file, 'utf8'))).toEqual({
    pod: 'pod:0',
    boot: boot(2),
    release: '1',
    host: 'node',
    collection: 'first',
  });
});

it('finds the others, and is found no more when it has left', async () => {
  const one = await enter(1);
  const two = await enter(2);
  expect(two.boots).toEqual([boot(1), boot(2)]);
  expect(await eventually(() => one.boots?.length === 2)).toBe(true);
  await two.leave();
  expect(await eventually(() => one.boots?.length === 1)).toBe(true);
  expect(readdirSync(join(store, membersRoot))).toHaveLength(1);
});

it('is renewed, and there again when somebody took it for dead', async () => {
  const { file } = await enter(1);
  utimesSync(file, new Date(Date.now() - 40_000), new Date(Date.now() - 40_000));
  expect(await eventually(() => Date.now() - statSync(file).mtimeMs < 30_000, 10_000)).toBe(true);
  rmSync(file);
  expect(await eventually(() => readdirSync(join(store, membersRoot)).length === 1)).toBe(true);
});

it.each([-120_000, 120_000])(
  'finds the others, and is found, with another time than the storage by %d ms',
  async (difference) => {
    const now = Date.now.bind(Date);
    const other = join(store, membersRoot, `other-${boot(2)}`);
    const one = await enter(1);
    vi.spyOn(Date, 'now').mockImplementation(() => now() + difference);
    const three = await enter(3);
    writeFileSync(other, '{}');
    expect(await eventually(() => three.boots?.length === 3)).toBe(true);
    expect(Math.abs(now() - statSync(three.file).mtimeMs)).toBeLessThan(10_000);
    utimesSync(other, new Date(now() - 61_000), new Date(now() - 61_000));
    expect(await eventually(() => one.boots?.length === 2 && three.boots?.length === 2)).toBe(true);
  },
);

it('finds only itself in the memory of this process', async () => {
  expect((await enter(1, { inmemory: {} })).boots).toEqual([boot(1)]);
});

it('tells how full the storage is, and nothing of the memory of this process', async () => {
  const { storage } = await enter(1);
  expect(storage?.total).toBeGreaterThan(storage?.free ?? 0);
  expect(storage).not.toHaveProperty('hindrance');
  expect((await enter(2, { inmemory: {} })).storage).toBeUndefined();
});
