import { X509Certificate } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { findCondition } from '../../kube/conditions.ts';
import { rootOf } from '../../pki/bundle.ts';
import { subjectAltNames } from '../../pki/inspection.ts';
import type { Credentials } from '../../pki/issuer.ts';
import { type OpensslFolder, opensslFolder } from '../../pki/test-authorities.ts';
import { type CertificateScenario, certificateScenario } from './certificate-scenario.ts';

const day = 86_400_000;
const ca = 'basicConstraints=critical,CA:TRUE';
let folder: OpensslFolder;
let scenario: CertificateScenario;
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
  scenario = certificateScenario();
});

const mine = (more: object = {}): object => ({ ca: { secretName: 'mine', keyAlgorithm: 'ECDSA', ...more } });

function certificateReady(): string {
  const found = findCondition(scenario.status().conditions ?? [], 'CertificateReady');
  return `${found?.reason}: ${found?.message}`;
}

const chain = (...parts: readonly Credentials[]): Credentials => ({
  certificate: parts.map((part) => part.certificate).join(''),
  privateKey: parts[0]?.privateKey ?? '',
});

describe('a CA of the user’s own', () => {
  it('issues at once when there was none, with what lies between it and the root', async () => {
    scenario.putMine(chain(issuing, root));
    scenario.set(mine());
    await scenario.settle();
    expect(scenario.served().slice(1)).toEqual([issuing.certificate]);
    expect(scenario.bundle()).toEqual([root.certificate]);
    expect(rootOf(scenario.served(), scenario.bundle())).toBe(root.certificate);
    expect(certificateReady()).toMatch(/^Valid: /);
  });

  it('publishes nothing where the root is not known', async () => {
    scenario.putMine(issuing);
    scenario.set(mine());
    await scenario.settle();
    expect(scenario.bundle()).toEqual([]);
    expect(scenario.served()).toHaveLength(2);
  });

  it('that takes the place of another source is trusted first, with the same certificate served as long', async () => {
    scenario.set({ selfSigned: { keyAlgorithm: 'ECDSA' } });
    await scenario.settle();
    const [before] = scenario.served();
    const own = scenario.bundle();
    scenario.putMine(chain(issuing, root));
    scenario.set(mine({ dnsNames: ['alias.example'] }));
    await scenario.settle();
    expect(scenario.served()).toEqual([before]);
    expect(scenario.bundle()).toEqual([root.certificate, ...own]);
    expect(certificateReady()).toContain('clients are given a new CA, until');
    scenario.now += day;
    await scenario.settle();
    expect(rootOf(scenario.served(), [root.certificate])).toBeDefined();
    expect(subjectAltNames(scenario.served()[0] ?? '')).toContain('dns:alias.example');
    expect(scenario.bundle()).toEqual([root.certificate, ...own]);
    scenario.now += day;
    await scenario.settle();
    expect(scenario.bundle()).toEqual([root.certificate]);
  });

  it('that is replaced in its Secret is trusted first', async () => {
    scenario.putMine(chain(issuing, root));
    scenario.set({ ...mine(), trustOverlap: '1h' });
    await scenario.settle();
    const before = scenario.served();
    scenario.putMine(other);
    scenario.now += 1000;
    await scenario.settle();
    expect(scenario.served()).toEqual(before);
    expect(scenario.bundle()).toEqual([other.certificate, root.certificate]);
    scenario.now += day / 24;
    await scenario.settle();
    expect(rootOf(scenario.served(), [other.certificate])).toBeDefined();
  });

  it('is not waited for by a certificate that ends sooner', async () => {
    scenario.putMine(chain(issuing, root));
    scenario.set({ ...mine({ validityDays: 1 }), trustOverlap: '48h' });
    await scenario.settle();
    scenario.putMine(other);
    await scenario.settle();
    expect(rootOf(scenario.served(), [other.certificate])).toBeDefined();
  });

  it('is sent along anew when only what lies above it changes', async () => {
    scenario.putMine(chain(issuing, root));
    scenario.set(mine());
    await scenario.settle();
    const again = await folder.make({
      subject: '/CN=issuing',
      by: root,
      extensions: [ca, 'subjectKeyIdentifier=hash'],
    });
    scenario.putMine(chain(again, root));
    await scenario.settle();
    expect(scenario.served()[1]).toBe(again.certificate);
  });

  it('may be limited to names: those of the Service are left out, but not the user’s', async () => {
    const limits = 'nameConstraints=critical,permitted;DNS:team-a.example';
    scenario.putMine(await folder.make({ subject: '/CN=narrow', extensions: [ca, limits] }));
    scenario.set(mine());
    await scenario.settle();
    expect(subjectAltNames(scenario.served()[0] ?? '')).toEqual(['dns:registry.team-a.example']);
    scenario.set(mine({ dnsNames: ['other.example'] }));
    await scenario.settle();
    expect(certificateReady()).toBe(
      'InvalidCA: spec.tls.ca.secretName: in Secret mine, the name constraints of the CA do not permit other.example; put a CA there that certificates can be issued from',
    );
  });

  it('that clients would refuse for another reason issues nothing', async () => {
    const limits = 'nameConstraints=critical,permitted;dirName:limit\n[limit]\nO=Other';
    scenario.putMine(await folder.make({ subject: '/CN=narrow', extensions: [ca, limits] }));
    scenario.set(mine());
    await scenario.settle();
    expect(certificateReady()).toContain('permitted subtree violation');
    expect(scenario.cluster.get('secrets', 'team-a-tls')).toBeUndefined();
  });

  it('that is missing or broken is named, and the certificate that is there stays', async () => {
    scenario.putMine(chain(issuing, root));
    scenario.set(mine());
    await scenario.settle();
    const before = scenario.served();
    scenario.putMine({ certificate: root.certificate, privateKey: other.privateKey });
    await scenario.settle();
    expect(certificateReady()).toContain(
      'in Secret mine, tls.key is not the key of the first certificate in tls.crt',
    );
    await scenario.cluster.client.delete({ plural: 'secrets' } as never, { namespace: 'team', name: 'mine' });
    await scenario.settle();
    expect(certificateReady()).toContain('spec.tls.ca.secretName: Secret mine does not exist');
    expect(scenario.served()).toEqual(before);
  });
});

describe('a certificate of the user’s own', () => {
  it('that is not good for the hostname is named, and its CA is published', async () => {
    const extensions = ['subjectAltName=DNS:other.example'];
    scenario.putMine(await folder.make({ subject: '/CN=leaf', by: root, extensions }), root.certificate);
    scenario.set({ secretName: 'mine' });
    await scenario.settle();
    expect(certificateReady()).toContain(
      'HostnameNotCovered: spec.tls.secretName: the certificate in Secret mine is not good for registry.team-a.example',
    );
    expect(scenario.bundle()).toEqual([root.certificate]);
  });

  it('from another CA than before has both published for a while', async () => {
    const extensions = ['subjectAltName=DNS:registry.team-a.example'];
    scenario.putMine(await folder.make({ by: root, extensions }), root.certificate);
    scenario.set({ secretName: 'mine' });
    await scenario.settle();
    scenario.putMine(await folder.make({ by: other, extensions }), other.certificate);
    await scenario.settle();
    const names = scenario.bundle().map((pem) => new X509Certificate(pem).subject);
    expect(names).toEqual(['CN=other', 'CN=root']);
    scenario.now += day;
    await scenario.settle();
    expect(scenario.bundle()).toEqual([other.certificate]);
    expect(certificateReady()).toMatch(/^Valid: /);
  });
});
