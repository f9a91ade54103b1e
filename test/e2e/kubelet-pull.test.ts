import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { binaryPath } from '@wharfinger/embedded';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { eventually } from '../support/eventually.ts';
import { fileLayer, image, indexOf } from '../support/image.ts';
import { apply, at, createNamespace, deleteNamespace, get, kubectl } from '../support/kubernetes.ts';
import { stateDirectory } from '../support/machine.ts';
import { RegistryClient, type Access } from '../support/registry-client.ts';
import { createRegistry } from '../support/registries.ts';

const namespace = 'e2e-kubelet';
let access: Access;
let hosts: string;

beforeAll(async () => {
  await createNamespace(namespace);
  access = await createRegistry({ namespace, name: 'images' });
  // What a node is told of a registry (containerd, docs/hosts.md).
  hosts = join(stateDirectory, 'cluster', 'certs.d', access.host);
  mkdirSync(hosts, { recursive: true });
  const ca = join(hosts, 'ca.crt');
  writeFileSync(ca, access.ca);
  writeFileSync(
    join(hosts, 'hosts.toml'),
    `server = "https://${access.host}"\n[host."https://${access.host}"]\n  ca = "${ca}"\n`,
  );
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
  if (hosts) rmSync(hosts, { recursive: true, force: true });
  await deleteNamespace(namespace);
});

/** A pod that runs the image to its end, by no right but to pull it. */
function pod(name: string, reference: string, pullSecret: boolean): object {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace },
    spec: {
      restartPolicy: 'Never',
      ...(pullSecret && { imagePullSecrets: [{ name: 'pull' }] }),
      securityContext: { runAsNonRoot: true, runAsUser: 1000, seccompProfile: { type: 'RuntimeDefault' } },
      containers: [
        {
          name: 'main',
          image: `${access.host}/${reference}`,
          imagePullPolicy: 'Always',
          securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } },
        },
      ],
    },
  };
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
