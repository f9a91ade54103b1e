import type { NodeTrustConditionType, TrustedRegistryStatus } from '../api/node-trust-status.ts';
import type { ConditionUpdate } from '../kube/conditions.ts';
import type { Problem } from '../registry/problem.ts';
import { isDone, type NodeFacts } from './node-facts.ts';

/** All that the conditions of a NodeTrust are decided from. */
export interface Findings {
  readonly generation: number;
  readonly deleting: boolean;
  readonly registries: readonly TrustedRegistryStatus[];
  /** What keeps from being done what the spec says, most telling first. */
  readonly problems: readonly Problem[];
  /** Undefined until there is a DaemonSet. */
  readonly nodes: NodeFacts | undefined;
}

type Verdict = Omit<ConditionUpdate, 'type' | 'observedGeneration'>;

/** The one place that decides the conditions of a NodeTrust. */
export function summarize(findings: Findings): ConditionUpdate[] {
  const obstacle = findings.problems.find((problem) => problem.stalled) ?? nodeProblem(findings);
  const pending = pendingOf(findings);
  const first = obstacle ?? pending;
  const verdicts: Record<NodeTrustConditionType, Verdict> = {
    Ready: first ? { status: 'False', ...plain(first) } : ready(findings),
    Reconciling:
      pending && !obstacle ? { status: 'True', ...plain(pending) } : no(obstacle ? 'Stalled' : 'Settled'),
    Stalled: obstacle ? { status: 'True', ...plain(obstacle) } : no('NotStalled'),
  };
  return Object.entries(verdicts).map(([type, verdict]) => ({
    type,
    ...verdict,
    observedGeneration: findings.generation,
  }));
}

/** The conditions of a NodeTrust that is seen for the first time. */
export function firstSight(generation: number): ConditionUpdate[] {
  const verdict = {
    reason: 'Starting',
    message: 'telling the nodes what to trust',
    observedGeneration: generation,
  };
  return [
    { type: 'Ready', status: 'False', ...verdict },
    { type: 'Reconciling', status: 'True', ...verdict },
  ];
}

function nodeProblem({ nodes }: Findings): Problem | undefined {
  if (nodes?.stuck === undefined) return undefined;
  const { node, message } = nodes.stuck;
  return { reason: 'NodeTrouble', message: `${count(nodes)}; node ${node}: ${message}`, stalled: true };
}

/** What time will bring. */
function pendingOf({ problems, nodes, deleting }: Findings): Problem | undefined {
  const passing = problems.find((problem) => !problem.stalled);
  if (passing) return passing;
  if (nodes === undefined)
    return { reason: 'Starting', message: 'telling the nodes what to trust', stalled: false };
  if (isDone(nodes)) return undefined;
  const [late] = nodes.pending;
  const who = late === undefined ? '' : `; node ${late.node}: ${late.message}`;
  const advice = deleting ? '; bring missing nodes back, or delete their Node objects' : '';
  return {
    reason: deleting ? 'Undoing' : 'RollingOut',
    message: `${count(nodes)}${who}${advice}`,
    stalled: false,
  };
}

function ready({ registries, nodes }: Findings): Verdict {
  const nodesText = `${nodes?.done ?? 0} of ${nodes?.wanted ?? 0} nodes`;
  return {
    status: 'True',
    reason: 'Trusted',
    message: `${nodesText} trust ${registries.length} of ${registries.length} Registries`,
  };
}

function count({ done, wanted }: NodeFacts): string {
  return `${done} of ${wanted} nodes are as declared`;
}

function plain({ reason, message }: Problem): { reason: string; message: string } {
  return { reason, message };
}

function no(reason: string): Verdict {
  return { status: 'False', reason, message: '' };
}
