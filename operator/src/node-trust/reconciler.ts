import { NodeTrust } from '../api/node-trust.ts';
import type { NodeTrustStatus, TrustedRegistryStatus } from '../api/node-trust-status.ts';
import { configMaps, type DaemonSet, daemonSets } from '../kube/builtin-kinds.ts';
import type { Client } from '../kube/client.ts';
import { setConditions } from '../kube/conditions.ts';
import { isNotFound } from '../kube/errors.ts';
import type { EventRecorder } from '../kube/events.ts';
import type { KubeObject, ObjectRef } from '../kube/resource.ts';
import type { WorkResult } from '../kube/work-queue.ts';
import type { TrustDocument, TrustedHost } from '../node-agent/document.ts';
import { createApplier } from '../registry/applier.ts';
import { type Problem, ProblemError, stalled, waiting } from '../registry/problem.ts';
import { problemOf } from '../registry/refusal.ts';
import { unreadable } from '../registry/summary.ts';
import {
  nodeTrustConfigMap,
  nodeTrustDaemonSet,
  type NodeTrustInput,
  nodeTrustLabels,
} from '../resources/node-trust.ts';
import type { ServedNodeTrust } from './kind.ts';
import { hasFinalizer, hold, release } from './lifecycle.ts';
import { isDone, nodeFacts, type NodeFacts } from './node-facts.ts';
import { registryFacts } from './registry-facts.ts';
import { createStatusWriter } from './status-writer.ts';
import type { NodeTrustStores } from './stores.ts';
import { firstSight, summarize } from './summary.ts';
import { trustedHost, type Verdict } from './trusted-host.ts';

