import { binaryPath } from '@wharfinger/embedded';
import { execute, must, type CommandResult } from './command.ts';
import { eventually } from './eventually.ts';
import { started } from './started.ts';

/** Any object as the API server gives it. */
export interface KubeObject {
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly uid: string;
    readonly generation?: number;
    readonly resourceVersion: string;
    readonly annotations?: Record<string, string>;
  };
  // The tests read deep into objects of many kinds; a wrong path fails the test that reads it.
  readonly [field: string]: unknown;
}

function command(args: readonly string[]): string[] {
  return [binaryPath('kubectl'), '--kubeconfig', started().kubeconfig, ...args];
}

export async function tryKubectl(args: readonly string[], input?: string): Promise<CommandResult> {
  return execute(command(args), { input });
}

export async function kubectl(args: readonly string[], input?: string): Promise<string> {
  return must(command(args), { input });
}

/** Runs kubectl as whom a bearer token names; nothing of the administrator's credentials goes along. */
export async function kubectlWithToken(
  token: string,
): Promise<(args: readonly string[]) => Promise<CommandResult>> {
  const view = ['config', 'view', '--raw', '--minify', '-o', 'json'];
  const config = JSON.parse(await kubectl(view)) as Record<string, unknown>;
  const [context] = config['contexts'] as { context: { user: string } }[];
  const users = [{ name: context?.context.user, user: { token } }];
  const text = JSON.stringify({ ...config, users });
  const script = 'f=$(mktemp); trap \'rm -f "$f"\' EXIT; cat > "$f"; "$0" --kubeconfig "$f" "$@"';
  return (args) => execute(['sh', '-c', script, binaryPath('kubectl'), ...args], { input: text });
}

export async function apply(...objects: object[]): Promise<string> {
  return kubectl(['apply', '-f', '-'], objects.map((object) => JSON.stringify(object)).join('\n---\n'));
}

export async function get(kind: string, namespace: string, name: string): Promise<KubeObject> {
  return JSON.parse(await kubectl(['get', kind, name, '-n', namespace, '-o', 'json'])) as KubeObject;
}

export async function list(kind: string, namespace: string, selector = ''): Promise<KubeObject[]> {
  const text = await kubectl(['get', kind, '-n', namespace, '-l', selector, '-o', 'json']);
  return (JSON.parse(text) as { items: KubeObject[] }).items;
}

/** Reads `a.b[0].c` out of an object; undefined when a step is missing. */
export function at(object: unknown, path: string): unknown {
  return path
    .replaceAll(/\[(\d+)\]/g, '.$1')
    .split('.')
    .reduce<unknown>((value, key) => (value as Record<string, unknown> | undefined)?.[key], object);
}

export interface Condition {
  readonly type: string;
  readonly status: string;
  readonly reason: string;
  readonly message: string;
  readonly observedGeneration?: number;
}

export function condition(object: KubeObject, type: string): Condition | undefined {
  return ((at(object, 'status.conditions') ?? []) as Condition[]).find((one) => one.type === type);
}

/** Waits until a condition has this status for the object's present generation. */
export async function waitForCondition(
  object: { kind: string; namespace: string; name: string },
  type: string,
  status = 'True',
  timeoutMs = 60_000,
): Promise<KubeObject> {
  return eventually(
    `${object.kind} ${object.name}: ${type}=${status}`,
    async () => {
      const found = await get(object.kind, object.namespace, object.name);
      const one = condition(found, type);
      if (one?.status === status && (one.observedGeneration ?? -1) >= (found.metadata.generation ?? 0))
        return found;
      throw new Error(JSON.stringify(found['status'] ?? 'no status yet'));
    },
    { timeoutMs },
  );
}

/** A namespace that enforces PSA restricted, as the product promises to need nothing more. */
export async function createNamespace(name: string): Promise<string> {
  const labels = { 'pod-security.kubernetes.io/enforce': 'restricted' };
  await apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name, labels } });
  return name;
}

/** Begins the removal of a namespace; nothing later depends on its end. */
export async function deleteNamespace(name: string): Promise<void> {
  await kubectl(['delete', 'namespace', name, '--ignore-not-found', '--wait=false']);
}

export async function secretValue(namespace: string, name: string, key: string): Promise<string> {
  const secret = await get('secret', namespace, name);
  const value = at(secret, 'data') as Record<string, string> | undefined;
  if (value?.[key] === undefined) throw new Error(`Secret ${namespace}/${name} has no key ${key}`);
  return Buffer.from(value[key], 'base64').toString();
}
