import { pino } from 'pino';
import { beforeEach, expect, it } from 'vitest';
import { digestOf } from '../registry/digest.ts';
import { type ControlledGate, createCommitGate } from '../registry/gate.ts';
import { createJournal } from '../registry/journal.ts';
import type { StorageDriver } from '../storage/driver.ts';
import { createMemoryDriver } from '../storage/memory.ts';
import {
  deletedPath,
  deletedRoot,
  departuresPath,
  departuresRoot,
  tagCurrentLinkPath,
} from '../storage/paths.ts';
import { runUndoPurge } from './undo-purge-run.ts';

const [named, gone] = [digestOf('named'), digestOf('gone')];
const tag = tagCurrentLinkPath('team/app', 'v1');

let driver: StorageDriver;
let gate: ControlledGate;
let told: string;
beforeEach(async () => {
  driver = createMemoryDriver();
  told = '';
  const journal = createJournal({ driver, process: 'test' });
  gate = createCommitGate({ holdTimeoutMs: 10, limit: 10, journal });
  await driver.putContent(deletedPath('left/over'), 'x');
  await driver.putContent(`${departuresPath(gone, 'one', 'team/app')}/v1/current/link`, named);
  await driver.putContent(`${departuresPath(gone, 'two', 'team/app')}/v2/current/link`, gone);
});

function purge(readOnly = false): Promise<void> {
  const log = pino({}, { write: (line) => void (told += line) });
  return runUndoPurge({ driver, gate, log, readOnly });
}

async function left(path: string): Promise<number> {
  return (await driver.list(path).catch(() => [])).length;
}

it('removes what killed processes left to be removed, and brings back a tag that was not to go', async () => {
  await purge();
  expect([await left(deletedRoot), await left(departuresRoot)]).toEqual([0, 0]);
  expect((await driver.getContent(tag)).toString()).toBe(named);
  expect(await driver.list('/docker/registry/v2/repositories/team/app/_manifests/tags')).toHaveLength(1);
  expect(told).toBe('');
});

it.each(['readOnly', 'paused'] as const)('leaves tags where they are while it is %s', async (mode) => {
  await gate.set(mode);
  await purge();
  expect([await left(departuresRoot), told]).toEqual([2, '']);
  await expect(driver.stat(tag)).rejects.toThrow();
});

it('leaves all where it is in a registry that its configuration makes read-only', async () => {
  await purge(true);
  expect([await left(deletedRoot), await left(departuresRoot), told]).toEqual([1, 2, '']);
});

it('tells what cannot be removed', async () => {
  driver = { ...driver, delete: () => Promise.reject(new Error('disk failure')) };
  await purge();
  expect(told).toContain('disk failure');
});
