import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { binaryPath, certManagerGroup, moduleDirectory } from '@wharfinger/embedded';
import { eventually } from './eventually.ts';
import { type HostProcess, startHostProcess } from './host-process.ts';
import { apply, at, createNamespace, get, kubectl } from './kubernetes.ts';
import { freePort } from './server.ts';
import { started } from './started.ts';

const namespace = 'cert-manager';
const webhookName = 'cert-manager-webhook';
const webhookCa = 'cert-manager-webhook-ca';

/** cert-manager as it is installed, but that its processes run on this machine. */
export interface CertManager {
  /** Ends the processes and removes the CustomResourceDefinitions with all that is of them. */
  remove(): Promise<void>;
}

/** Installs cert-manager and waits until its webhook answers. */
export async function installCertManager(): Promise<CertManager> {
  const crds = await customResourceDefinitions();
  await kubectl(['apply', '--server-side', '-f', '-'], crds);
  await kubectl(['wait', '--for=condition=Established', '--timeout=30s', '-f', '-'], crds);
  await createNamespace(namespace);
  const port = await freePort();
  const processes = [await startController(), await startWebhook(port)];
  await registerWebhooks(port, processes);
  return {
    async remove(): Promise<void> {
      for (const kind of ['validatingwebhookconfiguration', 'mutatingwebhookconfiguration'])
        await kubectl(['delete', kind, webhookName, '--ignore-not-found']);
      // While the controller still runs: it takes its finalizers away.
      await kubectl(['delete', '--ignore-not-found', '--timeout=60s', '-f', '-'], crds);
      for (const one of processes) await one.stop();
      await kubectl(['delete', 'namespace', namespace, '--ignore-not-found', '--wait=false']);
    },
  };
}

/** The files of the release are templates of a chart in their labels only. */
async function customResourceDefinitions(): Promise<string> {
  const module = await moduleDirectory(certManagerGroup, 'github.com/cert-manager/cert-manager');
  const folder = join(module, 'deploy', 'crds');
  const files = (await readdir(folder)).filter((name) => name.endsWith('.yaml')).sort();
  const texts = await Promise.all(files.map((file) => readFile(join(folder, file), 'utf8')));
  return texts
    .map((text) => text.replaceAll(/^.*\{\{.*$\n/gm, '').replace(/^ {2}labels:\n/m, ''))
    .join('\n---\n');
}

async function startController(): Promise<HostProcess> {
  return startHostProcess([
    binaryPath('controller'),
    `--kubeconfig=${started().kubeconfig}`,
    '--leader-elect=false',
    `--cluster-resource-namespace=${namespace}`,
    `--metrics-listen-address=127.0.0.1:${await freePort()}`,
  ]);
}

async function startWebhook(port: number): Promise<HostProcess> {
  return startHostProcess([
    binaryPath('webhook'),
    `--kubeconfig=${started().kubeconfig}`,
    `--secure-port=${port}`,
    `--healthz-port=${await freePort()}`,
    `--dynamic-serving-ca-secret-namespace=${namespace}`,
    `--dynamic-serving-ca-secret-name=${webhookCa}`,
    '--dynamic-serving-dns-names=localhost',
  ]);
}

/** The cainjector's part is played here: it copies the webhook's CA into these objects. */
async function registerWebhooks(port: number, processes: readonly HostProcess[]): Promise<void> {
  const caBundle = await eventually('the CA of the webhook', async () => {
    const ended = processes.find(({ running }) => !running);
    if (ended) throw new Error(`a process of cert-manager ended: ${ended.log}`);
    const { 'ca.crt': ca } = at(await get('secret', namespace, webhookCa), 'data') as Record<string, string>;
    return ca;
  });
  const webhook = (path: string): object => ({
    name: 'webhook.cert-manager.io',
    rules: [
      {
        apiGroups: ['cert-manager.io', 'acme.cert-manager.io'],
        apiVersions: ['v1'],
        operations: ['CREATE', 'UPDATE'],
        resources: ['*/*'],
      },
    ],
    admissionReviewVersions: ['v1'],
    failurePolicy: 'Fail',
    sideEffects: 'None',
    timeoutSeconds: 10,
    clientConfig: { url: `https://localhost:${port}/${path}`, caBundle },
  });
  const configuration = (kind: string, path: string): object => ({
    apiVersion: 'admissionregistration.k8s.io/v1',
    kind,
    metadata: { name: webhookName },
    webhooks: [webhook(path)],
  });
  await apply(
    configuration('ValidatingWebhookConfiguration', 'validate'),
    configuration('MutatingWebhookConfiguration', 'mutate'),
  );
}
