import type { Config } from '../config/schema.ts';
import { livingMembers, type Member, memberName, renewalInterval } from '../gc/members.ts';
import { clockOfFile } from '../gc/storage-clock.ts';
import { readStorageWindow } from '../gc/storage-window.ts';
import type { StorageState } from '../config/state.ts';
import type { StorageDriver } from '../storage/driver.ts';
import { openStorage } from '../storage/open.ts';
import { memberPath } from '../storage/paths.ts';
import type { Log } from '../telemetry/log.ts';
import type { Maintainer } from './maintainer.ts';

export interface MembershipOptions {
  readonly config: Pick<Config, 'storage'>;
  readonly self: Pick<Member, 'pod' | 'boot' | 'release' | 'host'>;
  readonly maintainer: Pick<Maintainer, 'takeStorageWindow' | 'memberState'>;
  readonly log: Log;
}

export interface Membership {
  /** Boots of the members seen on the storage, its own included; undefined while it cannot be one. */
  readonly boots: readonly string[] | undefined;
  /** Others have been on the storage in its time, or that cannot be known: one of another release may be there and not tell. */
  readonly hadCompany: boolean;
  /** As last seen; undefined of a storage without bounds, and while none was seen. */
  readonly storage: StorageState | undefined;
  /** To be called when nothing is committed any more. */
  leave(): Promise<void>;
}

/** Milliseconds between two looks at the storage: usually, and while writes are held. */
const usualInterval = 500;
const windowInterval = 100;
/** Milliseconds between two looks at how full the storage is, and at whether all of it may be used. */
const spaceInterval = 2_000;
const hindranceInterval = 60_000;
/** Milliseconds that a storage which does not answer may hold up the start, and the end. */
const patience = 5_000;
/** Of a name POD-BOOT. */
const bootLength = '00000000-0000-0000-0000-000000000000'.length;

/**
 * Makes a supervisor known on its storage for as long as it serves from it, and has it take part in the windows that a collection by
 * hand asks for there. Resolves when it is known and has seen the window that was there, if any: from then on it may commit. On a storage that cannot be written
 * there is nothing to be known for.
 */
export async function joinStorage(options: MembershipOptions): Promise<Membership> {
  const { config, self } = options;
  // The memory of this process is nobody else's.
  if (config.storage.inmemory)
    return { boots: [self.boot], hadCompany: false, storage: undefined, leave: async () => {} };
  return join(await openStorage({ config }), options);
}

async function join(
  driver: StorageDriver,
  { self, maintainer, log }: MembershipOptions,
): Promise<Membership> {
  const name = memberName(self);
  const path = memberPath(name);
  let written: { text: string; at: number } | undefined;
  /** The storage's, from the file that this member renews. */
  let clock: (() => number) | undefined;
  let boots: string[] = [];
  let hadCompany = false;
  let interval = usualInterval;
  let timer: NodeJS.Timeout | undefined;
  let closed = false;
  const storage = observeStorage(driver);
  const troubles = new Map<string, string>();

  /** Tells what goes wrong once for as long as it is the same. */
  async function attempt(doing: string, step: () => Promise<void>): Promise<void> {
    try {
      await step();
      troubles.delete(doing);
    } catch (error) {
      if (troubles.get(doing) === String(error)) return;
      troubles.set(doing, String(error));
      log.warn({ err: error }, doing);
    }
  }

  async function tell(): Promise<void> {
    const text = JSON.stringify({ ...self, ...maintainer.memberState() });
    const isSame = text === written?.text;
    if (isSame && written && performance.now() - written.at < renewalInterval) return;
    try {
      // Whole again: that gives it its time by the clock of the storage.
      await driver.putContent(path, text);
      clock = await clockOfFile(driver, path);
      written = { text, at: performance.now() };
    } catch (error) {
      // It is not known whether it is there.
      written = undefined;
      throw error;
    }
  }

  async function seeWindow(): Promise<void> {
    const window = await readStorageWindow(driver);
    interval = window && Date.parse(window.deadline) > Date.now() ? windowInterval : usualInterval;
    maintainer.takeStorageWindow(window);
  }

  async function seeMembers(): Promise<void> {
    if (!clock) return;
    const names = await livingMembers({ driver, now: clock });
    boots = names.map((each) => each.slice(-bootLength));
    hadCompany ||= boots.some((boot) => boot !== self.boot);
    // Somebody took it for dead, because it could not be renewed for long.
    if (!names.includes(name)) written = undefined;
  }

  async function look(): Promise<void> {
    if (!written) await attempt('this registry cannot be made known on its storage', tell);
    await attempt('the window on the storage cannot be read', seeWindow);
    if (written) await attempt('this registry cannot be made known on its storage', tell);
    await attempt('the members on the storage cannot be read', seeMembers);
    await attempt('how full the storage is cannot be read', () => storage.look());
    if (!closed) timer = setTimeout(lookAgain, interval);
  }

  function lookAgain(): void {
    looking = look();
  }

  let looking = look();
  await atMost(looking);

  return {
    get boots() {
      return written && boots;
    },
    get hadCompany() {
      return hadCompany || written === undefined;
    },
    get storage() {
      return storage.state;
    },
    async leave() {
      closed = true;
      clearTimeout(timer);
      const leave = async (): Promise<void> => {
        await looking;
        await driver.delete(path).catch(() => {});
      };
      await atMost(leave());
    },
  };
}

interface StorageObserver {
  readonly state: StorageState | undefined;
  look(): Promise<void>;
}

/** Keeps what was seen last, because whoever asks for the state must not wait for a storage that hangs. */
function observeStorage(driver: StorageDriver): StorageObserver {
  let state: StorageState | undefined;
  let hindrance: string | undefined;
  let seenAt = -Infinity;
  let checkedAt = -Infinity;
  return {
    get state() {
      return state;
    },
    async look() {
      const now = performance.now();
      if (!driver.space || now - seenAt < spaceInterval) return;
      // Somebody may be about to mend it.
      if (hindrance !== undefined || now - checkedAt >= hindranceInterval) {
        hindrance = await driver.hindrance?.();
        checkedAt = now;
      }
      state = { ...(await driver.space()), ...(hindrance === undefined ? {} : { hindrance }) };
      seenAt = now;
    },
  };
}

async function atMost(work: Promise<void>): Promise<void> {
  const { promise: over, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, patience);
  await Promise.race([work, over]);
  clearTimeout(timer);
}
