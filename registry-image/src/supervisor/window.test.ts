import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { maintenanceHash } from '../config/maintenance.ts';
import { type RegistryUnderTest, startRegistry } from './registry-under-test.ts';

const digest = (text: string): string => createHash('sha256').update(text).digest('hex');
const deadlineIn = (milliseconds: number): { deadline: string } => {
  return { deadline: new Date(Date.now() + milliseconds).toISOString() };
};

let registry: RegistryUnderTest;
beforeAll(async () => {
  registry = await startRegistry({
    maintenance: {
      'collection.json': JSON.stringify({ run: 'first', attempt: 0, window: deadlineIn(30_000) }),
    },
  });
}, 30_000);
afterAll(async () => {
  await registry.stop();
});

async function push(text: string): Promise<number> {
  const path = `/v2/team/app/blobs/uploads/?digest=sha256:${digest(text)}`;
  return (await registry.call({ method: 'POST', path, headers: { 'content-length': text.length } }, text))
    .status;
}

function maintain(collection: object | null, readOnly = false): void {
  registry.mount('maintenance', {
    'registry.json': JSON.stringify({ readOnly }),
    'collection.json': JSON.stringify(collection ?? { run: 'none', attempt: 0 }),
  });
}

describe('window', () => {
  it('comes up paused when the window was there first, and a held write succeeds after it', async () => {
    expect((await registry.state()).writes).toBe('paused');
    const held = push('held');
    await registry.stateUntil(({ heldWrites }) => heldWrites === 1);
    const reads = await registry.call({ path: '/v2/_catalog' });
    expect(reads.status).toBe(200);
    const text = JSON.stringify({ run: 'first', attempt: 0 });
    registry.mount('maintenance', { 'collection.json': text });
    await registry.stateUntil(
      ({ writes, observed }) => writes === 'open' && observed.collection === maintenanceHash(text),
    );
    expect(await held).toBe(201);
  });

  it('ends at its deadline by itself and is not entered again', async () => {
    maintain({ run: 'second', attempt: 0, window: deadlineIn(700) });
    await registry.stateUntil(({ writes }) => writes === 'paused');
    const began = Date.now();
    expect(await push('until the deadline')).toBe(201);
    expect(Date.now() - began).toBeLessThan(1_500);
    expect(await registry.state()).toMatchObject({ writes: 'open', windowExpired: true });
    const text = JSON.stringify({ run: 'second', attempt: 0, window: deadlineIn(20_000) });
    registry.mount('maintenance', { 'collection.json': text });
    const again = await registry.stateUntil(({ observed }) => observed.collection === maintenanceHash(text));
    expect(again).toMatchObject({ writes: 'open', windowExpired: true });
    maintain({ run: 'second', attempt: 1, window: deadlineIn(20_000) });
    expect(await registry.stateUntil(({ writes }) => writes === 'paused')).toMatchObject({
      windowExpired: false,
    });
    maintain(null);
    await registry.stateUntil(({ writes }) => writes === 'open');
  });

  it('refuses writes at once while the user wants read-only, in a window too', async () => {
    maintain(null, true);
    await registry.stateUntil(({ writes }) => writes === 'readOnly');
    expect(await push('refused')).toBe(405);
    maintain({ run: 'third', attempt: 0, window: deadlineIn(20_000) }, true);
    expect(await push('refused')).toBe(405);
    expect(await registry.state()).toMatchObject({ writes: 'readOnly' });
    maintain(null);
    await registry.stateUntil(({ writes }) => writes === 'open');
    expect(await push('accepted')).toBe(201);
  });

  it('keeps what held when a file is broken, and does not claim to have observed it', async () => {
    maintain({ run: 'fourth', attempt: 0, window: deadlineIn(20_000) });
    const { observed } = await registry.stateUntil(({ writes }) => writes === 'paused');
    registry.mount('maintenance', { 'registry.json': '{"readOnly":false}', 'collection.json': '{"run": 4' });
    await expect.poll(registry.output).toContain('collection.json: not valid JSON');
    expect(await registry.state()).toMatchObject({ writes: 'paused', observed });
    maintain(null);
    await registry.stateUntil(({ writes }) => writes === 'open');
  });

  it('collects in a window, restarts, and confirms after it', async () => {
    expect(await push('nobody needs me')).toBe(201);
    const hex = digest('nobody needs me');
    const blob = join(
      registry.directory,
      'data/docker/registry/v2/blobs/sha256',
      hex.slice(0, 2),
      hex,
      'data',
    );
    expect(existsSync(blob)).toBe(true);
    const run = { run: 'fifth', attempt: 0 };
    const options = { dryRun: false, deleteUntagged: false, removeEmptyRepositories: true, minAge: 0 };
    const collect = { pod: 'pod-0', options };
    maintain({ ...run, window: deadlineIn(20_000), collect: { pod: 'another', options } });
    await registry.stateUntil(({ writes }) => writes === 'paused');
    expect((await registry.state()).collection).toBeNull();
    const window = deadlineIn(20_000);
    maintain({ ...run, window, collect });
    const swept = await registry.stateUntil(({ collection }) => collection?.phase === 'Swept');
    expect(swept.collection).toMatchObject({
      ...run,
      touched: true,
      counts: { blobsDeleted: expect.any(Number) },
    });
    expect(existsSync(blob)).toBe(false);
    maintain({ ...run, window, collect, restart: 'fifth-0' });
    await registry.stateUntil(({ restart }) => restart?.nonce === 'fifth-0' && restart.done);
    expect((await registry.state()).writes).toBe('paused');
    maintain({ ...run, collect, restart: 'fifth-0', confirm: collect });
    const confirmed = await registry.stateUntil(({ collection }) => collection?.phase === 'Confirmed');
    expect(confirmed.writes).toBe('open');
    expect(confirmed.collection?.counts.bytesFreed).toBeGreaterThanOrEqual('nobody needs me'.length);
    expect(confirmed.collection?.counts.blobsDeleted).toBe(swept.collection?.counts.blobsDeleted);
  });
});
