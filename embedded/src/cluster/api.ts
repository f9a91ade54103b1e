import { request } from 'node:https';
import { apiServerUrl, readCredentials } from './kubeconfig.ts';
import type { Layout } from './layout.ts';
import type { NetworkPlan } from './network/network-plan.ts';

const timeoutMs = 5_000;

/** Reads an object of the cluster as its administrator. Throws on anything but an answer 200. */
export async function readObject(layout: Layout, network: NetworkPlan, path: string): Promise<unknown> {
  const { authority, certificate, key } = await readCredentials(layout, 'admin');
  return await new Promise((resolve, reject) => {
    const url = `${apiServerUrl(network)}${path}`;
    const sent = request(url, { agent: false, timeout: timeoutMs, ca: authority, cert: certificate, key });
    sent.on('response', (response) => {
      let body = '';
      response.setEncoding('utf8').on('data', (text: string) => (body += text));
      response.on('error', reject);
      response.on('end', () => {
        if (response.statusCode === 200) resolve(JSON.parse(body));
        else reject(new Error(`GET ${path} answered ${response.statusCode}: ${body.slice(0, 300)}`));
      });
    });
    sent.on('timeout', () => sent.destroy(new Error(`GET ${path} was not answered within ${timeoutMs} ms`)));
    sent.on('error', reject);
    sent.end();
  });
}

/** Whether `node` (the JSON of a Node) says that it is Ready, and since when: the heartbeat time of that condition. */
export function readyCondition(node: unknown): { ready: boolean; heartbeat: string } {
  const conditions =
    (node as { status?: { conditions?: Record<string, string>[] } }).status?.conditions ?? [];
  const condition = conditions.find(({ type }) => type === 'Ready');
  return { ready: condition?.['status'] === 'True', heartbeat: condition?.['lastHeartbeatTime'] ?? '' };
}
