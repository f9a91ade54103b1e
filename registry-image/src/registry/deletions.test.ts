import { beforeEach, expect, test } from 'vitest';
import { parseConfig } from '../config/index.ts';
import type { StorageDriver } from '../storage/driver.ts';
import { createMemoryDriver } from '../storage/memory.ts';
import { deletionPath, deletionsRoot, departuresRoot, tagCurrentLinkPath } from '../storage/paths.ts';
import { digestOf } from './digest.ts';
import { type ControlledGate, createCommitGate } from './gate.ts';
import { createRegistry, type Registry } from './index.ts';
import { createJournal } from './journal.ts';
import { removeLeftovers } from './leftovers.ts';

const repository = 'team/app';
const content = Buffer.from(
  JSON.stringify({
    schemaVersion: 2,
    mediaType: 'application/vnd.oci.image.index.v1+json',
    manifests: [],
  }),
);
const digest = digestOf(content);
const { config } = parseConfig('version: 0.1\nstorage: {inmemory: {}, delete: {enabled: true}}', {});

let driver: StorageDriver;
let gate: ControlledGate;
let registry: Registry;
beforeEach(async () => {
  driver = createMemoryDriver();
  gate = gateOn(driver);
  registry = await createRegistry({ driver, gate, config });
  await put('v1');
});

function gateOn(driver: StorageDriver): ControlledGate {
  const journal = createJournal({ driver, process: 'test' });
  return createCommitGate({ holdTimeoutMs: 10, limit: 10, journal });
}

async function put(tag: string): Promise<void> {
  await registry.manifests.put({ repository, reference: { tag }, content });
}

/** A DELETE by digest that has looked for tags before a push sets another, and whose process is killed when it has taken the revision. */
async function deleteAndBeKilled(): Promise<void> {
  const killed = new Error('killed');
  let isKilled = false;
  const dying = new Proxy(driver, {
    get: (target, name: keyof StorageDriver) => async (from: string, to: string) => {
      if (isKilled) throw killed;
      const isTaken = name === 'move' && to.startsWith(deletionsRoot);
      if (isTaken) await put('late');
      const answer = await (target[name] as (from: string, to: string) => Promise<unknown>)(from, to);
      if (isTaken) isKilled = true;
      return answer;
    },
  });
  const { manifests } = await createRegistry({ driver: dying, gate: gateOn(dying), config });
  await expect(manifests.delete(repository, { digest })).rejects.toBe(killed);
}

async function notes(): Promise<number> {
  return (await driver.children(deletionsRoot).catch(() => [])).length;
}

test('what a killed deletion by digest had still to do is done: a tag that was set meanwhile does not stay without its manifest', async () => {
  await deleteAndBeKilled();
  await expect(registry.manifests.get(repository, { tag: 'late' })).rejects.toThrow(/MANIFEST_UNKNOWN/);
  expect(await notes()).toBe(1);
  await removeLeftovers({ driver, gate });
  await expect(driver.stat(tagCurrentLinkPath(repository, 'late'))).rejects.toThrow();
  expect(await notes()).toBe(0);
});

test('a push after the kill of a deletion keeps its tags, whenever the deletion is ended', async () => {
  await deleteAndBeKilled();
  await put('v2');
  await removeLeftovers({ driver, gate });
  expect((await registry.manifests.get(repository, { tag: 'v2' })).digest).toBe(digest);
  expect(await notes()).toBe(0);
});

test('a push that brings the manifest again at the moment at which its tag is taken keeps that tag', async () => {
  await deleteAndBeKilled();
  let isPut = false;
  const move: StorageDriver['move'] = async (from, to) => {
    if (to.startsWith(departuresRoot) && !isPut) {
      isPut = true;
      await put('late');
    }
    await driver.move(from, to);
  };
  await removeLeftovers({ driver: { ...driver, move }, gate });
  expect(isPut).toBe(true);
  expect((await registry.manifests.get(repository, { tag: 'late' })).digest).toBe(digest);
  expect(await notes()).toBe(0);
});

test('one that cannot be ended keeps no other from its end, and is told', async () => {
  await deleteAndBeKilled();
  await driver.putContent(`${deletionPath(digest, '-', 'broken/app')}/link`, digest);
  const trouble = new Error('disk failure');
  const list: StorageDriver['list'] = async (path) => {
    if (path.includes('broken/app')) throw trouble;
    return driver.list(path);
  };
  await expect(removeLeftovers({ driver: { ...driver, list }, gate })).rejects.toBe(trouble);
  await expect(driver.stat(tagCurrentLinkPath(repository, 'late'))).rejects.toThrow();
  expect(await notes()).toBe(1);
});

test('a repository on another file system is deleted from without a note, and a directory that a kill left empty goes', async () => {
  const move: StorageDriver['move'] = (from, to) => {
    if (!to.startsWith(deletionsRoot)) return driver.move(from, to);
    return Promise.reject(Object.assign(new Error('EXDEV'), { code: 'EXDEV' }));
  };
  const { manifests } = await createRegistry({ driver: { ...driver, move }, gate, config });
  await manifests.delete(repository, { digest });
  await expect(registry.manifests.get(repository, { tag: 'v1' })).rejects.toThrow(/MANIFEST_UNKNOWN/);
  await driver.makeDirectories([`${deletionsRoot}/${digest}.id`]);
  await removeLeftovers({ driver, gate });
  expect(await notes()).toBe(0);
});

test('a deletion leaves no note', async () => {
  await registry.manifests.delete(repository, { digest });
  expect(await notes()).toBe(0);
  await expect(registry.manifests.get(repository, { tag: 'v1' })).rejects.toThrow(/MANIFEST_UNKNOWN/);
});

test('a deletion is not ended while the registry takes no writes, and stays noted', async () => {
  await deleteAndBeKilled();
  await gate.set('readOnly');
  await expect(removeLeftovers({ driver, gate })).rejects.toThrow(/read-only/);
  expect(await notes()).toBe(1);
});
