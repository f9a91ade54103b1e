import { exampleRegistry } from '../../api/registry-example.ts';
import type { RegistryStatus } from '../../api/registry-status.ts';
import type { EventFacts } from '../../kube/events.ts';
import type { KubeObject } from '../../kube/resource.ts';
import { certificatesIn } from '../../pki/bundle.ts';
import type { Credentials } from '../../pki/issuer.ts';
import { secretText } from '../../resources/secrets.ts';
import { createInternalAuthority } from '../internal-authority.ts';
import type { ServedRegistry } from '../kind.ts';
import { createMemoryCluster, type MemoryCluster } from '../memory-cluster.ts';
import { reconcileOnce } from '../reconcile-once.ts';

/** For tests: the certificates of Registry `team/team-a`, without pods, in a cluster in memory whose clock the test sets. */
export interface CertificateScenario {
  readonly cluster: MemoryCluster;
  readonly events: EventFacts[];
  /** Milliseconds since 1970. */
  now: number;
  set(tls: object, annotations?: Record<string, string>): void;
  /** Puts a Secret `mine` of the user's; with `roots` it has a `ca.crt`. */
  putMine(pair: Credentials, roots?: string): void;
  /** One reconcile; gives when the operator wants to look again. */
  reconcile(): Promise<number | undefined>;
  /** Reconciles until nothing is left to write. */
  settle(): Promise<void>;
  /** The text of a key of a Secret; '' when it is not there. */
  text(secret: string, key: string): string;
  /** What clients are given. */
  bundle(): string[];
  /** The serving certificate and what is sent after it. */
  served(): string[];
  status(): RegistryStatus;
}

const namespace = 'team';

export function certificateScenario(): CertificateScenario {
  const cluster = createMemoryCluster();
  const { client } = cluster;
  const events: EventFacts[] = [];
  const now = (): number => scenario.now;
  const authority = createInternalAuthority({ client, operatorNamespace: 'wharfinger', now });
  let version = 0;

  function registry(): ServedRegistry | undefined {
    return cluster.get('registries', 'team-a') as ServedRegistry | undefined;
  }

  const scenario: CertificateScenario = {
    cluster,
    events,
    now: Date.now(),
    set(tls, annotations = {}) {
      version += 1;
      const spec = { tls, replicas: 0, auth: undefined };
      const made = exampleRegistry(spec, { annotations, resourceVersion: `spec-${version}` });
      cluster.put('registries', { ...made, status: registry()?.status } as KubeObject);
    },
    putMine({ certificate, privateKey }, roots) {
      const all = { 'tls.crt': certificate, 'tls.key': privateKey, ...(roots ? { 'ca.crt': roots } : {}) };
      const data = Object.fromEntries(
        Object.entries(all).map(([key, value]) => [key, Buffer.from(value).toString('base64')]),
      );
      cluster.put('secrets', { metadata: { name: 'mine', namespace, uid: 'mine' }, data } as KubeObject);
    },
    reconcile: () => reconcileOnce(cluster, { now, authority, events }),
    async settle() {
      for (let round = 0; round < 10; round += 1) {
        const count = cluster.writes.length;
        await scenario.reconcile();
        if (cluster.writes.length === count) return;
      }
      throw new Error(`it never settles: ${cluster.writes.slice(-5).join()}`);
    },
    text(secret, key) {
      return secretText(cluster.get('secrets', secret) as { data?: Record<string, string> }, key) ?? '';
    },
    bundle() {
      const map = cluster.get('configmaps', 'team-a-ca') as { data?: Record<string, string> } | undefined;
      return map ? certificatesIn(map.data?.['ca.crt'] ?? '', 'ca.crt') : [];
    },
    served: () => certificatesIn(scenario.text('team-a-tls', 'tls.crt'), 'tls.crt'),
    status: () => registry()?.status ?? {},
  };
  return scenario;
}
