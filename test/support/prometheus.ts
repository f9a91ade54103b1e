import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventually } from './eventually.ts';
import type { Rendered } from './helm.ts';
import { started } from './started.ts';

/** A Prometheus of this machine that scrapes the cluster. */
export interface Prometheus {
  /** The vector that an expression gives now. */
  query(expression: string): Promise<{ metric: Record<string, string>; value: [number, string] }[]>;
  targets(): Promise<{ health: string; labels: Record<string, string>; lastError: string }[]>;
  stop(): Promise<void>;
}

interface MonitorSpec {
  readonly selector: { readonly matchLabels: Record<string, string> };
  readonly namespaceSelector?: { readonly any?: boolean; readonly matchNames?: string[] };
  readonly endpoints: readonly {
    readonly port: string;
    readonly path: string;
    readonly honorLabels?: boolean;
    readonly relabelings?: { sourceLabels: string[]; targetLabel: string }[];
  }[];
}

/** Scrapes what the ServiceMonitors select, found as the Prometheus operator has it found. */
export async function startPrometheus(monitors: readonly Rendered[]): Promise<Prometheus> {
  const folder = mkdtempSync(join(tmpdir(), 'wharfinger-prometheus-'));
  const port = await freePort();
  const configuration = {
    global: { scrape_interval: '2s', scrape_timeout: '2s' },
    scrape_configs: monitors.flatMap(scrapeConfigs),
  };
  writeFileSync(join(folder, 'prometheus.yml'), JSON.stringify(configuration));
  const address = `127.0.0.1:${port}`;
  const child = spawn(
    'prometheus',
    [
      `--config.file=${folder}/prometheus.yml`,
      `--storage.tsdb.path=${folder}/data`,
      `--web.listen-address=${address}`,
    ],
    { stdio: ['ignore', 'ignore', 'pipe'] },
  );
  let log = '';
  child.stderr.on('data', (chunk: Buffer) => (log = (log + chunk.toString()).slice(-4000)));
  const ended = new Promise((resolve) => child.once('close', resolve));

  async function ask<T>(path: string): Promise<T> {
    const answer = await fetch(`http://${address}/api/v1/${path}`);
    const body = (await answer.json()) as { status: string; error?: string; data: T };
    if (body.status !== 'success') throw new Error(`${path}: ${body.error}`);
    return body.data;
  }

  async function stop(): Promise<void> {
    child.kill('SIGTERM');
    await ended;
    rmSync(folder, { recursive: true, force: true });
  }

  try {
    await eventually('Prometheus answers', async () => (await fetch(`http://${address}/-/ready`)).ok);
  } catch (error) {
    await stop();
    throw new Error(`${String(error)}\n${log}`, { cause: error });
  }
  return {
    query: async (expression) => {
      const { result } = await ask<{ result: Awaited<ReturnType<Prometheus['query']>> }>(
        `query?query=${encodeURIComponent(expression)}`,
      );
      return result;
    },
    targets: async () =>
      (await ask<{ activeTargets: Awaited<ReturnType<Prometheus['targets']>> }>('targets?state=active'))
        .activeTargets,
    stop,
  };
}

function scrapeConfigs({ metadata, spec }: Rendered): object[] {
  const { selector, namespaceSelector = {}, endpoints } = spec as MonitorSpec;
  const names = namespaceSelector.matchNames ?? [metadata.namespace ?? ''];
  const namespaces = namespaceSelector.any ? {} : { namespaces: { names } };
  const service = '__meta_kubernetes_service_label_';
  return endpoints.map(({ port, path, honorLabels = false, relabelings = [] }, index) => ({
    job_name: `${metadata.name}/${index}`,
    honor_labels: honorLabels,
    metrics_path: path,
    kubernetes_sd_configs: [{ role: 'endpoints', kubeconfig_file: started().kubeconfig, ...namespaces }],
    relabel_configs: [
      ...Object.entries(selector.matchLabels).map(([label, regex]) => ({
        source_labels: [`${service}${label.replaceAll(/[^a-zA-Z0-9_]/g, '_')}`],
        regex,
        action: 'keep',
      })),
      { source_labels: ['__meta_kubernetes_endpoint_port_name'], regex: port, action: 'keep' },
      { source_labels: ['__meta_kubernetes_namespace'], target_label: 'namespace' },
      { source_labels: ['__meta_kubernetes_pod_name'], target_label: 'pod' },
      { source_labels: ['__meta_kubernetes_service_name'], target_label: 'job' },
      ...relabelings.map(({ sourceLabels, targetLabel }) => ({
        source_labels: sourceLabels,
        target_label: targetLabel,
      })),
    ],
  }));
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
