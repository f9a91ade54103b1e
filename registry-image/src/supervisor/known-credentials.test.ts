import { Agent } from 'node:https';
import { hash } from '@node-rs/bcrypt';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type RegistryUnderTest, startRegistry } from './registry-under-test.ts';

let registry: RegistryUnderTest;
beforeAll(async () => {
  registry = await startRegistry({ htpasswd: `ci:${await hash('secret', 14)}\n` });
}, 60_000);
afterAll(async () => {
  await registry.stop();
});

/** Milliseconds that a request on a connection of its own takes. */
async function ask(password: string): Promise<{ status: number; milliseconds: number }> {
  const agent = new Agent({ ca: registry.serving['tls.crt'] });
  const started = performance.now();
  const { status } = await registry.call({ path: '/v2/', auth: `ci:${password}`, agent });
  return { status, milliseconds: performance.now() - started };
}

it('workers that replace others know the credentials that were right, and no others', async () => {
  const first = await ask('secret');
  expect(first.status).toBe(200);
  registry.mount('maintenance', {
    'collection.json': JSON.stringify({ run: 'a', attempt: 1, restart: 'a-1' }),
  });
  await registry.stateUntil(({ restart }) => restart?.nonce === 'a-1' && restart.done, 20_000);
  const later = await Promise.all(Array.from({ length: 8 }, () => ask('secret')));
  expect(later.map(({ status }) => status)).toEqual(later.map(() => 200));
  expect(Math.max(...later.map(({ milliseconds }) => milliseconds))).toBeLessThan(first.milliseconds / 2);
  expect((await ask('wrong')).status).toBe(401);
}, 60_000);
