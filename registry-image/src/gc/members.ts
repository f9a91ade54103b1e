import { basename } from 'node:path/posix';
import { z } from 'zod';
import { absentAsUndefined } from '../registry/links.ts';
import type { StorageDriver } from '../storage/driver.ts';
import { memberPath, membersRoot } from '../storage/paths.ts';
import type { StorageClock } from './storage-clock.ts';

/**
 * What a registry that serves from a storage writes on it, for as long as it does (docs/architecture.md, "Who takes part"). By its
 * modification time it was there not long ago.
 */
export const Member = z.object({
  pod: z.string(),
  /** New at every start of the supervisor. */
  boot: z.string(),
  release: z.string(),
  host: z.string(),
  /** Run of the operator that `collection.json` names now. */
  collection: z.string().optional(),
  /** How far this registry is in the window that it sees on the storage. */
  window: z
    .object({
      id: z.string(),
      /** The workers that are to replace those that serve are forked and wait. */
      prepared: z.boolean(),
      /** Every write is held. */
      paused: z.boolean(),
      /** No process takes a request that did so while writes were held. */
      restarted: z.boolean(),
    })
    .optional(),
});
export type Member = z.infer<typeof Member>;

/** Milliseconds between two renewals. */
export const renewalInterval = 5_000;
/** Milliseconds without a renewal after which a member is taken for dead. */
export const longestSilence = 60_000;

export function memberName({ pod, boot }: Pick<Member, 'pod' | 'boot'>): string {
  return `${pod.replaceAll(/[^A-Za-z0-9.-]/g, '-')}-${boot}`;
}

/** Where members are looked for, and the clock by which they are renewed. */
export interface MemberStorage {
  readonly driver: StorageDriver;
  /** Asked for when there are members. */
  readonly now: StorageClock;
}

/** Names (POD-BOOT) of the members that live. The files of the dead are removed, as far as that can be. */
export async function livingMembers({ driver, now }: MemberStorage): Promise<string[]> {
  const entries = (await absentAsUndefined(driver.list(membersRoot))) ?? [];
  if (entries.length === 0) return [];
  const time = await now();
  const dead = entries.filter(({ modified }) => time - modified > longestSilence);
  for (const { path } of dead) await driver.delete(path).catch(() => {});
  return entries.filter((entry) => !dead.includes(entry)).map(({ path }) => basename(path));
}

/** What the members that live say. Throws an error of one sentence when one of them cannot be understood. */
export async function readMembers(storage: MemberStorage): Promise<Member[]> {
  const members: Member[] = [];
  for (const name of await livingMembers(storage)) {
    const content = await absentAsUndefined(storage.driver.getContent(memberPath(name)));
    // It has just left.
    if (content !== undefined) members.push(parseMember(name, content));
  }
  return members;
}

function parseMember(name: string, content: Buffer): Member {
  try {
    return Member.parse(JSON.parse(content.toString()));
  } catch {
    throw new Error(
      `${memberPath(name)} is not the record of a member: remove it if no registry of another release serves from this storage`,
    );
  }
}
