import { expect, test } from 'vitest';
import type { StorageDriver } from '../storage/driver.ts';
import { createMemoryDriver } from '../storage/memory.ts';
import { deletedRoot, tagPath } from '../storage/paths.ts';
import { type Digest, digestOf } from './digest.ts';
import { createTags, type Tags } from './tags.ts';

const [one, two, three] = ['one', 'two', 'three'].map((text) => digestOf(text)) as [Digest, Digest, Digest];

/** Tags on a storage that lets something happen just before a tag is moved for the first time, and just before each later time. */
async function tagsWith(
  ...events: ((tags: Tags) => Promise<void>)[]
): Promise<{ tags: Tags; driver: StorageDriver }> {
  const memory = createMemoryDriver();
  const others = createTags({ driver: memory, concurrencyLimit: 0 });
  await others.set('a', 'v1', one);
  const driver: StorageDriver = {
    ...memory,
    async move(from, to) {
      await events.shift()?.(others);
      return memory.move(from, to);
    },
  };
  return { driver, tags: createTags({ driver, concurrencyLimit: 0 }) };
}

test('a tag is removed when it names the digest, and only then', async () => {
  const { tags, driver } = await tagsWith();
  await tags.removeFrom('a', 'v1', two);
  expect(await tags.resolve('a', 'v1')).toBe(one);
  await tags.removeFrom('a', 'v1', one);
  await expect(driver.stat(tagPath('a', 'v1'))).rejects.toThrow();
  expect(await driver.list(deletedRoot)).toEqual([]);
});

test('a tag that a push sets to another digest at the same time stays', async () => {
  const { tags, driver } = await tagsWith((others) => others.set('a', 'v1', two));
  await tags.removeFrom('a', 'v1', one);
  expect(await tags.resolve('a', 'v1')).toBe(two);
  expect(await driver.list(deletedRoot)).toEqual([]);
});

test('what comes back never takes the place of what was set still later', async () => {
  const { tags, driver } = await tagsWith(
    (others) => others.set('a', 'v1', two),
    (others) => others.set('a', 'v1', three),
  );
  await tags.removeFrom('a', 'v1', one);
  expect(await tags.resolve('a', 'v1')).toBe(three);
  expect(await driver.list(deletedRoot)).toEqual([]);
});
