import { afterAll, beforeAll, expect, test } from 'vitest';
import { image, randomLayer } from '../support/image.ts';
import {
  apply,
  at,
  condition,
  createNamespace,
  deleteNamespace,
  get,
  kubectl,
  waitForCondition,
} from '../support/kubernetes.ts';
import { clientOf, registryObject } from '../support/registries.ts';

const namespace = 'e2e-registry';

beforeAll(() => createNamespace(namespace));
afterAll(() => deleteNamespace(namespace));

test('A1: eight lines of spec are a Ready registry with TLS and users within 15 s', async () => {
  const object = registryObject({ namespace, name: 'team-a' });
  const began = Date.now();
  await apply(object);
  const ready = await waitForCondition({ kind: 'registry', namespace, name: 'team-a' }, 'Ready');
  const seconds = (Date.now() - began) / 1000;
  console.info(`apply to Ready: ${seconds.toFixed(1)} s`);
  expect(seconds).toBeLessThanOrEqual(15);
  expect(at(ready, 'status.observedGeneration')).toBe(ready.metadata.generation);

  const client = await clientOf(namespace, 'team-a');
  const one = image([randomLayer(), randomLayer(100_000)]);
  await client.push('group/app', 'v1', one);
  await client.pull('group/app', 'v1', one);
  expect((await client.call('GET', '/v2/_catalog')).body.toString()).toContain('group/app');
  client.close();
});

test('A12: kubectl get and describe tell the story', async () => {
  const table = await kubectl(['get', 'registry', '-n', namespace]);
  const client = await clientOf(namespace, 'team-a');
  client.close();
  expect(table).toContain(`https://${client.access.host}`);
  expect(table).toMatch(/READY\s/);
  expect(table).toMatch(/team-a\s.*True/);
  const story = await kubectl(['describe', 'registry', 'team-a', '-n', namespace]);
  expect(story).toContain('CertificateReady');
  expect(story).toMatch(/Events:[^<]*Normal/);
});

test('A8: the pod meets PSA restricted and mounts one claim owned by the operator', async () => {
  const pod = await get('pod', namespace, 'team-a-0');
  expect(at(pod, 'spec.containers[0].securityContext.readOnlyRootFilesystem')).toBe(true);
  const volumes = at(pod, 'spec.volumes') as { persistentVolumeClaim?: { claimName: string } }[];
  expect(volumes.flatMap((volume) => volume.persistentVolumeClaim?.claimName ?? [])).toEqual(['team-a-data']);
});

test('A21: a registry that a user set read-only answers a push 405 at once and reads go on', async () => {
  const client = await clientOf(namespace, 'team-a');
  const one = image([randomLayer()]);
  await client.push('group/app', 'v2', one);
  await apply(registryObject({ namespace, name: 'team-a', spec: { readOnly: true } }));
  await waitForCondition({ kind: 'registry', namespace, name: 'team-a' }, 'ReadOnly');
  const began = Date.now();
  const refused = await client.call('POST', '/v2/group/app/blobs/uploads/');
  expect(refused.status).toBe(405);
  expect(refused.body.toString()).toContain('UNSUPPORTED');
  expect(Date.now() - began).toBeLessThan(2000);
  await client.pull('group/app', 'v2', one);
  await apply(registryObject({ namespace, name: 'team-a' }));
  const back = await waitForCondition({ kind: 'registry', namespace, name: 'team-a' }, 'ReadOnly', 'False');
  expect(condition(back, 'Ready')?.status).toBe('True');
  await client.push('group/app', 'v3', image([randomLayer()]));
  client.close();
});
