import { readFileSync } from 'node:fs';
import { binaryPath } from '@wharfinger/embedded';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { eventually } from '../support/eventually.ts';
import { fileLayer, image, indexOf } from '../support/image.ts';
import { apply, at, createNamespace, deleteNamespace, get, kubectl } from '../support/kubernetes.ts';
import { type NodeTrust, podOf, trustOnNode } from '../support/kubelet.ts';
import { RegistryClient, type Access } from '../support/registry-client.ts';
import { createRegistry } from '../support/registries.ts';

const namespace = 'e2e-kubelet';
let access: Access;
let trust: NodeTrust;

beforeAll(async () => {
  await createNamespace(namespace);
  access = await createRegistry({ namespace, name: 'images' });
  trust = trustOnNode(access);
  const credentials = { username: access.username, password: access.password };
  await apply({
    apiVersion: 'v1',
    kind: 'Secret',
    type: 'kubernetes.io/dockerconfigjson',
    metadata: { name: 'pull', namespace },
    stringData: { '.dockerconfigjson': JSON.stringify({ auths: { [access.host]: credentials } }) },
  });
});
afterAll(async () => {
  trust?.remove();
  await deleteNamespace(namespace);
});

function pod(name: string, reference: string, pullSecret: boolean): object {
  return podOf({
    namespace,
    name,
    image: `${access.host}/${reference}`,
    pullSecret: pullSecret ? 'pull' : '',
  });
}

async function phaseOf(name: string): Promise<unknown> {
  return at(await get('pod', namespace, name), 'status.phase');
}

test('B35: the kubelet pulls by tag, by digest and from a multi-arch index, and what it pulled runs', async () => {
  const program = readFileSync(binaryPath('oras'));
  const one = image([fileLayer('oras', program)], { command: ['/oras', 'version'] });
  const index = indexOf([
    [one, 'amd64'],
    [image([fileLayer('none', Buffer.from('x'))], { architecture: 's390x' }), 's390x'],
  ]);
  const client = new RegistryClient(access);
  await client.push('tools/oras', 'v1', one);
  await client.pushIndex('tools/oras', 'multi', index);
  client.close();
  const references = [`tools/oras:v1`, `tools/oras@${one.manifest.digest}`, 'tools/oras:multi'];
  for (const [at, reference] of references.entries()) await apply(pod(`runs-${at}`, reference, true));
  for (const at of references.keys()) {
    await eventually(`pod runs-${at}`, async () => (await phaseOf(`runs-${at}`)) === 'Succeeded', {
      timeoutMs: 90_000,
    });
    expect(await kubectl(['logs', `runs-${at}`, '-n', namespace])).toContain('OS/Arch:');
  }
});

test('B35: without the pull secret the kubelet is refused', async () => {
  await apply(pod('refused', 'tools/oras:v1', false));
  await eventually('a refused pull', async () => {
    const waiting = at(await get('pod', namespace, 'refused'), 'status.containerStatuses[0].state.waiting');
    const { reason = '', message = '' } = (waiting ?? {}) as { reason?: string; message?: string };
    return /ErrImagePull|ImagePullBackOff/.test(reason) && /401|authoriz|authentic/i.test(message);
  });
});
