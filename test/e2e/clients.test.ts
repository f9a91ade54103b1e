import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { binaryPath } from '@wharfinger/embedded';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { execute, must } from '../support/command.ts';
import { image, randomLayer, type Image } from '../support/image.ts';
import { createNamespace, deleteNamespace } from '../support/kubernetes.ts';
import { writeOciLayout } from '../support/oci-layout.ts';
import { RegistryClient, type Access } from '../support/registry-client.ts';
import { createRegistry } from '../support/registries.ts';

const namespace = 'e2e-clients';
const folder = mkdtempSync(join(tmpdir(), 'wharfinger-clients-'));
const certs = join(folder, 'certs');
// podman makes an image name of the path, and names have no upper case.
const layout = join(tmpdir(), `wharfinger-layout-${process.pid}`);
const one: Image = image([randomLayer(), randomLayer(200_000)]);
let access: Access;

beforeAll(async () => {
  await createNamespace(namespace);
  access = await createRegistry({ namespace, name: 'clients' });
  mkdirSync(certs);
  writeFileSync(join(certs, 'ca.crt'), access.ca);
  writeOciLayout(layout, one);
});
afterAll(async () => {
  for (const path of [folder, layout]) rmSync(path, { recursive: true, force: true });
  await deleteNamespace(namespace);
});

/** One real client: the command lines of what every user does. */
interface Client {
  readonly name: string;
  readonly env: () => NodeJS.ProcessEnv;
  readonly untrusted: () => NodeJS.ProcessEnv;
  /** Where the client is told of the CA; the same words without it must be refused. */
  readonly trust: (on: boolean) => string[];
  readonly login: (trust: string[]) => string[];
  readonly push: (reference: string, trust: string[]) => string[];
  readonly pull: (reference: string, trust: string[]) => string[];
  readonly tags: (repository: string, trust: string[]) => string[];
  readonly remove: (reference: string, trust: string[]) => string[];
}

function fresh(name: string): string {
  return mkdtempSync(join(folder, `${name}-`));
}

const auth = join(folder, 'auth.json');
const storage = join(folder, 'storage');
const podman = ['podman', '--root', storage, '--runroot', join(folder, 'run'), '--storage-driver', 'vfs'];

const skopeoClient: Client = {
  name: 'skopeo',
  env: () => ({ REGISTRY_AUTH_FILE: auth }),
  untrusted: () => ({ REGISTRY_AUTH_FILE: auth }),
  trust: (on) => (on ? [certs] : [fresh('nocerts')]),
  login: ([dir = '']) => ['skopeo', 'login', '--cert-dir', dir, '-u', 'ci', '--password-stdin', access.host],
  push: (reference, [dir = '']) => [
    'skopeo',
    'copy',
    '--dest-cert-dir',
    dir,
    `oci:${layout}`,
    `docker://${reference}`,
  ],
  pull: (reference, [dir = '']) => [
    'skopeo',
    'copy',
    '--src-cert-dir',
    dir,
    `docker://${reference}`,
    `oci:${fresh('pulled')}`,
  ],
  tags: (repository, [dir = '']) => ['skopeo', 'list-tags', '--cert-dir', dir, `docker://${repository}`],
  remove: (reference, [dir = '']) => ['skopeo', 'delete', '--cert-dir', dir, `docker://${reference}`],
};

const podmanClient: Client = {
  ...skopeoClient,
  name: 'podman',
  env: () => ({ REGISTRY_AUTH_FILE: auth, SSL_CERT_FILE: join(certs, 'ca.crt') }),
  login: ([dir = '']) => [...podman, 'login', '--cert-dir', dir, '-u', 'ci', '--password-stdin', access.host],
  push: (reference, [dir = '']) => [
    ...podman,
    'push',
    '--cert-dir',
    dir,
    one.config.digest.slice(7),
    reference,
  ],
  pull: (reference, [dir = '']) => [...podman, 'pull', '--cert-dir', dir, reference],
  tags: (repository) => [...podman, 'search', '--list-tags', repository],
};

const crane = binaryPath('crane');
const craneConfig = join(folder, 'docker');
const craneClient: Client = {
  name: 'crane',
  env: () => ({ DOCKER_CONFIG: craneConfig, SSL_CERT_FILE: join(certs, 'ca.crt') }),
  untrusted: () => ({ DOCKER_CONFIG: craneConfig }),
  trust: () => [],
  login: () => [crane, 'auth', 'login', '-u', 'ci', '--password-stdin', access.host],
  push: (reference) => [crane, 'push', layout, reference],
  pull: (reference) => [crane, 'pull', '--format', 'oci', reference, fresh('pulled')],
  tags: (repository) => [crane, 'ls', repository],
  remove: (reference) => [crane, 'delete', reference],
};

describe.each([skopeoClient, podmanClient, craneClient])('B35: $name', (client) => {
  const repository = (): string => `${access.host}/clients/${client.name}`;

  beforeAll(async () => {
    if (client.name !== 'podman') return;
    await must([...podman, 'pull', `oci:${layout}`], { env: client.env() });
  });

  test('logs in, pushes, lists tags, pulls and deletes by digest', async () => {
    const env = client.env();
    const trust = client.trust(true);
    await must(client.login(trust), { env, input: access.password });
    await must(client.push(`${repository()}:v1`, trust), { env });
    expect(await must(client.tags(repository(), trust), { env })).toContain('v1');
    const direct = new RegistryClient(access);
    const head = await direct.call('HEAD', `/v2/clients/${client.name}/manifests/v1`, {
      headers: { Accept: 'application/vnd.oci.image.manifest.v1+json' },
    });
    const digest = String(head.headers['docker-content-digest']);
    await must(client.pull(`${repository()}@${digest}`, trust), { env });
    await must(client.pull(`${repository()}:v1`, trust), { env });
    await must(client.remove(`${repository()}@${digest}`, trust), { env });
    const after = await direct.call('HEAD', `/v2/clients/${client.name}/manifests/${digest}`);
    direct.close();
    expect(after.status).toBe(404);
  });

  test('is refused with a wrong password', async () => {
    const result = await execute(client.login(client.trust(true)), { env: client.env(), input: 'wrong' });
    if (client.name !== 'crane') expect(result.status).not.toBe(0);
    // crane stores what it is given without asking: the next push is what must fail.
    else
      expect((await execute(client.push(`${repository()}:no`, []), { env: client.env() })).status).not.toBe(
        0,
      );
    expect(result.stdout + result.stderr).not.toContain(access.password);
  });

  test('does not talk to a registry whose CA it does not trust', async () => {
    const env = client.untrusted();
    const result = await execute(client.push(`${repository()}:no`, client.trust(false)), { env });
    expect(result.status).not.toBe(0);
    expect(result.stderr).toMatch(/x509|certificate/);
  });
});
