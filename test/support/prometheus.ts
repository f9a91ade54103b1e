import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventually } from './eventually.ts';
import type { Rendered } from './helm.ts';
import { kubectl } from './kubernetes.ts';

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
    scrape_configs: (await Promise.all(monitors.map(scrapeConfigs))).flat(),
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

/** One scrape config for each endpoint of the monitor, as the Prometheus operator writes them. */
async function scrapeConfigs({ metadata, spec }: Rendered): Promise<object[]> {
  const { selector, namespaceSelector = {}, endpoints } = spec as MonitorSpec;
  const namespaces = namespaceSelector.any
    ? undefined
    : (namespaceSelector.matchNames ?? [metadata.namespace]);
  const found = await discovered(namespaces);
  return endpoints.map(({ port, path, honorLabels = false, relabelings = [] }, index) => ({
    job_name: `${metadata.name}/${index}`,
    honor_labels: honorLabels,
    metrics_path: path,
    static_configs: found,
    relabel_configs: [
      ...Object.entries(selector.matchLabels).map(([label, regex]) => ({
        source_labels: [metaLabel(label)],
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

interface Endpoints {
  readonly metadata: {
    readonly name: string;
    readonly namespace: string;
    readonly labels?: Record<string, string>;
  };
  readonly subsets?: {
    readonly addresses?: { readonly ip: string; readonly targetRef?: { readonly name: string } }[];
    readonly ports?: { readonly name?: string; readonly port: number }[];
  }[];
}

/** Every endpoint of the cluster with the labels of Prometheus' own discovery, which Debian's build leaves out. */
async function discovered(namespaces: readonly (string | undefined)[] | undefined): Promise<object[]> {
  const text = await kubectl(['get', 'endpoints', '--all-namespaces', '-o', 'json']);
  const { items } = JSON.parse(text) as { items: Endpoints[] };
  return items
    .filter(({ metadata }) => namespaces === undefined || namespaces.includes(metadata.namespace))
    .flatMap(({ metadata, subsets = [] }) =>
      subsets.flatMap(({ addresses = [], ports = [] }) =>
        addresses.flatMap(({ ip, targetRef }) =>
          ports.map(({ name = '', port }) => ({
            targets: [`${ip}:${port}`],
            labels: {
              __meta_kubernetes_namespace: metadata.namespace,
              __meta_kubernetes_service_name: metadata.name,
              __meta_kubernetes_pod_name: targetRef?.name ?? '',
              __meta_kubernetes_endpoint_port_name: name,
              // Endpoints carry the labels of their Service.
              ...Object.fromEntries(
                Object.entries(metadata.labels ?? {}).map(([label, value]) => [metaLabel(label), value]),
              ),
            },
          })),
        ),
      ),
    );
}

function metaLabel(label: string): string {
  return `__meta_kubernetes_service_label_${label.replaceAll(/[^a-zA-Z0-9_]/g, '_')}`;
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
