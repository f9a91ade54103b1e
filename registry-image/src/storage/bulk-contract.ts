import { beforeEach, expect, it } from 'vitest';
import type { StorageDriver } from './driver.ts';
import { NotFoundError } from './errors.ts';

/** What every storage driver must do when many things are changed with one call. `empty` gives an empty one for each test. */
export function describeBulkChanges(empty: () => StorageDriver): void {
  let driver: StorageDriver;
  beforeEach(() => {
    driver = empty();
  });

  async function textOf(path: string): Promise<string> {
    return (await driver.getContent(path)).toString();
  }

  it('moves many, makes the directories that they need, and tells what was not there', async () => {
    const names = Array.from({ length: 50 }, (_, index) => `${index % 5}/${index}`);
    for (const name of names) await driver.putContent(`/from/${name}/link`, name);
    await driver.makeDirectories(['/to/0', '/to/1/deep/below', '/to/0']);
    const moves = names.map((name) => ({ from: `/from/${name}`, to: `/to/${name}` }));
    const missing = { from: '/from/missing', to: '/to/missing' };
    const below = { from: '/from/0/5/link/below', to: '/to/missing' };
    const given = [...moves.slice(0, 20), missing, below, ...moves.slice(20)];
    expect(await driver.moveMany(given)).toEqual({ done: 52, skipped: [20, 21] });
    for (const name of names) expect(await textOf(`/to/${name}/link`)).toBe(name);
    expect(await driver.list('/from/3')).toEqual([]);
    await expect(driver.stat('/to/missing')).rejects.toBeInstanceOf(NotFoundError);
    expect(await driver.moveMany([])).toEqual({ done: 0, skipped: [] });
  });

  it('begins no further change of many once it is told to end', async () => {
    const names = Array.from({ length: 50 }, (_, index) => `/from/${index}`);
    for (const name of names) await driver.putContent(name, 'x');
    const endAfter = (count: number): { until: () => boolean } => ({ until: () => count-- <= 0 });
    const moved = await driver.moveMany(
      names.map((from) => ({ from, to: `/to${from}` })),
      endAfter(10),
    );
    expect(moved.done).toBeGreaterThan(0);
    expect(moved.done).toBeLessThanOrEqual(10);
    expect((await driver.list('/from')).length).toBe(50 - moved.done);
    for (const name of names.slice(0, moved.done)) expect(await textOf(`/to${name}`)).toBe('x');
    await driver.removeMany(names.slice(moved.done), endAfter(5));
    const removed = 50 - moved.done - (await driver.list('/from')).length;
    expect(removed).toBeGreaterThan(0);
    expect(removed).toBeLessThanOrEqual(5);
    await driver.removeMany(names, { until: () => true });
    expect((await driver.list('/from')).length).toBe(50 - moved.done - removed);
  });

  it('throws the failure of one of many changes', async () => {
    await driver.putContent('/file', 'x');
    await driver.putContent('/from', 'x');
    await expect(driver.moveMany([{ from: '/from', to: '/file/below/it' }])).rejects.toThrow();
    await expect(driver.removeMany(['/a/../../b'])).rejects.toThrow('not an absolute storage path');
    expect(await textOf('/from')).toBe('x');
  });

  it('removes many files and empty directories, and nothing else', async () => {
    for (const name of ['/dir/a/x', '/dir/b/x', '/dir/c', '/dir/d']) await driver.putContent(name, 'x');
    await driver.delete('/dir/a/x');
    await driver.removeMany(['/dir/a', '/dir/b', '/dir/c', '/dir/missing', '/dir/d/below']);
    expect((await driver.list('/dir')).map(({ path }) => path)).toEqual(['/dir/b', '/dir/d']);
    const mixed = Array.from({ length: 60 }, (_, index) => `/mixed/${index}`);
    for (const [index, name] of mixed.entries()) {
      await driver.putContent(index % 3 === 0 ? name : `${name}/x`, 'x');
      if (index % 3 !== 0) await driver.delete(`${name}/x`);
    }
    await driver.removeMany(mixed);
    expect(await driver.list('/mixed')).toEqual([]);
  });

  it('removes many files and their directories as far as these are empty then', async () => {
    const names = Array.from({ length: 60 }, (_, index) => `/alone/${index}/file`);
    for (const name of [...names, '/shared/one', '/shared/two', '/full/file/below'])
      await driver.putContent(name, 'x');
    await driver.putContent('/emptied/file', 'x');
    await driver.delete('/emptied/file');
    const given = [...names, '/shared/one', '/emptied/file', '/missing/file'];
    await driver.removeMany(given, { withDirectory: true });
    expect((await driver.list('/')).map(({ path }) => path)).toEqual(['/alone', '/full', '/shared']);
    expect(await driver.list('/alone')).toEqual([]);
    expect((await driver.list('/shared')).map(({ path }) => path)).toEqual(['/shared/two']);
    await driver.removeMany(['/full/file/below'], { withDirectory: true, until: () => true });
    // What is taken for a file may be a directory that holds something, and its directory a file.
    await driver.removeMany(['/full/file', '/shared/two/below'], { withDirectory: true });
    expect(await textOf('/shared/two')).toBe('x');
    expect(await textOf('/full/file/below')).toBe('x');
  });
}
