import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { repositoryRoot } from '../images/repository.ts';
import type { Progress } from '../progress.ts';
import { applyExample } from './apply-example.ts';
import type { StartArguments } from './arguments.ts';
import { writeClientFiles } from './client-files.ts';
import { ensureClients } from './clients.ts';
import type { Clients } from './clients.ts';
import { openContextTarget } from './context-target.ts';
import { openEmbeddedTarget } from './embedded-target.ts';
import { renderExample } from './example-registry.ts';
import { applyObjects } from './kubectl.ts';
import { operatorNamespace, restrictedNamespace } from './namespaces.ts';
import { installOperator } from './operator-release.ts';
import { proveRegistry } from './proof.ts';
import type { Outcome } from './report.ts';
import type { Target } from './target.ts';

/**
 * From nothing to a registry that a client has pushed to and pulled from: cluster, images, operator, example, proof. What is
 * there already is kept. Throws StartFailure or MachineProblem, each with what to do.
 */
export async function start(options: StartArguments, progress: Progress): Promise<Outcome> {
  const { target, clients } = await open(options, progress);
  const { cluster, directory, settings, stopCommand } = target;
  const registry = renderExample(
    await readFile(join(repositoryRoot, 'examples/registry.yaml'), 'utf8'),
    settings,
  );
  await applyObjects(cluster, [operatorNamespace, registry.metadata.namespace].map(restrictedNamespace));
  progress.step('installing the operator with Helm');
  await installOperator(clients.helm, target, repositoryRoot);
  progress.step('the operator is Ready');
  await applyExample(target, registry, progress);
  const host = await target.reach(registry);
  const files = await writeClientFiles(cluster, registry, directory);
  const proof = await proveRegistry(clients.crane, host, files);
  progress.step(
    `pushed and pulled ${proof.reference} over verified TLS as ${files.username}: ${proof.digest}`,
  );
  return {
    kubeconfig: cluster.kubeconfig,
    kubectl: cluster.binary,
    registry,
    host,
    files,
    proof,
    stopCommand,
  };
}

/** The embedded cluster comes before the clients, because it first of all looks whether this machine can run it. */
async function open(
  options: StartArguments,
  progress: Progress,
): Promise<{ target: Target; clients: Clients }> {
  const { context } = options;
  if (context === undefined) {
    const target = await openEmbeddedTarget(progress);
    return { target, clients: await ensureClients(progress) };
  }
  const clients = await ensureClients(progress);
  return { target: await openContextTarget(context, options, clients.kubectl, progress), clients };
}
