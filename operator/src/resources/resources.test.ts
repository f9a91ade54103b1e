import { parseConfig, RegistryMaintenance } from '@wharfinger/registry/config';
import { describe, expect, it } from 'vitest';
import { exampleRegistry } from '../api/registry-example.ts';
import { certificateNames } from './certificate-names.ts';
import { claim } from './claim.ts';
import { maintenanceConfigMap } from './config-maps.ts';
import { networkPolicy } from './network-policy.ts';
import { internalDomain } from './names.ts';
import { podDisruptionBudget } from './pod-disruption-budget.ts';
import { registryConfigText } from './registry-config.ts';
import { secretText, userSecret } from './secrets.ts';
import { podsService, registryUrl, service } from './services.ts';
import { statefulSet } from './stateful-set.ts';

const shared = { accessModes: ['ReadWriteMany'], size: '5Gi' };
const two = { replicas: 2, storage: { filesystem: { volume: shared } } };

function podOf(spec: object = {}, configText = 'x') {
  const made = statefulSet({ registry: exampleRegistry(spec), defaultImage: 'registry:1', configText });
  const template = made.spec?.template;
  return { made, template, pod: template?.spec, container: template?.spec?.containers[0] };
}

describe('config.yml', () => {
  it.each([
    ['by default', {}],
    ['without authentication', { auth: undefined }],
    ['without TLS', { tls: { disabled: true } }],
    ['with workers', { workers: 3 }],
    ['without deletion', { storage: { filesystem: { volume: { size: '5Gi' } }, deleteEnabled: false } }],
  ])("is accepted by the registry's own reader %s", (_, spec) => {
    const { warnings } = parseConfig(registryConfigText(exampleRegistry(spec)), {});
    expect(warnings).toEqual([]);
  });

  it('says what the spec says', () => {
    const spec = { workers: 3, storage: { filesystem: { volume: { size: '5Gi' } }, deleteEnabled: false } };
    const { config } = parseConfig(registryConfigText(exampleRegistry(spec)), {});
    expect(config.wharfinger.workers).toBe(3);
    expect(config.storage.delete.enabled).toBe(false);
    expect(config.auth.htpasswd).toEqual({
      realm: 'registry.team-a.example',
      path: '/etc/wharfinger/auth/htpasswd',
    });
    expect(config.http.tls?.certificate).toBe('/etc/wharfinger/tls/tls.crt');
    expect(config.wharfinger.state?.clientca).toBe('/etc/wharfinger/internal/ca.crt');
    expect(config.http.headers['X-Content-Type-Options']).toEqual(['nosniff']);
  });
});

