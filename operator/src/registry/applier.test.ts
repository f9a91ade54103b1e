import { expect, it } from 'vitest';
import { configMaps } from '../kube/builtin-kinds.ts';
import type { Client } from '../kube/client.ts';
import type { KubeObject } from '../kube/resource.ts';
import { createApplier } from './applier.ts';

const manifest = { metadata: { namespace: 'team', name: 'map' }, data: { key: 'value' } };
const version = (resourceVersion: string): KubeObject => ({
  metadata: { namespace: 'team', name: 'map', uid: 'u', resourceVersion },
});

it('an answer is remembered as long as the cache is behind, and not beside the object in the cache', async () => {
  let applies = 0;
  let cached = version('1');
  const answer = version('2');
  const client = {
    apply: async () => {
      applies += 1;
      return answer;
    },
  } as unknown as Client;
  const applier = createApplier(client);
  const apply = (): Promise<KubeObject> =>
    applier.apply(configMaps, { get: () => cached as never }, manifest, () => undefined);
  expect(await apply()).toBe(answer);
  expect(await apply()).toBe(answer);
  cached = version('2');
  expect(await apply()).toBe(cached);
  expect(applies).toBe(1);
  cached = version('3');
  expect(await apply()).toBe(answer);
  expect(applies).toBe(2);
});
