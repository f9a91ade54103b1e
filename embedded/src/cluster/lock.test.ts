import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { silentProgress } from '../progress.ts';
import { withLock } from './lock.ts';

describe('withLock', () => {
  let directory: string;
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'lock-'));
  });
  afterEach(() => rmSync(directory, { recursive: true }));

  it('lets one in after the other', async () => {
    const path = join(directory, 'lock');
    const events: string[] = [];
    const work = (name: string) => async (): Promise<void> => {
      events.push(`${name} in`);
      await new Promise((resolve) => setTimeout(resolve, 20));
      events.push(`${name} out`);
    };
    await Promise.all([
      withLock(path, silentProgress(), work('a')),
      withLock(path, silentProgress(), work('b')),
    ]);
    expect(events).toEqual(['a in', 'a out', 'b in', 'b out']);
  });

  it.each(['', JSON.stringify({ pid: 1, startTime: -1, bootId: 'x' })])(
    'takes over from a dead holder: %j',
    async (content) => {
      const path = join(directory, 'lock');
      writeFileSync(path, content);
      expect(await withLock(path, silentProgress(), async () => 'done')).toBe('done');
    },
  );
});
