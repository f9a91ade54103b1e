import { randomUUID } from 'node:crypto';
import type { StorageDriver } from '../storage/driver.ts';
import { dayOf, pullsPath, pullsRoot } from '../storage/paths.ts';
import { absentAsUndefined } from './links.ts';

const dayMs = 86_400_000;
/** Days for which pulls are remembered: longer than any rule may ask for. */
const longestMemory = 400;
/** Days after which no process writes to the files of a day any more, whatever its clock says. */
const settledAfter = 2;

/** Forgets what is too old for any rule, and makes one file of the many that processes wrote on a day. */
export async function purgePullLog(driver: StorageDriver, now: number): Promise<void> {
  const days = (await absentAsUndefined(driver.children(pullsRoot))) ?? [];
  const [oldest, settled] = [dayOf(now - longestMemory * dayMs), dayOf(now - settledAfter * dayMs)];
  for (const { name: day } of days) {
    if (day < oldest) await driver.delete(`${pullsRoot}/${day}`);
    else if (day < settled) await join(driver, day);
  }
}

/** A crash in between, or another process that does the same, leaves lines twice; that does no harm. */
async function join(driver: StorageDriver, day: string): Promise<void> {
  const files = (await absentAsUndefined(driver.children(`${pullsRoot}/${day}`))) ?? [];
  if (files.length < 2) return;
  const lines = new Set<string>();
  for (const { name } of files) {
    const content = await absentAsUndefined(driver.getContent(pullsPath(day, name)));
    for (const line of content?.toString().split('\n') ?? []) if (line !== '') lines.add(`${line}\n`);
  }
  await driver.putContent(pullsPath(day, `joined-${randomUUID()}`), [...lines].join(''));
  for (const { name } of files) await driver.delete(pullsPath(day, name));
}
