import { eventually } from '../support/eventually.ts';
import { image, randomLayer } from '../support/image.ts';
import { apply, at, condition, get, waitForCondition } from '../support/kubernetes.ts';
import { gatewayApi } from '../support/published-definitions.ts';
import { RegistryClient } from '../support/registry-client.ts';
import { accessOf, registryObject } from '../support/registries.ts';
import { edgeAddress, ports, startTraefik } from './traefik.ts';

const name = 'harbour';
const hostname = 'registry.edge.example';
const mebibyte = 1024 * 1024;

interface Way {
  readonly title: string;
  readonly port: number;
  readonly spec: Record<string, unknown>;
  /** Reason of the condition Exposed; this release of Traefik answers no route in its status. */
  readonly reason: string;
}

const terminate = `https://${hostname}:${ports.terminate}`;
const passthrough = `https://${hostname}:${ports.passthrough}`;
const ways: readonly Way[] = [
  {
    title: 'Ingress',
    port: ports.terminate,
    spec: { ingress: {}, externalURL: terminate },
    reason: 'Ingress',
  },
  {
    title: 'Ingress, plain HTTP behind it',
    port: ports.terminate,
    spec: { ingress: { tlsSecretName: `${name}-kept` }, tls: { disabled: true }, externalURL: terminate },
    reason: 'Ingress',
  },
  {
    title: 'HTTPRoute',
    port: ports.terminate,
    spec: {
      gateway: { parentRefs: [{ name: 'edge', sectionName: 'terminate' }] },
      externalURL: terminate,
    },
    reason: 'RoutePending',
  },
  {
    title: 'TLSRoute',
    port: ports.passthrough,
    spec: {
      gateway: { parentRefs: [{ name: 'edge', sectionName: 'passthrough' }], route: 'TLSRoute' },
      externalURL: passthrough,
    },
    reason: 'RoutePending',
  },
];

export interface EdgeOptions {
  readonly namespace: string;
  readonly report: (line: string) => void;
}

/** Pushes and pulls through a real Ingress and Gateway controller; gives what went wrong. */
export async function runEdgeCampaign({ namespace, report }: EdgeOptions): Promise<string[]> {
  await gatewayApi.install();
  const edge = await startTraefik(namespace);
  const problems: string[] = [];
  try {
    await apply(registryObject({ namespace, name, spec: { hostname } }));
    await waitForCondition({ kind: 'registry', namespace, name }, 'Ready');
    await keepCertificate(namespace);
    await apply(...gateway(namespace));
    const { ca, username, password } = await accessOf(namespace, name);
    for (const way of ways) {
      const host = `${hostname}:${way.port}`;
      const client = new RegistryClient({ host, ca, username, password }, { address: '127.0.0.1' });
      try {
        report(await tryWay(namespace, way, client));
      } catch (error) {
        problems.push(`${way.title}: ${String(error)}`);
      } finally {
        client.close();
      }
    }
  } finally {
    await edge.stop();
    await gatewayApi.remove();
  }
  return problems;
}

async function tryWay(
  namespace: string,
  { title, spec, reason }: Way,
  client: RegistryClient,
): Promise<string> {
  await apply(registryObject({ namespace, name, spec: { hostname, ...spec } }));
  await waitForCondition({ kind: 'registry', namespace, name }, 'Ready');
  const registry = await eventually(
    `Exposed is ${reason}`,
    async () => {
      const found = await get('registry', namespace, name);
      const one = condition(found, 'Exposed');
      if (one?.reason === reason && at(found, 'status.url') === spec['externalURL']) return found;
      throw new Error(JSON.stringify(found['status']));
    },
    { timeoutMs: 60_000 },
  );
  if (spec['ingress'] !== undefined)
    await eventually('the address of the Ingress', () => hasAddress(namespace));
  // A controller takes up a change in its own time; from the first answer on, nothing may fail.
  await eventually('an answer', async () => (await client.call('GET', '/v2/')).status === 200, {
    timeoutMs: 60_000,
  });
  const one = image([randomLayer(5000), randomLayer(64 * mebibyte)]);
  const began = performance.now();
  for (const tag of ['a', 'b', 'c']) {
    await client.push('app', tag, one);
    await client.pull('app', tag, one);
  }
  const start = await client.call('POST', '/v2/app/blobs/uploads/');
  if (!start.headers.location?.startsWith(`${String(spec['externalURL'])}/v2/`))
    throw new Error(`an upload goes on at ${start.headers.location}`);
  const seconds = ((performance.now() - began) / 1000).toFixed(1);
  return `${title}: 64 MiB pushed and pulled at ${String(at(registry, 'status.url'))}, ${seconds} s`;
}

async function hasAddress(namespace: string): Promise<boolean> {
  const found = await get('registry', namespace, name);
  return JSON.stringify(at(found, 'status.addresses')) === JSON.stringify([edgeAddress]);
}

/** A copy of the certificate, for the time in which the Registry serves without one. */
async function keepCertificate(namespace: string): Promise<void> {
  const secret = await get('secret', namespace, `${name}-tls`);
  const { data, type } = secret as unknown as { data: object; type: string };
  await apply({
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name: `${name}-kept`, namespace },
    type,
    data,
  });
}

function gateway(namespace: string): object[] {
  const apiVersion = 'gateway.networking.k8s.io/v1';
  const certificateRefs = [{ name: `${name}-kept` }];
  return [
    {
      apiVersion,
      kind: 'GatewayClass',
      metadata: { name: 'edge' },
      spec: { controllerName: 'traefik.io/gateway-controller' },
    },
    {
      apiVersion,
      kind: 'Gateway',
      metadata: { name: 'edge', namespace },
      spec: {
        gatewayClassName: 'edge',
        listeners: [
          {
            name: 'terminate',
            protocol: 'HTTPS',
            port: ports.terminate,
            tls: { mode: 'Terminate', certificateRefs },
          },
          { name: 'passthrough', protocol: 'TLS', port: ports.passthrough, tls: { mode: 'Passthrough' } },
        ],
      },
    },
  ];
}
