import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import type { StorageDriver } from '../storage/driver.ts';
import { damageCases } from './damage-cases.ts';
import { type Made, makeStore } from './made-store.ts';
import { copyStore, snapshot, verifyOnce } from './verify-fixture.ts';

let made: Made;
let original = '';

afterAll(() => rmSync(original, { recursive: true, force: true }));

/** A storage that ends, for good, before the given change. */
function killedBefore(driver: StorageDriver, change: number, onKill: () => void): StorageDriver {
  let changes = 0;
  async function orKilled<T>(work: () => Promise<T>): Promise<T> {
    if (++changes < change) return work();
    onKill();
    throw new Error('killed');
  }
  return {
    ...driver,
    putContent: (path, content) => orKilled(() => driver.putContent(path, content)),
    move: (from, to) => orKilled(() => driver.move(from, to)),
    delete: (path) => orKilled(() => driver.delete(path)),
    removeIfEmpty: (path) => orKilled(() => driver.removeIfEmpty(path)),
  };
}

/** The files of the layout with their contents. */
function layoutOf(root: string): string[] {
  return [...snapshot(root)]
    .map(([path, described]) => [path, (JSON.parse(described) as string[])[3]] as const)
    .filter(([path, content]) => path.startsWith('/docker/') && content !== '')
    .map((entry) => entry.join(' '))
    .sort();
}

describe('a repair that is killed', () => {
  it('has a store to look at', async () => {
    original = mkdtempSync(join(tmpdir(), 'verify-original-'));
    const { root, ...store } = await makeStore();
    ({ made } = store);
    cpSync(root, original, { recursive: true, preserveTimestamps: true });
  });

  // Who sets a tag meanwhile must win, so its current link is gone for a moment: killed then, the tag is set aside.
  const mended = damageCases.filter(({ action, kind }) => action !== 'left' && kind !== 'tag-link-content');
  it.each(mended)('at any change is ended by the next run: $name', async ({ damage }) => {
    const damaged = async (): Promise<string> => {
      const root = await copyStore(original);
      damage((path) => join(root, path), made);
      return root;
    };
    const whole = await damaged();
    await verifyOnce(whole, { repair: true });
    let killed = true;
    let change = 1;
    for (; killed; change++) {
      killed = false;
      const root = await damaged();
      const wrap = (driver: StorageDriver): StorageDriver =>
        killedBefore(driver, change, () => (killed = true));
      await verifyOnce(root, { repair: true, wrap, run: 'killed' });
      await verifyOnce(root, { repair: true, run: 'second' });
      expect([change, layoutOf(root)]).toEqual([change, layoutOf(whole)]);
    }
    expect(change).toBeGreaterThan(2);
  });
});
