import { connect } from 'node:tls';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type RegistryUnderTest, startRegistry } from './registry-under-test.ts';

let registry: RegistryUnderTest;
beforeAll(async () => {
  registry = await startRegistry();
}, 30_000);
afterAll(async () => {
  await registry.stop();
});

/** One request on a connection of its own: whether the session was resumed, and the session for the next. */
function ask(session?: Buffer): Promise<{ reused: boolean; session: Buffer | undefined }> {
  return new Promise((resolve, reject) => {
    const { port, agent } = registry;
    const socket = connect({ port, host: 'localhost', ca: agent.options.ca, session });
    let next: Buffer | undefined;
    let reused = false;
    socket.on('session', (given: Buffer) => (next = given));
    socket.once('secureConnect', () => {
      reused = socket.isSessionReused();
      socket.write('GET /v2/ HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n');
    });
    socket.on('error', reject);
    socket.resume().once('close', () => resolve({ reused, session: next }));
  });
}

it('a TLS session of one worker is resumed by every other, also after a restart', async () => {
  let { session } = await ask();
  const reused: boolean[] = [];
  const askAgain = async (): Promise<void> => {
    for (let time = 0; time < 4; time++) {
      const answer = await ask(session);
      reused.push(answer.reused);
      session = answer.session ?? session;
    }
  };
  await askAgain();
  registry.mount('maintenance', {
    'collection.json': JSON.stringify({ run: 'r', attempt: 0, restart: 'one' }),
  });
  await registry.stateUntil(({ restart }) => restart?.done === true, 10_000);
  await askAgain();
  expect(reused).toEqual(Array.from({ length: 8 }, () => true));
});
