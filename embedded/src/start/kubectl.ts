import { run } from '../process/run.ts';

/** A Kubernetes cluster, by its API server's administrator. */
export interface Kubectl {
  readonly binary: string;
  /** A kubeconfig whose current context is the cluster. */
  readonly kubeconfig: string;
}

/** The arguments of `kubectl` that choose the cluster. */
export function clusterArguments({ kubeconfig }: Kubectl): string[] {
  return ['--kubeconfig', kubeconfig];
}

/** Runs kubectl and returns its standard output. Throws CommandError. */
export async function kubectl(
  cluster: Kubectl,
  args: readonly string[],
  options: { input?: string; timeoutMs?: number } = {},
): Promise<string> {
  const { input, timeoutMs = 30_000 } = options;
  return await run(cluster.binary, [...clusterArguments(cluster), ...args], { input, timeoutMs });
}

/** Applies objects on the server's side; what others set in them stays. */
export async function applyObjects(cluster: Kubectl, objects: readonly unknown[]): Promise<void> {
  const input = objects.map((object) => JSON.stringify(object)).join('\n---\n');
  await kubectl(cluster, ['apply', '--server-side', '--field-manager=wharfinger-start', '-f', '-'], {
    input,
  });
}

/** Reads one object, or undefined when there is none. */
export async function readObject<T>(
  cluster: Kubectl,
  namespace: string,
  kind: string,
  name: string,
): Promise<T | undefined> {
  const args = ['get', kind, name, '--namespace', namespace, '--ignore-not-found', '--output', 'json'];
  const text = await kubectl(cluster, args);
  return text.trim() === '' ? undefined : (JSON.parse(text) as T);
}
