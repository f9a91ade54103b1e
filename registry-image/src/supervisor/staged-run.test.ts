import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type CollectionMaintenance, CollectionOptions } from '../config/maintenance.ts';
import { blobDataPath } from '../storage/paths.ts';
import { type RegistryUnderTest, startRegistry } from './registry-under-test.ts';

const digest = (text: string): string => `sha256:${createHash('sha256').update(text).digest('hex')}`;
const window = (): { deadline: string } => ({ deadline: new Date(Date.now() + 20_000).toISOString() });

let registry: RegistryUnderTest;
beforeAll(async () => {
  registry = await startRegistry();
}, 30_000);
afterAll(async () => {
  await registry.stop();
});

async function push(text: string): Promise<number> {
  const path = `/v2/team/app/blobs/uploads/?digest=${digest(text)}`;
  const headers = { 'content-length': text.length };
  return (await registry.call({ method: 'POST', path, headers }, text)).status;
}

function order(collection: CollectionMaintenance): void {
  registry.mount('maintenance', { 'collection.json': JSON.stringify(collection) });
}

const has = (text: string): boolean =>
  existsSync(join(registry.directory, 'data', blobDataPath(digest(text))));
const options = CollectionOptions.parse({ minAge: 0, undoFor: 3_600_000 });
const mark = { pod: 'pod-0', options };

/** The process of the collector, a child of the supervisor that is no worker. */
function collectorPid(): number {
  const children = `/proc/${registry.child.pid}/task/${registry.child.pid}/children`;
  const found = readFileSync(children, 'utf8')
    .trim()
    .split(' ')
    .find((pid) => readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('collector'));
  return Number(found);
}

describe('a run that marks while writes go on', () => {
  it('pauses them for the sweep alone, and what was pushed since the mark stays', async () => {
    expect([await push('dead'), await push('pushed again')]).toEqual([201, 201]);
    const run = { run: 'run', attempt: 1 };
    order({ ...run, mark });
    const marked = await registry.stateUntil(
      ({ collection, prepared }) => collection?.phase === 'Marked' && prepared,
    );
    expect(marked).toMatchObject({ writes: 'open', collection: { ...run, remaining: 4, touched: false } });
    const standby = marked.workers.filter(({ phase }) => phase === 'starting').map(({ pid }) => pid);
    expect(standby.length).toBeGreaterThan(0);
    expect([await push('pushed again'), has('dead')]).toEqual([201, true]);

    order({ ...run, mark, window: window() });
    await registry.stateUntil(({ writes }) => writes === 'paused');
    const held = window();
    order({ ...run, mark, window: held, collect: { ...mark, budget: 500 } });
    const swept = await registry.stateUntil(({ collection }) => collection?.phase === 'Swept');
    expect(swept.collection).toMatchObject({ remaining: 0, touched: true, counts: { blobsDeleted: 1 } });
    expect([has('dead'), has('pushed again')]).toEqual([false, true]);
    order({ ...run, mark, window: held, restart: 'r-1' });
    const restarted = await registry.stateUntil(({ restart }) => restart?.nonce === 'r-1' && restart.done);
    const serving = restarted.workers.filter(({ phase }) => phase === 'serving').map(({ pid }) => pid);
    expect(new Set(serving)).toEqual(new Set(standby));
    order({ ...run, restart: 'r-1', confirm: mark });
    const confirmed = await registry.stateUntil(({ collection }) => collection?.phase === 'Confirmed');
    expect(confirmed.collection?.counts).toMatchObject({ bytesPending: 4, bytesFreed: 0, blobsDeleted: 1 });
    expect(confirmed).toMatchObject({ writes: 'open', prepared: false });
  });

  it('is undone by a restore', async () => {
    order({ run: 'undo', attempt: 1, restore: { pod: 'pod-0', from: 'run' } });
    const restored = await registry.stateUntil(({ collection }) => collection?.phase === 'Restored');
    expect(restored.collection?.counts.restored).toBe(1);
    expect(has('dead')).toBe(true);
    expect(
      (await registry.call({ method: 'HEAD', path: `/v2/team/app/blobs/${digest('dead')}` })).status,
    ).toBe(200);
  });

  it('whose collector is killed with its mark fails, and the next attempt marks anew', async () => {
    order({ run: 'killed', attempt: 1, mark });
    await registry.stateUntil(({ collection }) => collection?.phase === 'Marked');
    process.kill(collectorPid(), 'SIGKILL');
    const failed = await registry.stateUntil(({ collection }) => collection?.phase === 'Failed');
    expect(failed.collection).toMatchObject({ run: 'killed', message: expect.stringContaining('SIGKILL') });
    order({ run: 'killed', attempt: 2, mark });
    await registry.stateUntil(({ collection }) => collection?.phase === 'Marked' && collection.attempt === 2);
  });

  it('that is a dry run moves nothing, and whose order goes ends with the workers that stand by', async () => {
    const dry = { pod: 'pod-0', options: { ...options, dryRun: true } };
    order({ run: 'dry', attempt: 1, mark: dry });
    const marked = await registry.stateUntil(
      ({ collection }) => collection?.run === 'dry' && collection.phase === 'Marked',
    );
    expect(marked.collection?.counts.blobsDeleted).toBe(2);
    const own = readdirSync(join(registry.directory, 'data/.wharfinger'), {
      recursive: true,
      withFileTypes: true,
    });
    const files = own.filter(
      (entry) => entry.isFile() && !/\/(journal|members|reserve)$/.test(entry.parentPath),
    );
    // Those attempts ended before their sweep; the next second mark takes their notes, and the room for them, with their trash.
    expect(files.map(({ name }) => name)).toEqual(['killed-1', 'killed-2']);
    order({ run: 'none', attempt: 1 });
    const idle = await registry.stateUntil(
      ({ workers }) => !workers.some(({ phase }) => phase === 'starting'),
    );
    expect(idle.prepared).toBe(false);
  });

  it('on the only replica needs no other word in its window, and pauses writes for a moment', async () => {
    expect(await push('left alone')).toBe(201);
    const run = { run: 'solo', attempt: 1 };
    order({ ...run, mark });
    const { boot } = await registry.stateUntil(
      ({ collection, prepared }) => collection?.run === 'solo' && collection.phase === 'Marked' && prepared,
    );
    const before = (await registry.state()).workers.filter(({ phase }) => phase === 'serving');
    const solo = { boot, restart: 'solo-1' };
    order({ ...run, mark, window: window(), collect: { ...mark, budget: 500, solo } });
    const over = await registry.stateUntil(({ lastPause }) => lastPause?.run === 'solo');
    expect(over).toMatchObject({ writes: 'open', restart: { nonce: 'solo-1', done: true } });
    expect(over.collection).toMatchObject({ ...run, phase: 'Swept', touched: true });
    expect([has('left alone'), await push('left alone')]).toEqual([false, 201]);
    expect(over.lastPause?.milliseconds).toBeLessThan(5_000);
    const serving = over.workers.filter(({ takesRequests }) => takesRequests).map(({ pid }) => pid);
    expect(before.filter(({ pid }) => serving.includes(pid))).toEqual([]);
    order({ ...run, restart: 'solo-1', confirm: mark });
    await registry.stateUntil(({ collection }) => collection?.phase === 'Confirmed');
  });
});
