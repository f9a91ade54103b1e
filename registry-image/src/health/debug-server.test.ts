import type { AddressInfo } from 'node:net';
import { expect, it } from 'vitest';
import { createDebugServer } from './debug-server.ts';
import { startThresholdCheck } from './threshold-check.ts';

it('answers 503 with what is wrong while something is', async () => {
  let problems: Record<string, string> = {};
  let ready = false;
  const render = async (): Promise<{ type: string; text: string }> => ({ type: 'text/plain', text: 'a 1\n' });
  const server = createDebugServer({
    problems: () => problems,
    ready: () => ready,
    metrics: { path: '/metrics', render },
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const get = async (path: string): Promise<[number, string]> => {
    const answer = await fetch(`${base}${path}`);
    return [answer.status, await answer.text()];
  };
  expect(await get('/debug/health')).toEqual([200, '{}']);
  expect(await get('/debug/ready')).toEqual([503, '{"ready":false}']);
  problems = { storagedriver_filesystem: 'gone' };
  ready = true;
  expect(await get('/debug/health')).toEqual([503, '{"storagedriver_filesystem":"gone"}']);
  expect(await get('/debug/ready')).toEqual([200, '{"ready":true}']);
  expect(await get('/metrics')).toEqual([200, 'a 1\n']);
  expect((await get('/'))[0]).toBe(404);
  server.close();
});

it('has a problem from the threshold on, until a check passes', async () => {
  let answer = (): Promise<void> => Promise.reject(new Error('no such disk'));
  let looks = 0;
  const check = async (): Promise<void> => {
    looks++;
    await answer();
  };
  const checked = startThresholdCheck({ check, interval: 15, threshold: 3 });
  await expect.poll(() => looks, { interval: 1 }).toBe(2);
  expect(checked.problem).toBe('');
  await expect.poll(() => checked.problem).toBe('no such disk');
  answer = () => Promise.resolve();
  await expect.poll(() => checked.problem).toBe('');
  answer = () => new Promise(() => {});
  await expect.poll(() => checked.problem).toBe('no answer within 15 ms');
});
