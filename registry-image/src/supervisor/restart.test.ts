import { createHash } from 'node:crypto';
import { Agent, request } from 'node:https';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RegistryState } from '../config/state.ts';
import { type RegistryUnderTest, startRegistry } from './registry-under-test.ts';

let registry: RegistryUnderTest;
beforeAll(async () => {
  registry = await startRegistry();
}, 30_000);
afterAll(async () => {
  await registry.stop();
});

function digestOf(text: string): string {
  return `sha256:${createHash('sha256').update(text).digest('hex')}`;
}

async function push(text: string): Promise<number> {
  const path = `/v2/team/app/blobs/uploads/?digest=${digestOf(text)}`;
  return (await registry.call({ method: 'POST', path, headers: { 'content-length': text.length } }, text))
    .status;
}

/** A PUT whose body takes `milliseconds`. */
async function pushSlowly(text: string, milliseconds: number): Promise<number> {
  const start = await registry.call({ method: 'POST', path: '/v2/team/app/blobs/uploads/' });
  const location = new URL(String(start.headers.location), 'https://localhost');
  location.searchParams.set('digest', digestOf(text));
  const { port, agent } = registry;
  return new Promise((resolve, reject) => {
    const path = `${location.pathname}${location.search}`;
    const sent = request({ host: 'localhost', port, agent, method: 'PUT', path }, (response) => {
      response.resume();
      response.on('end', () => resolve(response.statusCode ?? 0));
    });
    sent.on('error', reject);
    sent.write(text.slice(0, 5));
    setTimeout(() => sent.end(text.slice(5)), milliseconds);
  });
}

function restart(nonce: string): Promise<RegistryState> {
  registry.mount('maintenance', {
    'collection.json': JSON.stringify({ run: 'r', attempt: 0, restart: nonce }),
  });
  return registry.stateUntil(({ restart: done }) => done?.nonce === nonce && done.done);
}

describe('restart in place', () => {
  it('replaces every worker three times and fails no request of kept-alive connections', async () => {
    const failures: unknown[] = [];
    let requests = 0;
    const over = new AbortController();
    const work = async (action: () => Promise<number>, pause: number): Promise<void> => {
      while (!over.signal.aborted) {
        const status = await action().catch((error: unknown) => failures.push(String(error)));
        if (status !== 200 && status !== 201) failures.push(status);
        requests++;
        await new Promise((resolve) => setTimeout(resolve, Math.random() * pause));
      }
    };
    const read = async (): Promise<number> => (await registry.call({ path: '/v2/' })).status;
    const loops = [
      ...Array.from({ length: 12 }, (_, index) => work(read, index * 25)),
      ...Array.from({ length: 4 }, (_, index) => work(() => push(`${index} ${requests}`), 20)),
      ...Array.from({ length: 4 }, (_, index) =>
        work(() => pushSlowly(`slowly ${index} ${requests}`, 600), 0),
      ),
    ];
    for (const nonce of ['one', 'two', 'three']) {
      const before = await registry.state();
      const after = await restart(nonce);
      const old = new Set(before.workers.map((worker) => `${worker.pid} ${worker.startTime}`));
      const takers = after.workers.filter((worker) => worker.takesRequests);
      expect(takers).toHaveLength(2);
      for (const worker of takers) expect(old).not.toContain(`${worker.pid} ${worker.startTime}`);
    }
    over.abort();
    await Promise.all(loops);
    expect(failures).toEqual([]);
    expect(requests).toBeGreaterThan(200);
    // Those that were replaced wait for the connections that their clients keep.
    registry.agent.destroy();
    await registry.stateUntil(({ workers }) => workers.length === 2, 10_000);
  });

  it('leaves connections that rest to their clients', async () => {
    const agent = new Agent({ ...registry.agent.options, keepAlive: true, maxSockets: 1 });
    const use = (): Promise<boolean> =>
      new Promise((resolve, reject) => {
        const { port } = registry;
        const sent = request({
          host: 'localhost',
          port,
          agent,
          method: 'POST',
          path: '/v2/a/blobs/uploads/',
        });
        sent.on('response', (response) => response.resume().on('end', () => resolve(sent.reusedSocket)));
        sent.on('error', reject).end();
      });
    await use();
    await restart('rest');
    await sleep(2_000);
    const isSame = await use();
    agent.destroy();
    expect(isSame).toBe(true);
    await registry.stateUntil(({ workers }) => workers.length === 2, 10_000);
  });

  it('replaces a worker that was killed', async () => {
    const [victim] = (await registry.state()).workers;
    process.kill(victim?.pid ?? 0, 'SIGKILL');
    const isReplaced = ({ pid, phase }: { pid: number; phase: string }): boolean => {
      return pid !== victim?.pid && phase === 'serving';
    };
    const { workers } = await registry.stateUntil((state) => state.workers.filter(isReplaced).length === 2);
    expect(workers).toHaveLength(2);
    expect((await registry.call({ path: '/v2/' })).status).toBe(200);
  });
});
