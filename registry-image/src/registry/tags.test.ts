import { expect, test } from 'vitest';
import type { StorageDriver } from '../storage/driver.ts';
import { createMemoryDriver } from '../storage/memory.ts';
import { deletedRoot, departuresRoot, journalPath, tagIndexLinkPath, tagPath } from '../storage/paths.ts';
import { settleDepartures } from './departures.ts';
import { type Digest, digestOf } from './digest.ts';
import { createJournal } from './journal.ts';
import { createTags, type Tags } from './tags.ts';

const [one, two, three] = ['one', 'two', 'three'].map((text) => digestOf(text)) as [Digest, Digest, Digest];

/** Tags on a storage that lets something happen just before a tag is moved for the first time, and just before each later time. */
async function tagsWith(
  ...events: ((tags: Tags) => Promise<void>)[]
): Promise<{ tags: Tags; driver: StorageDriver }> {
  const memory = createMemoryDriver();
  const others = tagsOn(memory);
  await others.set('a', 'v1', one);
  const driver: StorageDriver = {
    ...memory,
    async move(from, to) {
      await events.shift()?.(others);
      return memory.move(from, to);
    },
  };
  return { driver, tags: tagsOn(driver) };
}

function tagsOn(driver: StorageDriver): Tags {
  return createTags({ driver, journal: createJournal({ driver, process: 'test' }), concurrencyLimit: 0 });
}

async function hasLeftovers(driver: StorageDriver): Promise<boolean> {
  const roots = await Promise.all(
    [deletedRoot, departuresRoot].map((path) => driver.list(path).catch(() => [])),
  );
  return roots.flat().length > 0;
}

test('a tag is removed when it names the digest, and only then', async () => {
  const { tags, driver } = await tagsWith();
  await tags.removeFrom('a', 'v1', two);
  expect(await tags.resolve('a', 'v1')).toBe(one);
  await tags.removeFrom('a', 'v1', one);
  await expect(driver.stat(tagPath('a', 'v1'))).rejects.toThrow();
  expect(await hasLeftovers(driver)).toBe(false);
});

test('a tag that a push sets to another digest at the same time stays', async () => {
  const { tags, driver } = await tagsWith((others) => others.set('a', 'v1', two));
  await tags.removeFrom('a', 'v1', one);
  expect(await tags.resolve('a', 'v1')).toBe(two);
  expect(await hasLeftovers(driver)).toBe(false);
});

test('what comes back never takes the place of what was set still later', async () => {
  const { tags, driver } = await tagsWith(
    (others) => others.set('a', 'v1', two),
    (others) => others.set('a', 'v1', three),
  );
  await tags.removeFrom('a', 'v1', one);
  expect(await tags.resolve('a', 'v1')).toBe(three);
  expect(await hasLeftovers(driver)).toBe(false);
});

/** A storage on which v1 named `two` when a process that was to remove it from `one` was killed after its rename. */
async function killedAfterItsRename(): Promise<{ driver: StorageDriver; tags: Tags }> {
  const driver = createMemoryDriver();
  const tags = tagsOn(driver);
  await tags.set('team/app', 'v1', one);
  const killed = new Error('killed');
  let moves = 0;
  const dying: StorageDriver = {
    ...driver,
    async move(from, to) {
      if (moves++ > 0) throw killed;
      await tags.set('team/app', 'v1', two);
      await driver.move(from, to);
      dying.children = () => Promise.reject(killed);
      dying.getContent = () => Promise.reject(killed);
      dying.delete = () => Promise.reject(killed);
    },
  };
  await expect(tagsOn(dying).removeFrom('team/app', 'v1', one)).rejects.toBe(killed);
  await expect(driver.stat(tagPath('team/app', 'v1'))).rejects.toThrow();
  return { driver, tags };
}

test('a tag that was set is found after the kill of a process that had it aside', async () => {
  const { driver, tags } = await killedAfterItsRename();
  expect(await tags.resolve('team/app', 'v1')).toBe(two);
  expect((await tags.list('team/app', {})).items).toEqual(['v1']);
  expect(await tags.pointingAt('team/app', two)).toEqual(['v1']);
  expect(await tags.resolve('team', 'v1')).toBeUndefined();
  await settleDepartures({ driver, journal: createJournal({ driver, process: 'other' }) });
  // A mark may have looked for it in both places, and at both too late or too early.
  expect((await driver.getContent(journalPath('other.1'))).toString()).toContain(`manifest team/app ${two}`);
  expect(await driver.getContent(`${tagPath('team/app', 'v1')}/current/link`)).toEqual(Buffer.from(two));
  expect(await hasLeftovers(driver)).toBe(false);
});

test('a tag that is left so can be removed, set and removed, and never comes back', async () => {
  const { driver, tags } = await killedAfterItsRename();
  expect(await tags.remove('team/app', 'v1')).toBe(true);
  expect([await tags.resolve('team/app', 'v1'), await hasLeftovers(driver)]).toEqual([undefined, false]);
  const again = await killedAfterItsRename();
  await again.tags.set('team/app', 'v1', three);
  expect(await hasLeftovers(again.driver)).toBe(false);
  await again.tags.removeFrom('team/app', 'v1', three);
  expect(await again.tags.resolve('team/app', 'v1')).toBeUndefined();
  const by = await killedAfterItsRename();
  await by.tags.removeFrom('team/app', 'v1', two);
  expect([await by.tags.resolve('team/app', 'v1'), await hasLeftovers(by.driver)]).toEqual([
    undefined,
    false,
  ]);
});

test('a process that was killed before the link of a newer one was written is not waited for', async () => {
  const { driver, tags } = await killedAfterItsRename();
  await driver.putContent(tagIndexLinkPath('team/app', 'v1', three), three);
  expect(await tags.resolve('team/app', 'v1')).toBe(two);
  await settleDepartures({ driver, journal: createJournal({ driver, process: 'other' }) });
  expect(await driver.getContent(`${tagPath('team/app', 'v1')}/current/link`)).toEqual(Buffer.from(two));
  expect(await hasLeftovers(driver)).toBe(false);
});

test('what was to go goes, though the process that took it was killed', async () => {
  const { driver, tags } = await tagsWith();
  await driver.move(tagPath('a', 'v1'), `${departuresRoot}/${one}.id/a/v1`);
  expect((await tags.list('a', {}).catch(() => ({ items: [] }))).items).toEqual([]);
  await settleDepartures({ driver, journal: createJournal({ driver, process: 'other' }) });
  expect([await tags.resolve('a', 'v1'), await hasLeftovers(driver)]).toEqual([undefined, false]);
});
