import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type RegistryUnderTest, startRegistry } from './registry-under-test.ts';

const kills = 4;
const clients = 60;
/** Milliseconds in which a client must have its answer, or know that there is none. */
const patience = 20_000;

let registry: RegistryUnderTest;
beforeAll(async () => {
  registry = await startRegistry({ config: { http: { tls: undefined } } });
}, 30_000);
afterAll(async () => {
  await registry.stop();
});

type Outcome = 'answered' | 'closed' | 'neither';

/** One request on a connection of its own. */
async function ask(): Promise<Outcome> {
  const socket = connect(registry.port, '127.0.0.1');
  let outcome: Outcome = 'closed';
  const timer = setTimeout(() => {
    outcome = 'neither';
    socket.destroy();
  }, patience);
  socket.on('data', () => (outcome = 'answered')).on('error', () => {});
  socket.write('GET /v2/ HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n');
  await new Promise((resolve) => socket.once('close', resolve));
  clearTimeout(timer);
  return outcome;
}

describe('a worker that is killed', () => {
  it('leaves no connection that is neither answered nor closed', async () => {
    const outcomes: Record<Outcome, number> = { answered: 0, closed: 0, neither: 0 };
    const over = new AbortController();
    const asking = Array.from({ length: clients }, async () => {
      while (!over.signal.aborted) outcomes[await ask()]++;
    });
    for (let kill = 0; kill < kills; kill++) {
      const { workers } = await registry.stateUntil(
        (state) => state.workers.filter(({ phase }) => phase === 'serving').length === 2,
        15_000,
      );
      await sleep(200);
      process.kill(workers[kill % 2]?.pid ?? 0, 'SIGKILL');
    }
    over.abort();
    await Promise.all(asking);
    expect(outcomes.neither).toBe(0);
    expect(outcomes.answered).toBeGreaterThan(clients);
  }, 120_000);
});
