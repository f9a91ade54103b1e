import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { binaryPath, fluxGroup, moduleDirectory } from '@wharfinger/embedded';
import { must } from './command.ts';
import { type HostProcess, startHostProcess } from './host-process.ts';
import { kubectl } from './kubernetes.ts';
import { freePort } from './server.ts';
import { started } from './started.ts';

/** Flux's kustomize-controller on this machine. The source-controller's part is played by the test: it hands out archives of commits. */
export interface Flux {
  /** Makes `files` (by path) the newest commit of a GitRepository. */
  commit(repository: { namespace: string; name: string }, files: Record<string, string>): Promise<void>;
  /** Has a Kustomization looked at now. */
  reconcile(kustomization: { namespace: string; name: string }): Promise<void>;
  readonly log: string;
  /** Ends the controller and removes the CustomResourceDefinitions. */
  remove(): Promise<void>;
}

const sourceKinds = ['GitRepository', 'OCIRepository', 'Bucket'];

export async function installFlux(): Promise<Flux> {
  const crds = [await kustomizationCrd(), ...sourceKinds.map((kind) => JSON.stringify(sourceCrd(kind)))].join(
    '\n---\n',
  );
  await kubectl(['apply', '--server-side', '-f', '-'], crds);
  await kubectl(['wait', '--for=condition=Established', '--timeout=30s', '-f', '-'], crds);
  const archives = new Map<string, Buffer>();
  const server = await serve(archives);
  const { port } = server.address() as AddressInfo;
  const controller = await startController();
  let commits = 0;

  async function commit(
    { namespace, name }: { namespace: string; name: string },
    files: Record<string, string>,
  ): Promise<void> {
    const archive = await archiveOf(files);
    const digest = createHash('sha256').update(archive).digest('hex');
    archives.set(`/${digest}.tar.gz`, archive);
    commits += 1;
    const artifact = {
      path: `${digest}.tar.gz`,
      url: `http://127.0.0.1:${port}/${digest}.tar.gz`,
      revision: `main@sha1:${String(commits).padStart(40, '0')}`,
      digest: `sha256:${digest}`,
      lastUpdateTime: now(),
      size: archive.length,
    };
    const ready = {
      type: 'Ready',
      status: 'True',
      reason: 'Succeeded',
      message: '',
      lastTransitionTime: now(),
    };
    const status = { artifact, observedGeneration: 1, conditions: [ready] };
    const patch = ['--subresource=status', '--type=merge', '-p', JSON.stringify({ status })];
    await kubectl(['patch', 'gitrepository', name, '-n', namespace, ...patch]);
  }

  return {
    commit,
    async reconcile({ namespace, name }): Promise<void> {
      const annotation = `reconcile.fluxcd.io/requestedAt=${Date.now()}`;
      await kubectl(['annotate', '--overwrite', 'kustomization', name, '-n', namespace, annotation]);
    },
    get log() {
      return controller.log;
    },
    async remove(): Promise<void> {
      // While the controller still runs: it takes its finalizers away.
      await kubectl(['delete', '--ignore-not-found', '--timeout=60s', '-f', '-'], crds);
      await controller.stop();
      server.closeAllConnections();
      server.close();
    },
  };
}

function now(): string {
  return new Date().toISOString().replace(/\.\d+Z/, 'Z');
}

async function kustomizationCrd(): Promise<string> {
  const module = await moduleDirectory(fluxGroup, 'github.com/fluxcd/kustomize-controller');
  const folder = join(module, 'config', 'crd', 'bases');
  const texts = (await readdir(folder)).map((file) => readFile(join(folder, file), 'utf8'));
  return (await Promise.all(texts)).join('\n---\n');
}

/** Only the test writes objects of these kinds, so nothing of them is checked. */
function sourceCrd(kind: string): object {
  const group = 'source.toolkit.fluxcd.io';
  const singular = kind.toLowerCase();
  const plural = kind.endsWith('y') ? `${singular.slice(0, -1)}ies` : `${singular}s`;
  const openAPIV3Schema = { type: 'object', 'x-kubernetes-preserve-unknown-fields': true };
  const versions = [
    { name: 'v1', served: true, storage: true, schema: { openAPIV3Schema }, subresources: { status: {} } },
  ];
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `${plural}.${group}` },
    spec: {
      group,
      scope: 'Namespaced',
      names: { kind, singular, plural, listKind: `${kind}List` },
      versions,
    },
  };
}

async function serve(archives: ReadonlyMap<string, Buffer>): Promise<Server> {
  const server = createServer((request, response) => {
    const archive = archives.get(request.url ?? '');
    if (archive === undefined) response.writeHead(404).end();
    else response.writeHead(200, { 'Content-Type': 'application/gzip' }).end(archive);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return server;
}

async function archiveOf(files: Record<string, string>): Promise<Buffer> {
  const folder = await mkdtemp(join(tmpdir(), 'wharfinger-commit-'));
  try {
    for (const [path, text] of Object.entries(files)) {
      await mkdir(dirname(join(folder, 'tree', path)), { recursive: true });
      await writeFile(join(folder, 'tree', path), text);
    }
    const file = join(folder, 'tree.tar.gz');
    await must(['tar', '--create', '--gzip', `--file=${file}`, `--directory=${join(folder, 'tree')}`, '.']);
    return await readFile(file);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function startController(): Promise<HostProcess> {
  const command = [
    binaryPath('kustomize-controller'),
    `--metrics-addr=127.0.0.1:${await freePort()}`,
    `--health-addr=127.0.0.1:${await freePort()}`,
    '--http-retry=1',
    '--interval-jitter-percentage=0',
  ];
  return startHostProcess(command, { KUBECONFIG: started().kubeconfig, RUNTIME_NAMESPACE: 'flux-system' });
}
