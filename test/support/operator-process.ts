import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { kubectl, list } from './kubernetes.ts';
import { eventually } from './eventually.ts';

export const operatorNamespace = 'wharfinger-system';

/** An operator that runs as a process of this machine, with the service account and the settings of the installed one. */
export interface OperatorProcess {
  readonly running: boolean;
  kill(): void;
  /** What it logged last, for a failure's message. */
  readonly log: string;
}

/** Starts the operator against the API server at `url`. */
export function startOperator(url: string, watchNamespace: string, registryImage: string): OperatorProcess {
  const folder = mkdtempSync(join(tmpdir(), 'wharfinger-operator-'));
  const kubeconfig = {
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': 'proxy',
    clusters: [{ name: 'proxy', cluster: { server: url, 'insecure-skip-tls-verify': true } }],
    users: [{ name: 'operator', user: { token: 'the proxy puts in the real one' } }],
    contexts: [{ name: 'proxy', context: { cluster: 'proxy', user: 'operator' } }],
  };
  const file = join(folder, 'kubeconfig');
  writeFileSync(file, JSON.stringify(kubeconfig));
  const child: ChildProcess = spawn('node', ['operator/src/main.ts'], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      ...process.env,
      KUBECONFIG: file,
      WATCH_NAMESPACE: watchNamespace,
      OPERATOR_NAMESPACE: operatorNamespace,
      REGISTRY_IMAGE: registryImage,
      LEADER_ELECT: 'false',
      METRICS_ADDR: '127.0.0.1:0',
      HEALTH_ADDR: '127.0.0.1:0',
    },
  });
  let log = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on('data', (chunk: Buffer) => (log = (log + chunk.toString()).slice(-4000)));
  }
  return {
    get running() {
      return child.exitCode === null && child.signalCode === null;
    },
    kill: () => void child.kill('SIGKILL'),
    get log() {
      return log;
    },
  };
}

/** Sets the number of installed operator pods and waits until it holds. */
export async function scaleOperator(replicas: number): Promise<void> {
  const [deployment] = await list('deployments', operatorNamespace);
  const name = deployment?.metadata.name ?? '';
  await kubectl(['scale', 'deployment', name, '-n', operatorNamespace, `--replicas=${replicas}`]);
  await eventually(`${replicas} operator pods`, async () => {
    const pods = await list('pods', operatorNamespace);
    const ready = pods.filter((pod) => JSON.stringify(pod['status']).includes('"ready":true'));
    return pods.length === replicas && ready.length === replicas;
  });
}