describe('the pod', () => {
  it('keeps to the restricted Pod Security Standard, with a root file system that is read-only', () => {
    const { pod, container } = podOf();
    expect(pod?.securityContext).toMatchObject({
      runAsNonRoot: true,
      runAsUser: 65_532,
      fsGroup: 65_532,
      fsGroupChangePolicy: 'OnRootMismatch',
      seccompProfile: { type: 'RuntimeDefault' },
    });
    expect(container?.securityContext).toMatchObject({
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ['ALL'] },
    });
    expect(pod?.automountServiceAccountToken).toBe(false);
  });

  it('rolls out another config, but neither users, certificate, read-only nor the number of replicas', () => {
    const template = (spec: object, text?: string): string => JSON.stringify(podOf(spec, text).template);
    expect(template({}, 'other')).not.toBe(template({}));
    expect(template({ readOnly: true })).toBe(template({}));
    expect(template({ auth: { htpasswd: { users: [{ name: 'b' }] } } })).toBe(template({}));
    expect(template({ tls: { selfSigned: { validityDays: 7 } } })).toBe(template({}));
    expect(template(two)).toBe(template({}));
  });

  it('mounts what there is, and only that', () => {
    const sources = (spec: object) =>
      podOf(spec).pod?.volumes?.map(
        (volume) => volume.secret?.secretName ?? volume.configMap?.name ?? volume.name,
      );
    expect(sources({})).toEqual([
      'data',
      'team-a-config',
      'team-a-maintenance',
      'team-a-internal-tls',
      'team-a-tls',
      'team-a-htpasswd',
      'temporary',
    ]);
    expect(sources({ auth: undefined, tls: { disabled: true } })).toEqual([
      'data',
      'team-a-config',
      'team-a-maintenance',
      'team-a-internal-tls',
      'temporary',
    ]);
    const own = { tls: { secretName: 'my-tls' }, auth: { htpasswd: { secretName: 'my-users' } } };
    expect(sources(own)).toEqual(expect.arrayContaining(['my-tls', 'my-users']));
  });

  it('takes image, resources and scheduling from the spec', () => {
    const { pod, container } = podOf({
      image: 'mine:2',
      resources: { limits: { memory: '1Gi', cpu: 2 } },
      nodeSelector: { disk: 'fast' },
      tolerations: [{ key: 'x', operator: 'Exists' }],
      affinity: { nodeAffinity: {} },
    });
    expect(container).toMatchObject({ image: 'mine:2', resources: { limits: { memory: '1Gi', cpu: '2' } } });
    expect(pod).toMatchObject({ nodeSelector: { disk: 'fast' }, affinity: { nodeAffinity: {} } });
    expect(pod?.tolerations).toEqual([{ key: 'x', operator: 'Exists' }]);
    expect(podOf().container).toMatchObject({
      image: 'registry:1',
      resources: { limits: { memory: '512Mi' } },
    });
  });
});

describe('the claim', () => {
  it('is ours without an owner, so that images outlive the Registry', () => {
    const made = claim(exampleRegistry());
    expect(made?.metadata).toMatchObject({ name: 'team-a-data' });
    expect(made?.metadata).not.toHaveProperty('ownerReferences');
    expect(made?.spec?.resources?.requests).toEqual({ storage: '5Gi' });
  });

  it('is not made when the user brings one, which the pods then mount', () => {
    const spec = { storage: { filesystem: { volume: { existingClaim: 'mine' } } } };
    expect(claim(exampleRegistry(spec))).toBeUndefined();
    expect(podOf(spec).pod?.volumes?.[0]?.persistentVolumeClaim?.claimName).toBe('mine');
  });
});

