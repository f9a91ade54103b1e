import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { startRegistryProcess } from '../registry-process.ts';
import type { Coverage } from './coverage.ts';
import { createHttp1Client } from './http1-client.ts';
import type { Message } from './message.ts';
import type { Lane } from './player.ts';
import { basic } from './spoils.ts';

/** More wrong passwords at once than one worker lets wait for their check. */
const count = 900;

/** Sends them on one connection, so that one worker has them all. Throws unless each is answered 401 or 429. */
export async function flood(lane: Lane, coverage: Coverage, round: number): Promise<void> {
  const client = createHttp1Client(lane.target);
  const messages = Array.from({ length: count }, (_, index): Message => {
    const Authorization = basic(`nobody:${round}-${index}`);
    return { method: 'GET', path: '/v2/', headers: { Host: 'localhost', Authorization } };
  });
  for (const _ of messages) coverage.sent();
  const answers = await client.pipeline(messages);
  for (const [index, answer] of answers.entries()) {
    const message = messages[index];
    if (message) coverage.note(message, answer);
    if (answer.status !== 401 && answer.status !== 429)
      throw new Error(`the flood was answered ${answer.status}`);
  }
  if (answers.length !== count) throw new Error(`${answers.length} of ${count} were answered`);
}

/** Requests to a registry whose health check fails. */
const unhealthyCount = 150;

/** Asks a registry of its own that counts as unhealthy. Throws unless, soon, each request is answered 503. */
export async function askUnhealthy(coverage: Coverage): Promise<void> {
  const registry = await startRegistryProcess({
    config: ({ directory }) => ({
      health: { file: [{ file: join(directory, 'config.yml'), interval: '1s', threshold: 1 }] },
    }),
  });
  const client = createHttp1Client({ port: registry.port, secure: false, ca: '' });
  const message: Message = { method: 'GET', path: '/v2/', headers: { Host: 'localhost' } };
  try {
    // The first check comes after its interval.
    await sleep(3_000);
    for (let index = 0; index < unhealthyCount; index += 1) {
      coverage.sent();
      const answer = await client.perform(message, { kind: 'whole' });
      if (answer) coverage.note(message, answer);
      if (answer?.status !== 503) throw new Error(`an unhealthy registry answered ${answer?.status}`);
    }
  } finally {
    client.close();
    await registry.dispose();
  }
}
