import { rm } from 'node:fs/promises';
import { stopCluster } from '../cluster/stop.ts';
import { requireLinuxRoot } from '../machine/preflight.ts';
import { createProgress } from '../progress.ts';
import type { Progress } from '../progress.ts';
import { parseStopArguments, stopUsage, UsageError } from './arguments.ts';
import { contextDirectory, embeddedDirectory } from './directories.ts';
import { messageOf } from './failure.ts';
import { operatorNamespace } from './namespaces.ts';
import { releaseName } from './operator-release.ts';
import { endPortForward } from './port-forward.ts';

try {
  const { help, context } = parseStopArguments(process.argv.slice(2));
  if (help) process.stdout.write(stopUsage);
  else if (context === undefined) await stopEmbedded(createProgress());
  else await leaveContext(context, createProgress());
} catch (error) {
  process.stderr.write(`${messageOf(error)}\n${error instanceof UsageError ? `\n${stopUsage}` : ''}`);
  process.exitCode = error instanceof UsageError ? 2 : 1;
}

async function stopEmbedded(progress: Progress): Promise<void> {
  requireLinuxRoot(process.platform, process.getuid?.());
  await rm(embeddedDirectory, { recursive: true, force: true });
  await stopCluster({ progress, wipe: true });
}

/** What was installed on somebody's cluster stays: it may hold images by now. */
async function leaveContext(context: string, progress: Progress): Promise<void> {
  const directory = contextDirectory(context);
  await endPortForward(directory);
  await rm(directory, { recursive: true, force: true });
  progress.step(`ended the port forwarding and removed ${directory}`);
  const cluster = `--context ${context}`;
  process.stdout
    .write(`The operator and the Registry stay on the cluster. To remove them, and the images with them:
  kubectl ${cluster} delete namespace registries
  helm --kube-context ${context} uninstall ${releaseName} --namespace ${operatorNamespace}
  kubectl ${cluster} delete namespace ${operatorNamespace}
  kubectl ${cluster} delete crd registries.wharfinger.dev garbagecollections.wharfinger.dev
`);
}
