import { describe, expect, it } from 'vitest';
import { exampleRegistry } from '../api/registry-example.ts';
import { backendTlsPolicy, gatewayRoute } from './gateway-route.ts';
import { ingress } from './ingress.ts';
import { registryConfig } from './registry-config.ts';

const parent = { name: 'edge', namespace: 'infra', sectionName: 'tls' };

describe('the Ingress', () => {
  const of = (wanted: object, spec: object = {}): ReturnType<typeof ingress> =>
    ingress(exampleRegistry({ ingress: wanted, ...spec }));

  it('is not there unless it is asked for', () => {
    expect(ingress(exampleRegistry())).toBeUndefined();
  });

  it('leads from the hostname to the Service', () => {
    const { spec } = of({ className: 'edge' }) ?? {};
    expect(spec?.ingressClassName).toBe('edge');
    const path = {
      path: '/',
      pathType: 'Prefix',
      backend: { service: { name: 'team-a', port: { name: 'registry' } } },
    };
    expect(spec?.rules).toEqual([{ host: 'registry.team-a.example', http: { paths: [path] } }]);
  });

  it.each([
    [{}, {}, 'team-a-tls'],
    [{ tlsSecretName: 'public' }, {}, 'public'],
    [{}, { tls: { secretName: 'mine' } }, 'mine'],
    [{}, { tls: { certManager: { issuerRef: { name: 'internal' } } } }, 'team-a-cert-manager-tls'],
    [{ tlsSecretName: 'public' }, { tls: { disabled: true } }, 'public'],
    [{}, { tls: { disabled: true } }, undefined],
  ])('with %j and %j serves TLS with Secret %s', (wanted, spec, secretName) => {
    expect(of(wanted, spec)?.spec?.tls).toEqual([
      { hosts: ['registry.team-a.example'], ...(secretName ? { secretName } : {}) },
    ]);
  });

  it('hands connections on when told to', () => {
    const made = of({ tls: 'Passthrough' });
    expect(made?.spec?.tls).toBeUndefined();
    expect(made?.metadata?.annotations).toHaveProperty(
      ['nginx.ingress.kubernetes.io/ssl-passthrough'],
      'true',
    );
  });

  it('tells controllers that the pods speak TLS, as long as nobody says otherwise', () => {
    const key = 'nginx.ingress.kubernetes.io/backend-protocol';
    expect(of({})?.metadata?.annotations).toHaveProperty([key], 'HTTPS');
    expect(of({}, { tls: { disabled: true } })?.metadata?.annotations).toEqual({});
    expect(of({ annotations: { [key]: 'GRPCS', a: 'b' } })?.metadata?.annotations).toMatchObject({
      [key]: 'GRPCS',
      a: 'b',
    });
  });
});

describe('the route', () => {
  it.each(['HTTPRoute', 'TLSRoute'] as const)('is a %s to the Service', (route) => {
    const gateway = { parentRefs: [parent], route };
    const registry = exampleRegistry({ gateway, service: { port: 8443 } });
    const { metadata, spec } = gatewayRoute(registry, registry.spec.gateway!);
    expect(metadata.name).toBe('team-a');
    expect(spec['parentRefs']).toEqual([{ group: 'gateway.networking.k8s.io', kind: 'Gateway', ...parent }]);
    expect(spec['hostnames']).toEqual(['registry.team-a.example']);
    expect(spec['rules']).toMatchObject([{ backendRefs: [{ name: 'team-a', port: 8443 }] }]);
    expect(JSON.stringify(spec).includes('matches')).toBe(route === 'HTTPRoute');
  });

  it('has a policy that tells the Gateway which CA to trust, where it speaks TLS to the pods', () => {
    const policyOf = (gateway: object, spec: object = {}): object | undefined =>
      backendTlsPolicy(
        exampleRegistry({ gateway: { parentRefs: [parent], ...gateway }, ...spec }),
        'team-a-ca',
      )?.spec;
    expect(policyOf({})).toMatchObject({
      validation: { caCertificateRefs: [{ name: 'team-a-ca' }], hostname: 'registry.team-a.example' },
    });
    expect(policyOf({ route: 'TLSRoute' })).toBeUndefined();
    expect(policyOf({}, { tls: { disabled: true } })).toBeUndefined();
    const unknown = backendTlsPolicy(exampleRegistry({ gateway: { parentRefs: [parent] } }), undefined);
    expect(unknown?.spec['validation']).toEqual({
      wellKnownCACertificates: 'System',
      hostname: 'registry.team-a.example',
    });
  });
});

it('an external URL is what the registry hands out', () => {
  expect(registryConfig(exampleRegistry()).http).not.toHaveProperty('host');
  const externalURL = 'https://elsewhere.example:8443';
  expect(registryConfig(exampleRegistry({ externalURL })).http?.host).toBe(externalURL);
});
