import { Agent } from 'node:https';
import { expect, it } from 'vitest';
import { startRegistry } from './registry-under-test.ts';

it('a pod that is told to end serves new connections until nobody sends any, and then ends', async () => {
  const registry = await startRegistry({ env: { KUBERNETES_SERVICE_HOST: '192.0.2.1' } });
  const ask = async (): Promise<number> => {
    const agent = new Agent({ ca: registry.serving['tls.crt'] });
    return (await registry.call({ path: '/v2/', agent })).status;
  };
  const began = performance.now();
  const ended = registry.stop();
  while (performance.now() - began < 2000) expect(await ask()).toBe(200);
  expect(await ended).toBe(0);
  expect(performance.now() - began).toBeLessThan(15_000);
  await expect(ask()).rejects.toThrow();
}, 60_000);

it('what is no pod ends at once', async () => {
  const registry = await startRegistry();
  const began = performance.now();
  expect(await registry.stop()).toBe(0);
  expect(performance.now() - began).toBeLessThan(2500);
}, 60_000);
