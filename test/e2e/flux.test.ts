import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { parse, parseAllDocuments, stringify } from 'yaml';
import { eventually } from '../support/eventually.ts';
import { installFlux, type Flux } from '../support/flux.ts';
import { image, randomLayer } from '../support/image.ts';
import {
  apply,
  at,
  condition,
  type Condition,
  createNamespace,
  deleteNamespace,
  get,
  kubectl,
  tryKubectl,
} from '../support/kubernetes.ts';
import { nodeAddress } from '../support/machine.ts';
import { accessOf } from '../support/registries.ts';
import { RegistryClient } from '../support/registry-client.ts';

const namespace = 'e2e-flux';
const one = image([randomLayer()]);
const repository = { namespace, name: 'registries' };
let flux: Flux | undefined;

interface Manifest {
  metadata: { name: string; namespace: string };
  spec: Record<string, unknown>;
}

/** A manifest of examples/, in the namespace of this test. */
function example(file: string): Manifest[] {
  const documents = parseAllDocuments(readFileSync(`examples/${file}`, 'utf8'));
  return documents.map((document) => {
    const manifest = document.toJS() as Manifest;
    return { ...manifest, metadata: { ...manifest.metadata, namespace } };
  });
}

const [registry] = example('registry.yaml') as [Manifest];
const { name } = registry.metadata;

/** The example Registry where this machine reaches it, as the one file of a commit. */
function committed(more: Record<string, unknown> = {}): string {
  const reachable = { hostname: nodeAddress(), service: { type: 'NodePort' } };
  return stringify({ ...registry, spec: { ...registry.spec, ...reachable, ...more } });
}

async function commit(files: Record<string, string>): Promise<void> {
  await flux?.commit(repository, files);
}

/** Waits until Flux has said `status` of the newest commit, and gives its words. */
async function verdict(status: 'True' | 'False', about: RegExp): Promise<Condition> {
  return eventually(
    `Ready=${status} of the Kustomization`,
    async () => {
      const found = await get('kustomization', namespace, 'registries');
      const ready = condition(found, 'Ready');
      if (ready?.status === status && about.test(ready.message)) return ready;
      throw new Error(`${JSON.stringify(found['status'])} ${flux?.log.slice(-2000) ?? ''}`);
    },
    { timeoutMs: 90_000 },
  );
}

async function reconciledAgain(): Promise<void> {
  const before = await get('kustomization', namespace, 'registries');
  await flux?.reconcile(repository);
  await eventually('another reconcile of Flux', async () => {
    const now = await get('kustomization', namespace, 'registries');
    const handled = at(now, 'status.lastHandledReconcileAt');
    return (
      handled !== at(before, 'status.lastHandledReconcileAt') && condition(now, 'Ready')?.status === 'True'
    );
  });
}

beforeAll(async () => {
  await createNamespace(namespace);
  flux = await installFlux();
});
afterAll(async () => {
  await flux?.remove();
  await deleteNamespace(namespace);
});

test('A18: Flux applies the examples, and its Kustomization is Ready when the Registry serves', async () => {
  const [source, kustomization] = example('flux/registries.yaml') as [Manifest, Manifest];
  expect(kustomization.spec).toMatchObject({ wait: true, prune: true });
  await apply(source, { ...kustomization, spec: { ...kustomization.spec, retryInterval: '5s' } });
  await commit({ 'registries/registry.yaml': committed() });
  await verdict('True', /Applied revision: main@sha1:0*1$/);
  // Whatever comes later: Flux said so after the Registry did.
  expect(condition(await get('registry', namespace, name), 'Ready')?.status).toBe('True');
  const client = new RegistryClient(await accessOf(namespace, name));
  await client.push('app', 'v1', one);
  client.close();
});

test('A18: there is nothing to apply again, neither for Flux nor for kubectl diff', async () => {
  const before = await get('registry', namespace, name);
  await reconciledAgain();
  await reconciledAgain();
  const after = await get('registry', namespace, name);
  expect(after.metadata.generation).toBe(before.metadata.generation);
  expect(after.metadata.resourceVersion).toBe(before.metadata.resourceVersion);
  const manifest = JSON.stringify(parse(committed()));
  // As Argo CD compares with ServerSideDiff: what it would apply, tried.
  const asArgo = ['--server-side', '--force-conflicts', '--field-manager=argocd-controller'];
  const { status, stdout } = await tryKubectl(['diff', ...asArgo, '-f', '-'], manifest);
  expect(stdout).toBe('');
  expect(status).toBe(0);
});

test('A18: a Registry that is Stalled fails the Kustomization by name, and the next commit mends it', async () => {
  const tls = { secretName: 'missing' };
  await commit({ 'registries/registry.yaml': committed({ tls }) });
  const began = Date.now();
  const { message } = await verdict('False', /failed/i);
  // It need not wait for its timeout of five minutes.
  expect(Date.now() - began).toBeLessThan(60_000);
  expect(message).toContain(`Registry/${namespace}/${name}`);
  await commit({ 'registries/registry.yaml': committed() });
  await verdict('True', /Applied revision: main@sha1:0*3$/);
});

test('A18: pruning keeps the images, and a revert brings them back', async () => {
  const claim = await get('pvc', namespace, `${name}-data`);
  expect(claim.metadata.annotations?.['argocd.argoproj.io/sync-options']).toBe('Prune=false,Delete=false');
  const nothing = stringify({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'nothing', namespace },
  });
  await commit({ 'registries/nothing.yaml': nothing });
  await eventually('the pruning', async () => {
    const { status, stderr } = await tryKubectl(['get', 'registry', name, '-n', namespace]);
    return status !== 0 && stderr.includes('NotFound');
  });
  await commit({ 'registries/registry.yaml': committed() });
  await verdict('True', /Applied revision: main@sha1:0*5$/);
  expect((await get('pvc', namespace, `${name}-data`)).metadata.uid).toBe(claim.metadata.uid);
  const client = new RegistryClient(await accessOf(namespace, name));
  await client.pull('app', 'v1', one);
  client.close();
  await kubectl(['delete', 'kustomization', 'registries', '-n', namespace]);
});
