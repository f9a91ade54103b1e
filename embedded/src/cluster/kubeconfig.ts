import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Layout } from './layout.ts';
import { apiServerPort } from './network/network-plan.ts';
import type { NetworkPlan } from './network/network-plan.ts';

/** Credentials as PEM text. */
export interface Credentials {
  authority: string;
  certificate: string;
  key: string;
}

/** The URL of the API server on the node's address. */
export function apiServerUrl(network: NetworkPlan): string {
  return `https://${network.nodeAddress}:${apiServerPort}`;
}

/** A kubeconfig (JSON, which is YAML) that holds all it needs and refers to no other file. */
export function renderKubeconfig(user: string, server: string, credentials: Credentials): string {
  const name = 'wharfinger';
  return `${JSON.stringify(
    {
      apiVersion: 'v1',
      kind: 'Config',
      clusters: [{ name, cluster: { server, 'certificate-authority-data': base64(credentials.authority) } }],
      users: [
        {
          name: user,
          user: {
            'client-certificate-data': base64(credentials.certificate),
            'client-key-data': base64(credentials.key),
          },
        },
      ],
      contexts: [{ name, context: { cluster: name, user } }],
      'current-context': name,
    },
    null,
    2,
  )}\n`;
}

/** Reads the credentials of the certificate `name` from the layout's PKI. */
export async function readCredentials(layout: Layout, name: string): Promise<Credentials> {
  const [authority, certificate, key] = await Promise.all(
    ['ca.crt', `${name}.crt`, `${name}.key`].map((file) => readFile(join(layout.pki, file), 'utf8')),
  );
  return { authority: authority ?? '', certificate: certificate ?? '', key: key ?? '' };
}

/** Where the kubeconfig made from the certificate `name` lies. */
export function kubeconfigPath(layout: Layout, name: string): string {
  return join(layout.kubeconfigs, `${name}.conf`);
}

function base64(text: string): string {
  return Buffer.from(text).toString('base64');
}
