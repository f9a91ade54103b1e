import { expect, it } from 'vitest';
import { exampleRegistry } from '../api/registry-example.ts';
import { httpRoutes, type Route } from '../kube/gateway-kinds.ts';
import { kindIn } from '../kube/optional-kind.ts';
import { applyOptional } from './optional-caches.ts';
import type { StepContext } from './step.ts';

const manifest = { metadata: { namespace: 'team', name: 'team-a' } };

function route(uid: string, generation: number, seen: string): Route {
  const parents = [{ parentRef: { name: seen } }];
  return { metadata: { ...manifest.metadata, uid, generation }, status: { parents } };
}

it.each([
  ['nothing', undefined, 'applied'],
  ['what was applied', route('one', 2, 'cached'), 'cached'],
  ['what a Gateway has answered since', route('one', 3, 'cached'), 'cached'],
  ['a former spec', route('one', 1, 'cached'), 'applied'],
  ['one that was deleted', route('other', 7, 'cached'), 'applied'],
])('when the cache shows %s, its status is believed or not', async (_name, cached, told) => {
  const applied = route('one', 2, 'applied');
  const context = {
    applier: { apply: () => Promise.resolve(applied) },
    registry: exampleRegistry(),
  } as unknown as StepContext;
  const kind = kindIn(httpRoutes, 'gateway.networking.k8s.io/v1');
  const cache = { served: () => Promise.resolve(kind), store: { get: () => cached } };
  const found = await applyOptional(context, cache, manifest);
  expect(found?.status?.parents?.[0]?.parentRef.name).toBe(told);
});
