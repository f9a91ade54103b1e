import { certManagerGroup, createProgress, ensureBinaries } from '@wharfinger/embedded';
import { installCertManager } from '../../support/cert-manager.ts';
import { eventually } from '../../support/eventually.ts';
import { apply, at, kubectl } from '../../support/kubernetes.ts';
import { gatewayApi } from '../../support/published-definitions.ts';
import { type Fixtures, issuer, ordinals, tlsSecret } from './fixtures.ts';

/** What the specs of a life name beside namespaced objects: classes, the Gateway API, cert-manager with its issuers. */
export interface ClusterFixtures {
  remove(): Promise<void>;
}

export async function createClusterFixtures({ authorities }: Fixtures): Promise<ClusterFixtures> {
  await ensureBinaries(certManagerGroup, createProgress());
  await gatewayApi.install();
  const certManager = await installCertManager();
  const issuers = authorities.flatMap((pair, index) => {
    const ordinal = ordinals[index] ?? 'one';
    return [tlsSecret('cert-manager', `authority-${ordinal}`, pair), issuer('ClusterIssuer', ordinal)];
  });
  await apply(...(await classes()));
  // Its webhook answers before it has its certificate.
  await eventually('cert-manager takes issuers', async () => (await apply(...issuers)) !== '', {
    timeoutMs: 60_000,
  });
  return {
    async remove() {
      const names = ordinals.map((name) => `life-${name}`);
      for (const kind of ['priorityclass', 'runtimeclass'])
        await kubectl(['delete', kind, ...names, '--ignore-not-found', '--wait=false']);
      await kubectl(['delete', 'storageclass', 'life-other', '--ignore-not-found', '--wait=false']);
      await certManager.remove();
      await gatewayApi.remove();
    },
  };
}

async function classes(): Promise<object[]> {
  const standard: unknown = JSON.parse(await kubectl(['get', 'storageclass', 'standard', '-o', 'json']));
  const other = {
    apiVersion: 'storage.k8s.io/v1',
    kind: 'StorageClass',
    metadata: { name: 'life-other' },
    provisioner: at(standard, 'provisioner'),
    volumeBindingMode: 'WaitForFirstConsumer',
    allowVolumeExpansion: true,
  };
  const ofPods = ordinals.flatMap((ordinal, index) => {
    const metadata = { name: `life-${ordinal}` };
    return [
      { apiVersion: 'scheduling.k8s.io/v1', kind: 'PriorityClass', metadata, value: index + 1 },
      { apiVersion: 'node.k8s.io/v1', kind: 'RuntimeClass', metadata, handler: 'runc' },
    ];
  });
  return [other, ...ofPods];
}
