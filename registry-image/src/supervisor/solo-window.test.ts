import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type CollectionMaintenance, CollectionOptions } from '../config/maintenance.ts';
import type { CollectionState, RegistryState } from '../config/state.ts';
import { zeroCounts } from '../gc/counts.ts';
import { type RegistryUnderTest, startRegistry } from './registry-under-test.ts';
import { soloEnd } from './solo-window.ts';

const options = CollectionOptions.parse({ minAge: 0, undoFor: 3_600_000 });
const mark = { pod: 'pod-0', options };
const run = { run: 'run', attempt: 1 };
const restart = 'run-1';

describe('the end of a sweep', () => {
  const order: CollectionMaintenance = { ...run, collect: { ...mark, solo: { boot: 'boot', restart } } };
  const state = (changes: Partial<CollectionState>): CollectionState => ({
    ...run,
    phase: 'Swept',
    touched: true,
    remaining: 0,
    counts: zeroCounts(),
    ...changes,
  });

  it('asks for a restart when something was moved', () => {
    expect(soloEnd(order, 'boot', state({}))).toEqual({ restart });
    expect(soloEnd(order, 'boot', state({ phase: 'Failed' }))).toEqual({ restart });
    expect(soloEnd(order, 'boot', state({ touched: false }))).toEqual({});
  });

  it('is none in another boot, run or attempt, nor before', () => {
    expect(soloEnd(order, 'another', state({}))).toBeUndefined();
    expect(soloEnd(order, 'boot', state({ run: 'another' }))).toBeUndefined();
    expect(soloEnd(order, 'boot', state({ attempt: 2 }))).toBeUndefined();
    expect(soloEnd(order, 'boot', state({ phase: 'Sweeping' }))).toBeUndefined();
    expect(soloEnd(order, 'boot', null)).toBeUndefined();
    expect(soloEnd({ ...run, collect: mark }, 'boot', state({}))).toBeUndefined();
  });
});

describe('a window that the only replica goes through by itself', () => {
  let registry: RegistryUnderTest;
  beforeEach(async () => {
    registry = await startRegistry();
  }, 30_000);
  afterEach(() => registry.stop());

  async function push(text: string): Promise<number> {
    const digest = `sha256:${createHash('sha256').update(text).digest('hex')}`;
    const path = `/v2/team/app/blobs/uploads/?digest=${digest}`;
    return (await registry.call({ method: 'POST', path, headers: { 'content-length': text.length } }, text))
      .status;
  }

  function order(collection: Partial<CollectionMaintenance>): void {
    registry.mount('maintenance', { 'collection.json': JSON.stringify({ ...run, ...collection }) });
  }

  async function marked(): Promise<RegistryState> {
    expect(await push('dead')).toBe(201);
    order({ mark });
    return registry.stateUntil(({ collection, prepared }) => collection?.phase === 'Marked' && prepared);
  }

  function orderSolo({ boot }: RegistryState, attempt = 1): void {
    const window = { deadline: new Date(Date.now() + 20_000).toISOString() };
    order({ attempt, mark, window, collect: { ...mark, budget: 500, solo: { boot, restart } } });
  }

  function collectorPid(): number {
    const children = readFileSync(`/proc/${registry.child.pid}/task/${registry.child.pid}/children`, 'utf8');
    const isCollector = (pid: string): boolean =>
      readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('collector');
    return Number(children.trim().split(' ').find(isCollector));
  }

  const ended = (): Promise<RegistryState> => registry.stateUntil(({ lastPause }) => lastPause !== null);

  it('ends without a restart when a push has brought all back', async () => {
    const state = await marked();
    expect(await push('dead')).toBe(201);
    orderSolo(state);
    expect(await ended()).toMatchObject({ restart: null, collection: { phase: 'Swept', touched: false } });
  });

  it('ends at once when its collector is gone with the mark, and sweeps nothing', async () => {
    const state = await marked();
    process.kill(collectorPid(), 'SIGKILL');
    await registry.stateUntil(({ collection }) => collection?.phase === 'Failed');
    orderSolo(state, 2);
    const { lastPause, collection } = await ended();
    const message = 'no collector keeps a mark of this run';
    expect(collection).toMatchObject({ attempt: 2, phase: 'Failed', touched: false, message });
    expect(lastPause?.milliseconds).toBeLessThan(5_000);
    expect(await push('another')).toBe(201);
  });

  it('is followed by a restart whose word comes with the end of the mark: the workers that stand by are not lost for it', async () => {
    const { workers } = await marked();
    const standby = workers.filter(({ phase }) => phase === 'starting').map(({ pid }) => pid);
    order({ window: { deadline: new Date(Date.now() + 20_000).toISOString() }, restart });
    const { workers: now } = await registry.stateUntil(({ restart: last }) => last?.done === true);
    expect(now.filter(({ phase }) => phase === 'serving').map(({ pid }) => pid)).toEqual(standby);
  });

  it('leaves a registry that serves when its workers are dismissed and a restart follows', async () => {
    await marked();
    order({});
    order({ restart });
    await registry.stateUntil(({ restart: last }) => last?.done === true);
    expect(await push('another')).toBe(201);
  });
});
