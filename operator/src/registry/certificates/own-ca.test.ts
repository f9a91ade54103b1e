import { X509Certificate } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { exampleRegistry } from '../../api/registry-example.ts';
import { findCondition } from '../../kube/conditions.ts';
import type { KubeObject } from '../../kube/resource.ts';
import { certificatesIn, rootOf } from '../../pki/bundle.ts';
import { subjectAltNames } from '../../pki/inspection.ts';
import type { Credentials } from '../../pki/issuer.ts';
import { type OpensslFolder, opensslFolder } from '../../pki/test-authorities.ts';
import { secretText } from '../../resources/secrets.ts';
import { createInternalAuthority, type InternalAuthority } from '../internal-authority.ts';
import type { ServedRegistry } from '../kind.ts';
import { createMemoryCluster, type MemoryCluster } from '../memory-cluster.ts';
import { reconcileOnce } from '../reconcile-once.ts';

const day = 86_400_000;
const ca = 'basicConstraints=critical,CA:TRUE';
let folder: OpensslFolder;
let cluster: MemoryCluster;
let authority: InternalAuthority;
let now: number;
let root: Credentials;
let issuing: Credentials;
let other: Credentials;

beforeAll(async () => {
  folder = await opensslFolder();
  root = await folder.make({ subject: '/CN=root', extensions: [ca] });
  issuing = await folder.make({ subject: '/CN=issuing', by: root, extensions: [ca] });
  other = await folder.make({ subject: '/CN=other', extensions: [ca] });
});
afterAll(() => folder.remove());

beforeEach(() => {
  cluster = createMemoryCluster();
  now = Date.now();
  const { client } = cluster;
  authority = createInternalAuthority({ client, operatorNamespace: 'wharfinger', now: () => now });
});

function set(tls: object, more: object = {}): void {
  const spec = { tls, replicas: 0, auth: undefined, ...more };
  const registry = exampleRegistry(spec, { resourceVersion: `spec-${Math.random()}` });
  const { status } = (cluster.get('registries', 'team-a') as ServedRegistry | undefined) ?? {};
  cluster.put('registries', { ...registry, status } as KubeObject);
}

const mine = (more: object = {}): object => ({ ca: { secretName: 'mine', keyAlgorithm: 'ECDSA', ...more } });

function put({ certificate, privateKey }: Credentials, roots?: string): void {
  const texts = {
    'tls.crt': certificate,
    'tls.key': privateKey,
    ...(roots === undefined ? {} : { 'ca.crt': roots }),
  };
  const data = Object.fromEntries(
    Object.entries(texts).map(([key, text]) => [key, Buffer.from(text).toString('base64')]),
  );
  cluster.put('secrets', { metadata: { name: 'mine', namespace: 'team', uid: 'mine' }, data } as KubeObject);
}

async function settle(): Promise<void> {
  for (let round = 0; round < 10; round += 1) {
    const count = cluster.writes.length;
    await reconcileOnce(cluster, { now: () => now, authority });
    if (cluster.writes.length === count) return;
  }
  throw new Error('it never settles');
}

function served(): string[] {
  const secret = cluster.get('secrets', 'team-a-tls') as { data?: Record<string, string> } | undefined;
  return certificatesIn(secretText(secret, 'tls.crt') ?? '', 'tls.crt');
}

function bundle(): string[] {
  const map = cluster.get('configmaps', 'team-a-ca') as { data?: Record<string, string> } | undefined;
  return map ? certificatesIn(map.data?.['ca.crt'] ?? '', 'ca.crt') : [];
}

function certificateReady(): string {
  const { status } = cluster.get('registries', 'team-a') as ServedRegistry;
  const { reason, message } = findCondition(status?.conditions ?? [], 'CertificateReady') ?? {};
  return `${reason}: ${message}`;
}

const chain = (...parts: readonly Credentials[]): Credentials => ({
  certificate: parts.map((part) => part.certificate).join(''),
  privateKey: parts[0]?.privateKey ?? '',
});

