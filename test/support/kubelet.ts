import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { stateDirectory } from './machine.ts';
import type { Access } from './registry-client.ts';

export interface NodeTrust {
  remove(): void;
}

/** Tells the node of a registry and its CA (containerd, docs/hosts.md). */
export function trustOnNode({ host, ca }: Pick<Access, 'host' | 'ca'>): NodeTrust {
  const folder = join(stateDirectory, 'cluster', 'certs.d', host);
  mkdirSync(folder, { recursive: true });
  const file = join(folder, 'ca.crt');
  writeFileSync(file, ca);
  const hosts = `server = "https://${host}"\n[host."https://${host}"]\n  ca = "${file}"\n`;
  writeFileSync(join(folder, 'hosts.toml'), hosts);
  return { remove: () => rmSync(folder, { recursive: true, force: true }) };
}

export interface PodOptions {
  readonly namespace: string;
  readonly name: string;
  readonly image: string;
  /** Of the pod itself; empty: none. */
  readonly pullSecret?: string;
}

/** A pod that runs an image to its end, by no right but to pull it; the kubelet pulls each time. */
export function podOf({ namespace, name, image, pullSecret = '' }: PodOptions): object {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace },
    spec: {
      restartPolicy: 'Never',
      ...(pullSecret !== '' && { imagePullSecrets: [{ name: pullSecret }] }),
      securityContext: { runAsNonRoot: true, runAsUser: 1000, seccompProfile: { type: 'RuntimeDefault' } },
      containers: [
        {
          name: 'main',
          image,
          imagePullPolicy: 'Always',
          securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } },
        },
      ],
    },
  };
}
