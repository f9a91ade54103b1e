import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Member, memberName, type MemberStorage, readMembers } from './members.ts';
import {
  readStorageWindow,
  removeStorageWindow,
  type StorageWindow,
  writeStorageWindow,
} from './storage-window.ts';

/** Milliseconds for every member to answer, and to hold its writes. */
const answerLimit = 5_000;
/** Milliseconds for the members to fork workers before writes are held; then the restart has to. */
const prepareLimit = 30_000;
/** Milliseconds for which writes are held at most: for the pause, a sweep of 2 s, and the restart, on a busy machine. */
const windowLength = 20_000;
/** Milliseconds between two looks at what the members say. */
const poll = 50;

type MemberWindow = NonNullable<Member['window']>;

export interface HeldWrites {
  /** No registry serves from this storage, so nobody waits. */
  readonly isAlone: boolean;
  /** Milliseconds since the epoch until which writes are held. */
  readonly deadline: number;
}

/**
 * Does `work` while every registry that serves from this storage holds its writes (docs/architecture.md, "Who takes part"), and has them
 * replace their workers when `isTouched` says so then. Throws an error of one sentence, and does nothing, when one of them does not take part.
 */
export async function withWritesHeld<T>(
  storage: MemberStorage,
  work: (held: HeldWrites) => Promise<T>,
  isTouched: () => boolean,
): Promise<T> {
  const { driver } = storage;
  await refuseBesideAnother(storage);
  const id = randomUUID();
  let deadline = 0;

  async function ask(step: StorageWindow['step'], length?: number): Promise<void> {
    if (length !== undefined) deadline = Date.now() + length;
    await writeStorageWindow(driver, { id, deadline: new Date(deadline).toISOString(), step });
  }

  async function late(
    limit: number,
    condition: (window: MemberWindow) => boolean,
  ): Promise<Member | undefined> {
    return lateMember(storage, Date.now() + limit, ({ window }) => window?.id === id && condition(window));
  }

  async function prepare(): Promise<void> {
    await ask('prepare', answerLimit + prepareLimit);
    const silent = await late(answerLimit, () => true);
    await refuseCollecting(storage);
    if (silent) throw new Error(refusal(silent, 'answer'));
    await late(prepareLimit, ({ prepared }) => prepared);
  }

  async function hold(): Promise<HeldWrites> {
    // The window first and then the members; a registry that starts does it the other way round, so one sees the other.
    await ask('pause', windowLength);
    const open = await late(answerLimit, ({ paused }) => paused);
    const members = await refuseCollecting(storage);
    if (open) throw new Error(refusal(open, 'hold its writes'));
    return { isAlone: members.length === 0, deadline };
  }

  async function end(): Promise<void> {
    try {
      if (!isTouched()) return;
      await ask('restart');
      const old = await late(deadline - Date.now(), ({ restarted }) => restarted);
      if (old) throw new Error(`${named(old)} has not replaced its workers in time: restart it`);
    } finally {
      await removeStorageWindow(driver, id);
    }
  }

  let result: T;
  try {
    await prepare();
    result = await work(await hold());
  } catch (error) {
    // The first failure is the one to be told; a window that cannot be given back ends at its deadline.
    await end().catch(() => {});
    throw error;
  }
  await end();
  return result;
}

function refusal(member: Member, failing: string): string {
  return `${named(member)} did not ${failing} within ${answerLimit / 1000} s, so nothing was swept: restart it, or stop it and wait for a minute, and collect again`;
}

/** Throws an error of one sentence when the operator, or somebody else by hand, collects in this storage. */
export async function refuseBesideAnother(storage: MemberStorage): Promise<void> {
  await refuseCollecting(storage);
  const other = await readStorageWindow(storage.driver);
  if (!other || Date.parse(other.deadline) <= Date.now()) return;
  throw new Error(
    `another collection by hand has writes held until ${other.deadline}: collect again after that`,
  );
}

/** Throws an error of one sentence when a registry serves from this storage. */
export async function refuseBesideRegistries(storage: MemberStorage): Promise<void> {
  const [member] = await readMembers(storage);
  if (!member) return;
  throw new Error(
    `${named(member)} serves from this storage: stop it and wait for a minute, or collect without --offline`,
  );
}

/** The members that live, none of which takes part in a collection of the operator: else throws an error of one sentence. */
async function refuseCollecting(storage: MemberStorage): Promise<Member[]> {
  const members = await readMembers(storage);
  const collecting = members.find(({ collection }) => collection !== undefined);
  if (!collecting) return members;
  throw new Error(
    `${named(collecting)} takes part in the collection ${collecting.collection} of the operator: collect again when it has ended`,
  );
}

/** Waits for all members that live. Gives one of which the condition does not hold at the end; undefined when it holds of all. */
async function lateMember(
  storage: MemberStorage,
  end: number,
  condition: (member: Member) => boolean,
): Promise<Member | undefined> {
  for (;;) {
    const late = (await readMembers(storage)).find((member) => !condition(member));
    if (!late || Date.now() >= end) return late;
    await sleep(poll);
  }
}

function named(member: Member): string {
  return `member ${memberName(member)} on host ${member.host}`;
}