describe('the network', () => {
  it.each([
    [{}, 443, 'https://registry.team-a.example'],
    [{ tls: { disabled: true } }, 80, 'http://registry.team-a.example'],
    [{ service: { port: 8443 } }, 8443, 'https://registry.team-a.example:8443'],
    [{ service: { type: 'NodePort', nodePort: 30_443 } }, 443, 'https://registry.team-a.example:30443'],
    [{ hostname: 'fd00::7' }, 443, 'https://[fd00::7]'],
  ])('with %j has port %i and URL %s', (spec, port, url) => {
    const registry = exampleRegistry(spec);
    expect(service(registry).spec?.ports?.[0]?.port).toBe(port);
    expect(registryUrl(registry)).toBe(url);
  });

  it.each([
    [{ ingress: {}, service: { port: 8443 } }, 'https://registry.team-a.example'],
    [{ ingress: {}, tls: { disabled: true } }, 'https://registry.team-a.example'],
    [{ gateway: { parentRefs: [{ name: 'edge' }] } }, 'https://registry.team-a.example'],
    [{ ingress: {}, externalURL: 'http://elsewhere.example:8080' }, 'http://elsewhere.example:8080'],
    [{ externalURL: 'https://elsewhere.example:443/' }, 'https://elsewhere.example'],
  ])('is found with %j at %s', (spec, url) => {
    expect(registryUrl(exampleRegistry(spec), 31_234)).toBe(url);
  });

  it('tells proxies that pods speak TLS, and changes nothing of a Service without one', () => {
    const appProtocol = (spec: object): unknown =>
      service(exampleRegistry(spec)).spec?.ports?.[0]?.appProtocol;
    expect(appProtocol({})).toBeUndefined();
    expect(appProtocol({ ingress: {} })).toBe('https');
    expect(appProtocol({ ingress: {}, tls: { disabled: true } })).toBeUndefined();
  });

  it('has the node port in its URL that the API server chose', () => {
    const registry = exampleRegistry({ service: { type: 'NodePort' } });
    expect(registryUrl(registry, 31_234)).toBe('https://registry.team-a.example:31234');
    expect(registryUrl(exampleRegistry(), 31_234)).toBe('https://registry.team-a.example');
  });

  it('has the state endpoint on no Service, and lets in the operator alone', () => {
    const registry = exampleRegistry();
    const exposed = [service(registry), podsService(registry)].flatMap(({ spec }) => spec?.ports ?? []);
    expect(exposed.map(({ targetPort }) => targetPort)).not.toContain('state');
    const rules = (
      networkPolicy(registry, { operatorNamespace: 'wharfinger-system', metricsNamespaces: [] }).spec as {
        ingress: { ports: unknown; from?: object[] }[];
      }
    ).ingress;
    expect(rules.find(({ from }) => from === undefined)?.ports).toEqual([{ protocol: 'TCP', port: 5000 }]);
    expect(rules).toHaveLength(2);
    expect(rules.find(({ from }) => from)).toMatchObject({
      ports: [{ port: 5002 }],
      from: [{ namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'wharfinger-system' } } }],
    });
  });

  it.each([
    [['b', 'a'], [{ namespaceSelector: { matchExpressions: [{ values: ['a', 'b'] }] } }]],
    [['*', 'a'], undefined],
  ])('lets the namespaces %j read metrics', (metricsNamespaces, from) => {
    const input = { operatorNamespace: 'wharfinger-system', metricsNamespaces };
    const { ingress: rules } = networkPolicy(exampleRegistry(), input).spec as {
      ingress: { ports: { port: number }[]; from?: object[] }[];
    };
    const rule = rules.find(({ ports }) => ports[0]?.port === 5001);
    expect(rule).toBeDefined();
    expect(rule?.from).toEqual(from && [expect.objectContaining({})]);
    if (from) expect(rule).toMatchObject({ from });
  });

  it('has a disruption budget above one replica', () => {
    expect(podDisruptionBudget(exampleRegistry())).toBeUndefined();
    expect(podDisruptionBudget(exampleRegistry(two))?.spec?.maxUnavailable).toBe(1);
  });
});

describe('names', () => {
  it('in the certificate are the hostname, the names of the Service and those of the user, each once', () => {
    const tls = { selfSigned: { dnsNames: ['alias.example', 'team-a'], ipAddresses: ['10.0.0.7'] } };
    expect(certificateNames(exampleRegistry({ tls }))).toEqual({
      dnsNames: [
        'registry.team-a.example',
        'team-a',
        'team-a.team',
        'team-a.team.svc',
        'team-a.team.svc.cluster.local',
        'alias.example',
      ],
      ipAddresses: ['10.0.0.7'],
    });
    expect(certificateNames(exampleRegistry({ hostname: '10.0.0.9' })).ipAddresses).toEqual(['10.0.0.9']);
  });

  it('of pods in the internal certificate carry the namespace', () => {
    expect(internalDomain('team-a', 'team')).toBe('team-a-pods.team.wharfinger.internal');
  });
});

describe('what is mounted', () => {
  it('holds registry.json as the supervisor reads it, and leaves collection.json to its writer', () => {
    const { data } = maintenanceConfigMap(exampleRegistry({ readOnly: true }));
    expect(Object.keys(data ?? {})).toEqual(['registry.json']);
    expect(RegistryMaintenance.parse(JSON.parse(data?.['registry.json'] ?? ''))).toEqual({ readOnly: true });
  });

  it('gives back the text of a Secret', () => {
    const secret = userSecret(exampleRegistry(), { name: 'ci' }, 'pä55');
    expect(secretText(secret, 'password')).toBe('pä55');
    expect(secretText(secret, 'nothing')).toBeUndefined();
    expect(secret.type).toBe('kubernetes.io/basic-auth');
  });
});
