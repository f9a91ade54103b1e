import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { execute, must } from '../support/command.ts';
import { image, multiArch, randomLayer } from '../support/image.ts';
import { createNamespace, deleteNamespace } from '../support/kubernetes.ts';
import { writeFlatLayout, writeMultiArchLayout, writeOciLayout } from '../support/oci-layout.ts';
import { RegistryClient, type Access } from '../support/registry-client.ts';
import { createRegistry } from '../support/registries.ts';
import type { Client, Room } from './clients/client.ts';
import { containersStorage } from './clients/containers-storage.ts';
import { crane } from './clients/crane.ts';
import { docker } from './clients/docker.ts';
import { oras } from './clients/oras.ts';
import { skopeo } from './clients/skopeo.ts';

const namespace = 'e2e-clients';
// podman makes an image name of a layout's path, and names have no upper case.
const folder = join(tmpdir(), `wharfinger-clients-${process.pid}`);
const accept = [
  'application/vnd.oci.image.manifest.v1+json',
  'application/vnd.oci.image.index.v1+json',
  'application/vnd.docker.distribution.manifest.v2+json',
  'application/vnd.docker.distribution.manifest.list.v2+json',
].join(', ');
let room: Room;
let direct: RegistryClient;

beforeAll(async () => {
  await createNamespace(namespace);
  const access: Access = await createRegistry({ namespace, name: 'clients' });
  direct = new RegistryClient(access);
  mkdirSync(folder, { recursive: true });
  const certs = mkdtempSync(join(folder, 'certs-'));
  writeFileSync(join(certs, 'ca.crt'), access.ca);
  room = {
    access,
    folder,
    certs,
    layout: join(folder, 'one'),
    multiArchLayout: join(folder, 'multi'),
    flatLayout: join(folder, 'flat'),
  };
  writeOciLayout(room.layout, image([randomLayer(), randomLayer(200_000)]));
  const both = multiArch(['amd64', 'arm64']);
  writeMultiArchLayout(room.multiArchLayout, both);
  writeFlatLayout(room.flatLayout, both);
});
afterAll(async () => {
  direct.close();
  rmSync(folder, { recursive: true, force: true });
  await deleteNamespace(namespace);
});

async function digestOf(repository: string, reference: string): Promise<string | undefined> {
  const head = await direct.call('HEAD', `/v2/${repository}/manifests/${reference}`, {
    headers: { Accept: accept },
  });
  return head.status === 200 ? String(head.headers['docker-content-digest']) : undefined;
}

const clients: Record<string, (room: Room) => Client> = {
  docker,
  podman: (room) => containersStorage(room, 'podman'),
  buildah: (room) => containersStorage(room, 'buildah'),
  skopeo,
  crane,
  oras,
};

describe.each(Object.keys(clients))('B35: %s', (name) => {
  let client: Client;
  let end: (() => Promise<void>) | undefined;
  const path = `clients/${name}`;
  const repository = (): string => `${room.access.host}/${path}`;

  beforeAll(async () => {
    client = (clients[name] as (room: Room) => Client)(room);
    end = await client.begin?.();
  });
  afterAll(async () => end?.());

  async function all(commands: readonly string[][], env: NodeJS.ProcessEnv): Promise<void> {
    for (const command of commands) await must(command, { env });
  }

  test('logs in, pushes, pulls by tag and by digest', async () => {
    const env = client.env(true);
    await must(client.login(), { env, input: room.access.password });
    await all(client.push(`${repository()}:v1`, true), env);
    const digest = await digestOf(path, 'v1');
    expect(digest).toMatch(/^sha256:/);
    await must(client.pull(`${repository()}@${digest}`), { env });
    await must(client.pull(`${repository()}:v1`), { env });
  });

  test('pushes a multi-arch image and pulls each platform of it', async () => {
    const env = client.env(true);
    await all(client.pushMultiArch(`${repository()}:multi`), env);
    const answer = await direct.call('GET', `/v2/${path}/manifests/multi`, { headers: { Accept: accept } });
    const { manifests } = JSON.parse(answer.body.toString()) as { manifests: object[] };
    expect(manifests).toHaveLength(2);
    for (const architecture of ['amd64', 'arm64'])
      await must(client.pullPlatform(`${repository()}:multi`, architecture), { env });
  });

  test('lists tags and deletes, where it has a command for it', async () => {
    const env = client.env(true);
    if (client.tags) expect(await must(client.tags(repository()), { env })).toMatch(/\bv1\b/);
    if (!client.remove) return;
    const digest = await digestOf(path, 'v1');
    await must(client.remove(`${repository()}@${digest}`), { env });
    expect(await digestOf(path, String(digest))).toBeUndefined();
    expect(await digestOf(path, 'v1')).toBeUndefined();
    expect(await digestOf(path, 'multi')).toBeDefined();
  });

  test('is refused with a wrong password', async () => {
    const env = client.env(true);
    const result = await execute(client.login(), { env, input: 'wrong' });
    if (!client.loginIsBlind) expect(result.status).not.toBe(0);
    else expect(await succeeds(client.push(`${repository()}:no`, true), env)).toBe(false);
    expect(result.stdout + result.stderr).not.toContain(room.access.password);
    expect(await digestOf(path, 'no')).toBeUndefined();
  });

  test('does not talk to a registry whose CA it does not trust', async () => {
    const env = client.env(false);
    const commands = client.push(`${repository()}:no`, false);
    const last = commands.pop() ?? [];
    await all(commands, env);
    const result = await execute(last, { env });
    expect(result.status).not.toBe(0);
    expect(result.stderr).toMatch(/x509|certificate/);
  });

  async function succeeds(commands: readonly string[][], env: NodeJS.ProcessEnv): Promise<boolean> {
    for (const command of commands) if ((await execute(command, { env })).status !== 0) return false;
    return true;
  }
});
