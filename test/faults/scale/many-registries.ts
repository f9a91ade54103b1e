import { eventually } from '../../support/eventually.ts';
import { apply, at, type Condition, kubectl, type KubeObject, list } from '../../support/kubernetes.ts';

/** Registries of one namespace that differ in name and hostname only. */
export interface ManyRegistries {
  /** Applies those with these numbers, all at once. */
  apply(numbers: readonly number[], spec?: Record<string, unknown>): Promise<void>;
  /** Waits until each of these numbers is as its spec says. @returns milliseconds it took */
  settled(numbers: readonly number[], timeoutMs: number): Promise<number>;
}

export function range(from: number, to: number): number[] {
  return Array.from({ length: to - from }, (_, index) => from + index);
}

export function nameOf(number: number): string {
  return `many-${number}`;
}

export function createManyRegistries(namespace: string): ManyRegistries {
  const manifest = (number: number, spec: Record<string, unknown>): object => ({
    apiVersion: 'wharfinger.dev/v1alpha1',
    kind: 'Registry',
    metadata: { namespace, name: nameOf(number) },
    spec: {
      hostname: `${nameOf(number)}.scale.test`,
      replicas: 0,
      auth: { htpasswd: { users: [{ name: 'ci' }] } },
      storage: { filesystem: { volume: { size: '64Mi' } } },
      // Keys of 4096 bits would be all that takes time.
      tls: { selfSigned: { keyAlgorithm: 'ECDSA' } },
      ...spec,
    },
  });

  async function settled(numbers: readonly number[], timeoutMs: number): Promise<number> {
    const began = performance.now();
    await eventually(
      `${numbers.length} Registries settle`,
      async () => {
        const found = new Map((await list('registries', namespace)).map((one) => [one.metadata.name, one]));
        const open = numbers.map(nameOf).filter((name) => !isSettled(found.get(name)));
        if (open.length === 0) return true;
        const [first = ''] = open;
        throw new Error(
          `${open.length} are not, such as ${first}: ${JSON.stringify(found.get(first)?.['status'])}`,
        );
      },
      { timeoutMs, everyMs: 300 },
    );
    return performance.now() - began;
  }

  return {
    async apply(numbers, spec = {}) {
      await apply(...numbers.map((number) => manifest(number, spec)));
    },
    settled,
  };
}

function isSettled(registry: KubeObject | undefined): boolean {
  const conditions = (at(registry, 'status.conditions') ?? []) as Condition[];
  const holds = (type: string): boolean =>
    conditions.some(
      (one) =>
        one.type === type &&
        one.status === 'False' &&
        (one.observedGeneration ?? -1) >= (registry?.metadata.generation ?? 0),
    );
  return holds('Reconciling') && holds('Stalled');
}

/** Deletes all of them, and waits until the namespace is gone, so that whoever comes next has the cluster for himself. */
export async function deleteMany(namespace: string): Promise<void> {
  await kubectl(['delete', 'namespace', namespace, '--ignore-not-found', '--wait=false']);
  await eventually(
    'the namespace is gone',
    async () => (await kubectl(['get', 'namespace', namespace, '--ignore-not-found'])) === '',
    { timeoutMs: 600_000, everyMs: 2000 },
  );
}
