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