export interface NodeTrustReconcilerOptions {
  readonly client: Client;
  readonly stores: NodeTrustStores;
  readonly events: EventRecorder;
  /** Where the pods for the nodes run. */
  readonly namespace: string;
  /** The operator's own image. */
  readonly image: string;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

export type NodeTrustReconciler = (ref: ObjectRef) => Promise<WorkResult>;

const waitMs = 2000;
const stalledMs = 60_000;

/** One entry of `spec.registries` and what was decided about it. */
interface Decision {
  readonly entry: NodeTrust['spec']['registries'][number];
  readonly verdict: Verdict;
}

/** Keeps a DaemonSet that brings the nodes to what a NodeTrust says, and lets the NodeTrust go when they are free of it. */
export function createNodeTrustReconciler(options: NodeTrustReconcilerOptions): NodeTrustReconciler {
  const { client, stores, events, namespace, image, now } = options;
  const applier = createApplier(client);
  const writer = createStatusWriter({ client, events, now });

  async function reconcile(ref: ObjectRef): Promise<WorkResult> {
    const served = stores.nodeTrusts.get(ref);
    if (served === undefined) return {};
    const deleting = served.metadata.deletionTimestamp !== undefined;
    if (deleting && !hasFinalizer(served)) {
      writer.forget(served.metadata.uid);
      return {};
    }
    const before = writer.current(served);
    const { generation } = served.metadata;
    if (before.conditions === undefined) {
      const conditions = setConditions([], firstSight(generation), new Date(now()));
      await writer.write(served, { observedGeneration: generation, conditions });
      // The cache shows the status, and asks for the next look.
      return {};
    }
    const parsed = NodeTrust.safeParse(served);
    if (!parsed.success) {
      const message = parsed.error.issues.map((one) => `${one.path.join('.')}: ${one.message}`).join('; ');
      const conditions = setConditions(before.conditions, unreadable(generation, message), new Date(now()));
      await writer.write(served, { ...before, observedGeneration: generation, conditions });
      return {};
    }
    if (deleting) return undo(served, parsed.data);
    if (!hasFinalizer(served)) {
      await hold(client, served);
      return {};
    }
    return keep(served, parsed.data);
  }

  async function keep(served: ServedNodeTrust, nodeTrust: NodeTrust): Promise<WorkResult> {
    const decisions = decide(nodeTrust);
    const hosts = decisions.flatMap(({ verdict }) => (verdict.host === undefined ? [] : [verdict.host]));
    const outcome = await roll(nodeTrust, hosts);
    const problems = [...outcome.problems, ...decisions.flatMap(problemIn)];
    return tell(served, { decisions, problems, nodes: outcome.nodes, deleting: false });
  }

  async function undo(served: ServedNodeTrust, nodeTrust: NodeTrust): Promise<WorkResult> {
    const { name } = nodeTrust.metadata;
    const live = await applier.find(daemonSets, stores.daemonSets, { namespace, name });
    const nothing = live === undefined || !isOwn(live, nodeTrust);
    const outcome = nothing ? undefined : await roll(nodeTrust, []);
    const isUndone = outcome?.nodes !== undefined && outcome.problems.length === 0 && isDone(outcome.nodes);
    if (nothing || isUndone) {
      // The DaemonSet and the ConfigMap go with their owner.
      await release(client, served);
      return {};
    }
    const { problems = [], nodes } = outcome ?? {};
    return tell(served, { decisions: [], problems, nodes, deleting: true });
  }

  /** Each host once: of two Registries with one host and port the first is trusted. */
  function decide({ spec }: NodeTrust): Decision[] {
    const taken = new Map<string, string>();
    return spec.registries.map((entry) => {
      const verdict = trustedHost(entry, registryFacts(stores, entry), spec);
      const key = hostText(verdict.host);
      const other = taken.get(key);
      if (verdict.host === undefined || other === undefined) {
        if (verdict.host !== undefined) taken.set(key, `${entry.namespace}/${entry.name}`);
        return { entry, verdict };
      }
      const message = `Registry ${other} has the same host and port; take one of them out`;
      return { entry, verdict: { host: undefined, reason: 'HostTaken', message, waits: false } };
    });
  }

  async function roll(
    nodeTrust: NodeTrust,
    hosts: readonly TrustedHost[],
  ): Promise<{ problems: Problem[]; nodes: NodeFacts | undefined }> {
    const input = { nodeTrust, namespace, image, text: documentText(nodeTrust, hosts) };
    try {
      const daemonSet = await apply(input);
      const pods = stores.pods.withLabels(namespace, nodeTrustLabels(nodeTrust.metadata.name));
      return { problems: [], nodes: nodeFacts(daemonSet, pods) };
    } catch (error) {
      const problem = isNotFound(error) ? namespaceMissing() : problemOf(error);
      if (problem === undefined) throw error;
      return { problems: [problem], nodes: undefined };
    }
  }

  /** The ConfigMap first: a pod that starts must find the text that it was made for. */
  async function apply(input: NodeTrustInput): Promise<DaemonSet> {
    const check = (live: KubeObject): void => requireOwn(live, input.nodeTrust);
    await applier.apply(configMaps, stores.configMaps, nodeTrustConfigMap(input), check);
    const applied = await applier.apply(daemonSets, stores.daemonSets, nodeTrustDaemonSet(input), check);
    const cached = stores.daemonSets.get(applied.metadata);
    return cached && (cached.metadata.generation ?? 0) >= (applied.metadata.generation ?? 0)
      ? cached
      : applied;
  }

  function namespaceMissing(): Problem {
    const message = `there is no namespace ${namespace} for the pods of the nodes; create it, or install the chart again`;
    return stalled('NamespaceMissing', message);
  }

  async function tell(
    served: ServedNodeTrust,
    found: {
      decisions: readonly Decision[];
      problems: readonly Problem[];
      nodes: NodeFacts | undefined;
      deleting: boolean;
    },
  ): Promise<WorkResult> {
    const { decisions, problems, nodes, deleting } = found;
    const { generation } = served.metadata;
    const registries = decisions.map(registryStatus);
    const updates = summarize({ generation, deleting, registries, problems, nodes });
    const conditions = setConditions(writer.current(served).conditions ?? [], updates, new Date(now()));
    const status: NodeTrustStatus = {
      observedGeneration: generation,
      conditions,
      registries,
      trusted: `${registries.filter(({ trusted }) => trusted).length}/${registries.length}`,
      nodes: nodes && { wanted: nodes.wanted, done: nodes.done },
      converged: nodes && `${nodes.done}/${nodes.wanted}`,
      pending: nodes && nodes.pending.length > 0 ? [...nodes.pending] : undefined,
    };
    const rest = await writer.write(served, status);
    if (rest !== undefined) return { requeueAfterMs: rest };
    if (problems.some((problem) => !problem.stalled)) return { requeueAfterMs: waitMs };
    return problems.length > 0 ? { requeueAfterMs: stalledMs } : {};
  }

  return reconcile;
}

/** Text of trust.json. */
function documentText({ metadata, spec }: NodeTrust, hosts: readonly TrustedHost[]): string {
  const { containerd, docker, podman, systemStore, hostsFile } = spec;
  const document: TrustDocument = {
    nodeTrust: metadata.name,
    hosts: [...hosts],
    containerd,
    docker,
    podman,
    systemStore: systemStore && { family: systemStore.family },
    hostsFile,
  };
  return `${JSON.stringify(document)}\n`;
}

function problemIn({ entry, verdict }: Decision): Problem[] {
  if (verdict.message === '') return [];
  const message = `Registry ${entry.namespace}/${entry.name}: ${verdict.message}`;
  return [verdict.waits ? waiting(verdict.reason, message) : stalled(verdict.reason, message)];
}

function registryStatus({ entry, verdict }: Decision): TrustedRegistryStatus {
  const { host, reason, message } = verdict;
  const { namespace, name } = entry;
  const isTrusted = host !== undefined;
  return {
    namespace,
    name,
    trusted: isTrusted,
    host: isTrusted ? hostText(host) : undefined,
    certificates: isTrusted ? host.certificates.length : undefined,
    reason,
    message: message === '' ? undefined : message,
  };
}

function hostText(host: TrustedHost | undefined): string {
  if (host === undefined) return '';
  return `${host.hostname.includes(':') ? `[${host.hostname}]` : host.hostname}:${host.port}`;
}

function isOwn(object: KubeObject, { metadata }: NodeTrust): boolean {
  return (object.metadata.ownerReferences ?? []).some(({ uid }) => uid === metadata.uid);
}

/** Throws a `ProblemError` unless the object is this NodeTrust's. */
function requireOwn(object: KubeObject, nodeTrust: NodeTrust): void {
  if (isOwn(object, nodeTrust)) return;
  const { name, namespace } = object.metadata;
  const message = `${object.kind ?? 'an object'} ${namespace}/${name} exists and is not this NodeTrust's; delete it, or rename the NodeTrust`;
  throw new ProblemError(stalled('NameTaken', message));
}
