import { permissionsIn } from '../../support/audit.ts';
import { eventually } from '../../support/eventually.ts';
import { grantedRules } from '../../support/granted-rules.ts';
import {
  at,
  type Condition,
  condition,
  get,
  kubectl,
  type KubeObject,
  tryKubectl,
} from '../../support/kubernetes.ts';
import { type Copy, registryManifest, registryName, withoutCopy } from './copies.ts';
import { differences, type Likeness, likenessOf } from './likeness.ts';
import type { Spec } from './spec-values.ts';

/** Milliseconds in which a Registry settles; a pod's start is within. */
const settleMs = 120_000;
/** Milliseconds for which it may call for a person all the same. */
const stalledMs = 10_000;

export interface LifeClusterOptions {
  readonly image: string;
  /** `RESOURCE.GROUP` of what the operator writes in the namespaces of Registries. */
  readonly kinds: readonly string[];
}

/** All that the operator may create or change, as its rights say, and the API server serves. */
export async function writtenKinds(): Promise<string[]> {
  const served = new Set((await kubectl(['api-resources', '--namespaced', '-o', 'name'])).trim().split('\n'));
  const left = /^(events\.|leases\.|registries\.|daemonsets\.)|\/status/;
  const names = permissionsIn(await grantedRules())
    .filter((permission) => / (create|patch)$/.test(permission))
    .map((permission) => {
      const [group = '', resource = ''] = permission.split(' ')[0]?.split(/\/(.*)/) ?? [];
      return group === '' ? resource : `${resource}.${group}`;
    });
  return [...new Set(names)].filter((name) => served.has(name) && !left.test(name)).sort();
}

export interface LifeCluster {
  /** `kubectl apply`; the exit status and what it said. */
  apply(
    copy: Copy,
    spec: Spec,
    annotations?: Record<string, string>,
  ): Promise<{ status: number; stderr: string }>;
  registry(copy: Copy): Promise<KubeObject>;
  /** Waits until nothing is under way any more for the present generation; throws when a person has to do something. */
  settled(copy: Copy): Promise<KubeObject>;
  /** Waits until the Registry is `Stalled` and says something like this. */
  stalled(copy: Copy, tells: RegExp): Promise<void>;
  likeness(copy: Copy): Promise<Likeness>;
  /** Waits until two copies are alike; `nudge` is called now and then. */
  alike(
    one: Copy,
    other: Copy | Likeness,
    nudge?: (seen: readonly string[]) => Promise<void>,
  ): Promise<Likeness>;
  /** Waits until nothing that carries the operator's label is in the namespaces of a copy; throws the names of what stays. */
  vacant(copy: Copy): Promise<void>;
}

