import { afterAll, beforeAll, expect, test } from 'vitest';
import { eventually } from '../support/eventually.ts';
import {
  apply,
  at,
  createNamespace,
  deleteNamespace,
  kubectl,
  type KubeObject,
  waitForCondition,
} from '../support/kubernetes.ts';
import { registryObject } from '../support/registries.ts';

const namespace = 'e2e-events';
const name = 'story';

beforeAll(() => createNamespace(namespace));
afterAll(() => deleteNamespace(namespace));

async function applyStalled(stalled: boolean): Promise<void> {
  const tls = stalled ? { secretName: 'missing' } : { selfSigned: { keySize: 2048 } };
  await apply(registryObject({ namespace, name, spec: { replicas: 0, tls } }));
  await waitForCondition({ kind: 'registry', namespace, name }, 'Stalled', stalled ? 'True' : 'False');
}

async function warnings(): Promise<KubeObject[]> {
  const list = await kubectl(['get', 'events.events.k8s.io', '-n', namespace, '-o', 'json']);
  const { items } = JSON.parse(list) as { items: KubeObject[] };
  return items.filter((event) => at(event, 'type') === 'Warning' && at(event, 'regarding.name') === name);
}

test('A12: what goes wrong again is told by the Event of the first time, which counts', async () => {
  for (const stalled of [true, false, true]) await applyStalled(stalled);
  const [event, ...more] = await eventually(
    'an Event that counts',
    async () => {
      const found = await warnings();
      return found.some((one) => at(one, 'series.count') === 2) ? found : undefined;
    },
    { timeoutMs: 60_000, everyMs: 1000 },
  );
  expect(more).toEqual([]);
  expect(String(at(event, 'note'))).toContain('missing');
});
