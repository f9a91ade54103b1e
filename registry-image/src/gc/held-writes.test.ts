import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { clockPath, memberPath, membersRoot, windowPath } from '../storage/paths.ts';
import { withWritesHeld } from './held-writes.ts';
import { type Member, memberName, type MemberStorage, readMembers } from './members.ts';
import { createStorageClock } from './storage-clock.ts';
import { createStoreFixture, type StoreFixture } from './store-fixture.ts';
import { readStorageWindow, type StorageWindow, writeStorageWindow } from './storage-window.ts';

type MemberWindow = NonNullable<Member['window']>;

const member = { pod: 'pod-0', boot: 'boot', release: '1', host: 'node' };
const path = memberPath(memberName(member));

let store: StoreFixture;
/** Ends the member of this test. */
let leave: (() => Promise<unknown>) | undefined;
beforeEach(() => {
  store = createStoreFixture();
});
afterEach(async () => {
  await leave?.();
  leave = undefined;
  store.dispose();
});

/** A member that says `state` and answers what it sees; gives the steps that it saw. */
async function takePart(
  answer: Partial<MemberWindow> = {},
  state: (seen: readonly string[]) => Partial<Member> = () => ({}),
): Promise<string[]> {
  const seen: string[] = [];
  const over = new AbortController();
  const look = async (): Promise<void> => {
    const window = await readStorageWindow(store.driver);
    if (window && window.step !== seen.at(-1)) seen.push(window.step);
    const obedient = {
      prepared: true,
      paused: seen.includes('pause'),
      restarted: seen.includes('restart'),
    };
    const told = window && { window: { id: window.id, ...obedient, ...answer } };
    await store.driver.putContent(path, JSON.stringify({ ...member, ...state(seen), ...told }));
  };
  const looking = async (): Promise<void> => {
    while (!over.signal.aborted) {
      await look();
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  };
  await look();
  const ended = looking();
  leave = () => {
    over.abort();
    return ended;
  };
  return seen;
}

function storage(): MemberStorage {
  return { driver: store.driver, now: createStorageClock(store.driver) };
}

/** Has writes held for `work`. */
function hold<T>(
  work: Parameters<typeof withWritesHeld<T>>[1],
  isTouched = false,
): ReturnType<typeof withWritesHeld<T>> {
  return withWritesHeld(storage(), work, () => isTouched);
}

const hasWindow = (): boolean => store.files('/').includes(windowPath);
const nothing = (): Promise<string> => Promise.resolve('done');

test('beside nobody it is alone, with a window for whoever starts meanwhile', async () => {
  const held = await hold((given) => Promise.resolve({ ...given, hasWindow: hasWindow() }), true);
  expect(held).toMatchObject({ isAlone: true, hasWindow: true });
  expect(hasWindow()).toBe(false);
});

test.each([
  [false, ['prepare', 'pause']],
  [true, ['prepare', 'pause', 'restart']],
])(
  'members hold their writes, and replace their workers if anything was touched: %s',
  async (touched, steps) => {
    const seen = await takePart();
    const held = await hold(async ({ isAlone }) => {
      return { isAlone, members: await readMembers(storage()) };
    }, touched);
    expect(held).toMatchObject({ isAlone: false, members: [{ window: { paused: true, restarted: false } }] });
    expect([seen, hasWindow()]).toEqual([steps, false]);
  },
);

test('what failed after something was moved is told, once the workers were replaced', async () => {
  const seen = await takePart();
  await expect(hold(() => Promise.reject(new Error('disk full')), true)).rejects.toThrow('disk full');
  expect([seen.at(-1), hasWindow()]).toEqual(['restart', false]);
});

test('workers are replaced also when the operator has just begun a collection', async () => {
  let hasBegun = false;
  const seen = await takePart({}, () => (hasBegun ? { collection: 'nightly' } : {}));
  const work = async (): Promise<void> => {
    hasBegun = true;
    const isTold = async (): Promise<boolean> =>
      (await readMembers(storage())).some(({ collection }) => collection === 'nightly');
    await expect.poll(isTold).toBe(true);
  };
  await hold(work, true);
  expect(seen.at(-1)).toBe('restart');
});

test('a window that somebody else has put in its place is not taken away', async () => {
  const other: StorageWindow = { id: 'other', deadline: new Date().toISOString(), step: 'pause' };
  await hold(() => writeStorageWindow(store.driver, other));
  expect(await readStorageWindow(store.driver)).toEqual(other);
});

test.each([
  ['before', [], () => true],
  ['while it got ready', ['prepare'], (seen: readonly string[]) => seen.includes('prepare')],
  ['in the last moment', ['prepare', 'pause'], (seen: readonly string[]) => seen.includes('pause')],
])('a collection of the operator that began %s is left alone', async (_when, steps, hasBegun) => {
  const asked = await takePart({}, (seen) => (hasBegun(seen) ? { collection: 'nightly' } : {}));
  let isDone = false;
  await expect(hold(() => Promise.resolve((isDone = true)))).rejects.toThrow(
    'member pod-0-boot on host node takes part in the collection nightly of the operator: collect again',
  );
  expect([isDone, hasWindow(), asked]).toEqual([false, false, steps]);
});

test.each([
  ['answer', { id: 'another' }],
  ['hold its writes', { paused: false }],
])('a member that does not %s is named, and nothing is done', async (what, answer) => {
  await takePart(answer);
  let isDone = false;
  await expect(hold(() => Promise.resolve((isDone = true)))).rejects.toThrow(
    `member pod-0-boot on host node did not ${what} within 5 s, so nothing was swept: restart it`,
  );
  expect([isDone, hasWindow()]).toEqual([false, false]);
});

test('another collection by hand is left alone until its deadline', async () => {
  const endingIn = (milliseconds: number): StorageWindow => ({
    id: 'other',
    deadline: new Date(Date.now() + milliseconds).toISOString(),
    step: 'pause',
  });
  const other = endingIn(60_000);
  await writeStorageWindow(store.driver, other);
  await expect(hold(nothing)).rejects.toThrow(
    `another collection by hand has writes held until ${other.deadline}`,
  );
  expect(await readStorageWindow(store.driver)).toEqual(other);
  await writeStorageWindow(store.driver, endingIn(-1));
  expect(await hold(nothing)).toBe('done');
});

test('a member that was not renewed for a minute is dead: nobody waits for it, and its file goes', async () => {
  store.write(path, JSON.stringify(member), Date.now() - 61_000);
  expect(await hold(({ isAlone }) => Promise.resolve(isAlone))).toBe(true);
  expect(store.files(membersRoot)).toEqual([]);
  store.write(path, JSON.stringify(member), Date.now() - 50_000);
  await expect(hold(nothing)).rejects.toThrow('did not answer');
});

test.each([-120_000, 120_000])(
  'whoever has another time than the storage by %d ms sees who lives',
  async (difference) => {
    const now = Date.now.bind(Date);
    const seen = await takePart();
    const clock = vi.spyOn(Date, 'now').mockImplementation(() => now() + difference);
    try {
      expect(await hold(({ isAlone }) => Promise.resolve(isAlone))).toBe(false);
      expect(seen).toEqual(['prepare', 'pause']);
      await leave?.();
      store.write(path, JSON.stringify(member), now() - 61_000);
      expect(await hold(({ isAlone }) => Promise.resolve(isAlone))).toBe(true);
    } finally {
      clock.mockRestore();
    }
  },
);

test('the time of the storage is asked for once, and not where there is no member', async () => {
  const putContent = vi.spyOn(store.driver, 'putContent');
  const asked = (): number => putContent.mock.calls.filter(([path]) => path === clockPath).length;
  await hold(nothing);
  expect(asked()).toBe(0);
  await takePart();
  await hold(nothing);
  expect(asked()).toBe(1);
});

test('what is no record of a member stops it', async () => {
  store.write(`${membersRoot}/other`, '{', Date.now());
  await expect(hold(nothing)).rejects.toThrow(
    '/.wharfinger/members/other is not the record of a member: remove it',
  );
});