export function createLifeCluster({ image, kinds }: LifeClusterOptions): LifeCluster {
  async function apply(
    copy: Copy,
    spec: Spec,
    annotations: Record<string, string> = {},
  ): Promise<{ status: number; stderr: string }> {
    const manifest = registryManifest(copy, { spec, image, annotations });
    return tryKubectl(['apply', '-f', '-'], JSON.stringify(manifest));
  }

  const registry = (copy: Copy): Promise<KubeObject> => get('registry', copy.namespace, registryName);

  async function settled(copy: Copy): Promise<KubeObject> {
    let since: number | undefined;
    const found = await eventually(
      `${copy.namespace} settles`,
      async () => {
        const found = await registry(copy);
        since = holding(found, 'Stalled')?.status === 'True' ? (since ?? Date.now()) : undefined;
        if (since !== undefined && Date.now() - since > stalledMs) return found;
        const holds = (type: string, status: string): boolean => holding(found, type)?.status === status;
        const isSuspended = holds('Suspended', 'True');
        if (isSuspended || (holds('Reconciling', 'False') && holds('Stalled', 'False'))) return found;
        throw new Error(JSON.stringify(at(found, 'status.conditions')));
      },
      { timeoutMs: settleMs, everyMs: 150 },
    );
    if (since !== undefined) throw new Error(`it is stalled: ${holding(found, 'Stalled')?.message}`);
    return found;
  }

  async function stalled(copy: Copy, tells: RegExp): Promise<void> {
    await eventually(
      `${copy.namespace} says ${tells.source}`,
      async () => {
        const found = await registry(copy);
        const one = holding(found, 'Stalled');
        if (one?.status === 'True' && tells.test(one.message)) return true;
        throw new Error(JSON.stringify(at(found, 'status.conditions')));
      },
      { timeoutMs: 30_000, everyMs: 150 },
    );
  }

  async function objects(copy: Copy): Promise<KubeObject[]> {
    const lists = await Promise.all(
      copy.namespaces.map(async (namespace) => {
        const text = await kubectl(['get', kinds.join(), '-n', namespace, '-o', 'json']);
        return (JSON.parse(text) as { items: KubeObject[] }).items;
      }),
    );
    return lists.flat();
  }

  async function likeness(copy: Copy): Promise<Likeness> {
    const [found, all] = await Promise.all([registry(copy), objects(copy)]);
    const kept = all.filter((object) => !isFormerAuthority(object, found));
    const made = await likenessOf(kept, copy, at(found, 'spec.service.nodePort'));
    return new Map([...made, ['conditions', conditionsOf(found)]]);
  }

  async function alike(
    one: Copy,
    other: Copy | Likeness,
    nudge?: (seen: readonly string[]) => Promise<void>,
  ): Promise<Likeness> {
    let last: readonly string[] = [];
    const attempt = async (): Promise<Likeness | undefined> => {
      const [left, right] = await Promise.all([
        likeness(one),
        'namespace' in other ? likeness(other) : Promise.resolve(other),
      ]);
      last = differences(left, right);
      if (last.length === 0) return left;
      await nudge?.(last);
      return undefined;
    };
    try {
      return await eventually('they are alike', attempt, { timeoutMs: 30_000, everyMs: 500 });
    } catch (error) {
      throw last.length === 0 ? error : new Error(last.slice(0, 12).join('\n    '), { cause: error });
    }
  }

  async function vacant(copy: Copy): Promise<void> {
    await eventually(
      'everything is gone with the Registry',
      async () => {
        const left = await managed(copy);
        if (left.length === 0) return true;
        throw new Error(left.join());
      },
      { everyMs: 500 },
    );
  }

  async function managed(copy: Copy): Promise<string[]> {
    const label = 'app.kubernetes.io/managed-by=wharfinger';
    const lists = await Promise.all(
      copy.namespaces.map((namespace) =>
        kubectl(['get', kinds.join(), '-n', namespace, '-l', label, '-o', 'name']),
      ),
    );
    return lists.flatMap((text) => text.split('\n').filter((line) => line !== ''));
  }

  return { apply, registry, settled, stalled, likeness, alike, vacant };
}

/** A condition of the present generation. */
function holding(found: KubeObject, type: string): Condition | undefined {
  const one = condition(found, type);
  return (one?.observedGeneration ?? -1) >= (found.metadata.generation ?? 0) ? one : undefined;
}

/** The CA of a Registry stays when its certificate comes from elsewhere, because clients trust it. */
function isFormerAuthority({ kind, metadata }: KubeObject, registry: KubeObject): boolean {
  const tls = (at(registry, 'spec.tls') ?? { selfSigned: {} }) as Record<string, unknown>;
  return kind === 'Secret' && metadata.name === `${registryName}-ca` && tls['selfSigned'] === undefined;
}

/** Without pods nobody binds a claim, so whether it is bound tells when it was made. */
function conditionsOf(found: KubeObject): unknown {
  const all = (at(found, 'status.conditions') ?? []) as Condition[];
  const compared = all.filter(({ type }) => type !== 'StorageReady');
  return Object.fromEntries(
    compared.map(({ type, status, reason, message }) => [
      type,
      [status, reason, type === 'Stalled' ? withoutCopy(message) : ''].join(' ').trim(),
    ]),
  );
}