describe('a CA of the user’s own', () => {
  it('issues at once when there was none, with what lies between it and the root', async () => {
    put(chain(issuing, root));
    set(mine());
    await settle();
    expect(served().slice(1)).toEqual([issuing.certificate]);
    expect(bundle()).toEqual([root.certificate]);
    expect(rootOf(served(), bundle())).toBe(root.certificate);
    expect(certificateReady()).toMatch(/^Valid: /);
  });

  it('publishes nothing where the root is not known', async () => {
    put(issuing);
    set(mine());
    await settle();
    expect(bundle()).toEqual([]);
    expect(served()).toHaveLength(2);
  });

  it('that takes the place of another source is trusted first, with the same certificate served as long', async () => {
    set({ selfSigned: { keyAlgorithm: 'ECDSA' } });
    await settle();
    const [before] = served();
    const own = bundle();
    put(chain(issuing, root));
    set(mine({ dnsNames: ['alias.example'] }));
    await settle();
    expect(served()).toEqual([before]);
    expect(bundle()).toEqual([root.certificate, ...own]);
    expect(certificateReady()).toContain('clients are given a new CA, until');
    now += day;
    await settle();
    expect(rootOf(served(), [root.certificate])).toBeDefined();
    expect(subjectAltNames(served()[0] ?? '')).toContain('dns:alias.example');
    expect(bundle()).toEqual([root.certificate, ...own]);
    now += day;
    await settle();
    expect(bundle()).toEqual([root.certificate]);
  });

  it('that is replaced in its Secret is trusted first', async () => {
    put(chain(issuing, root));
    set({ ...mine(), trustOverlap: '1h' });
    await settle();
    const before = served();
    put(other);
    now += 1000;
    await settle();
    expect(served()).toEqual(before);
    expect(bundle()).toEqual([other.certificate, root.certificate]);
    now += day / 24;
    await settle();
    expect(rootOf(served(), [other.certificate])).toBeDefined();
  });

  it('is not waited for by a certificate that ends sooner', async () => {
    put(chain(issuing, root));
    set({ ...mine({ validityDays: 1 }), trustOverlap: '48h' });
    await settle();
    put(other);
    await settle();
    expect(rootOf(served(), [other.certificate])).toBeDefined();
  });

  it('is sent along anew when only what lies above it changes', async () => {
    put(chain(issuing, root));
    set(mine());
    await settle();
    const again = await folder.make({
      subject: '/CN=issuing',
      by: root,
      extensions: [ca, 'subjectKeyIdentifier=hash'],
    });
    put(chain(again, root));
    await settle();
    expect(served()[1]).toBe(again.certificate);
  });

  it('may be limited to names: those of the Service are left out, but not the user’s', async () => {
    const limits = 'nameConstraints=critical,permitted;DNS:team-a.example';
    put(await folder.make({ subject: '/CN=narrow', extensions: [ca, limits] }));
    set(mine());
    await settle();
    expect(subjectAltNames(served()[0] ?? '')).toEqual(['dns:registry.team-a.example']);
    set(mine({ dnsNames: ['other.example'] }));
    await settle();
    expect(certificateReady()).toBe(
      'InvalidCA: spec.tls.ca.secretName: in Secret mine, the name constraints of the CA do not permit other.example; put a CA there that certificates can be issued from',
    );
  });

  it('that clients would refuse for another reason issues nothing', async () => {
    const limits = 'nameConstraints=critical,permitted;dirName:limit\n[limit]\nO=Other';
    put(await folder.make({ subject: '/CN=narrow', extensions: [ca, limits] }));
    set(mine());
    await settle();
    expect(certificateReady()).toContain('permitted subtree violation');
    expect(cluster.get('secrets', 'team-a-tls')).toBeUndefined();
  });

  it('that is missing or broken is named, and the certificate that is there stays', async () => {
    put(chain(issuing, root));
    set(mine());
    await settle();
    const before = served();
    put({ certificate: root.certificate, privateKey: other.privateKey });
    await settle();
    expect(certificateReady()).toContain(
      'in Secret mine, tls.key is not the key of the first certificate in tls.crt',
    );
    await cluster.client.delete({ plural: 'secrets' } as never, { namespace: 'team', name: 'mine' });
    await settle();
    expect(certificateReady()).toContain('spec.tls.ca.secretName: Secret mine does not exist');
    expect(served()).toEqual(before);
  });
});

describe('a certificate of the user’s own', () => {
  it('that is not good for the hostname is named, and its CA is published', async () => {
    const extensions = ['subjectAltName=DNS:other.example'];
    put(await folder.make({ subject: '/CN=leaf', by: root, extensions }), root.certificate);
    set({ secretName: 'mine' });
    await settle();
    expect(certificateReady()).toContain(
      'HostnameNotCovered: spec.tls.secretName: the certificate in Secret mine is not good for registry.team-a.example',
    );
    expect(bundle()).toEqual([root.certificate]);
  });

  it('from another CA than before has both published for a while', async () => {
    const extensions = ['subjectAltName=DNS:registry.team-a.example'];
    put(await folder.make({ by: root, extensions }), root.certificate);
    set({ secretName: 'mine' });
    await settle();
    put(await folder.make({ by: other, extensions }), other.certificate);
    await settle();
    const names = bundle().map((pem) => new X509Certificate(pem).subject);
    expect(names).toEqual(['CN=other', 'CN=root']);
    now += day;
    await settle();
    expect(bundle()).toEqual([other.certificate]);
    expect(certificateReady()).toMatch(/^Valid: /);
  });
});
