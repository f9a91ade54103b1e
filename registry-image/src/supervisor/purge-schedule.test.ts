import pino from 'pino';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { parseConfig } from '../config/index.ts';
import type { PoolWorker } from './pool-worker.ts';
import type { Command } from './protocol.ts';
import { startPurgeSchedule } from './purge-schedule.ts';
import { startRegistry } from './registry-under-test.ts';

const minute = 60_000;

describe('the schedule of upload purges', () => {
  let sent: Command[];
  let writable: boolean;
  beforeEach(() => {
    vi.useFakeTimers();
    sent = [];
    writable = true;
  });
  afterEach(() => vi.useRealTimers());

  function start(maintenance: string): () => void {
    const worker = {
      pid: 1,
      state: { phase: 'serving', takesRequests: true },
      send: (command: Command) => void sent.push(command),
    };
    return startPurgeSchedule({
      config: parseConfig(`version: 0.1\nstorage: {inmemory: {}, maintenance: ${maintenance}}`, {}).config,
      pool: { workers: [worker as unknown as PoolWorker] },
      writable: () => writable,
      log: pino({ level: 'silent' }),
      random: () => 0.5,
    });
  }

  it('begins within the first hour and goes on at the interval', () => {
    const end = start('{uploadpurging: {age: 24h, interval: 10h, dryrun: true}}');
    vi.advanceTimersByTime(30 * minute - 1);
    expect(sent).toEqual([]);
    vi.advanceTimersByTime(1);
    const command = {
      type: 'purgeUploads',
      options: { age: 24 * 60 * minute, interval: 600 * minute, dryRun: true },
    };
    expect(sent).toEqual([command]);
    vi.advanceTimersByTime(600 * minute);
    expect(sent).toEqual([command, command]);
    end();
    vi.advanceTimersByTime(6_000 * minute);
    expect(sent.length).toBe(2);
  });

  it('begins sooner when the interval is shorter', () => {
    start('{uploadpurging: {age: 24h, interval: 1m}}');
    vi.advanceTimersByTime(minute / 2);
    expect(sent.length).toBe(1);
  });

  it('waits no longer than a timer can', () => {
    start('{uploadpurging: {age: 24h, interval: 10000h}}');
    vi.advanceTimersByTime(24 * 60 * minute);
    expect(sent.length).toBe(1);
  });

  it('tries again soon when no writes are taken', () => {
    writable = false;
    start('{uploadpurging: {age: 24h, interval: 10h}}');
    vi.advanceTimersByTime(31 * minute);
    expect(sent).toEqual([]);
    writable = true;
    vi.advanceTimersByTime(minute);
    expect(sent.length).toBe(1);
  });

  it.each(['{uploadpurging: {enabled: false}}', '{readonly: {enabled: true}}'])(
    'is off with %s',
    (config) => {
      start(config);
      vi.advanceTimersByTime(10_000 * minute);
      expect(sent).toEqual([]);
    },
  );
});

describe('a registry that serves', () => {
  it.each([
    [
      'purges',
      { enabled: true, age: '1s', interval: '400ms', dryrun: false },
      404,
      'a stale upload was purged',
    ],
    [
      'only tells',
      { enabled: true, age: '1s', interval: '400ms', dryrun: true },
      204,
      'this stale upload would be purged',
    ],
  ])(
    '%s by %j',
    async (_, uploadpurging, status, line) => {
      const registry = await startRegistry({
        config: { storage: { inmemory: {}, maintenance: { uploadpurging } } },
      });
      try {
        const slow = await registry.call({ method: 'POST', path: '/v2/app/blobs/uploads/' });
        const stale = await registry.call({ method: 'POST', path: '/v2/app/blobs/uploads/' });
        const pathOf = (location: string | undefined): string =>
          new URL(String(location), 'https://localhost').pathname;
        for (let count = 0; count < 10; count++) {
          const path = pathOf(slow.headers.location);
          expect((await registry.call({ method: 'PATCH', path }, 'x')).status).toBe(202);
          await new Promise((resolve) => setTimeout(resolve, 300));
        }
        expect(registry.output()).toContain(line);
        const { status: found } = await registry.call({ path: pathOf(stale.headers.location) });
        expect(found).toBe(status);
      } finally {
        await registry.stop();
      }
    },
    30_000,
  );
});
