import type { RegistryConditionType } from '../api/registry-status.ts';
import type { ConditionUpdate } from '../kube/conditions.ts';
import type { ExposedVerdict } from './exposed-verdict.ts';
import type { Problem } from './problem.ts';
import type { Lagging } from './synchronization.ts';

/** What was found out about the pods. */
export interface WorkloadFacts {
  readonly wanted: number;
  readonly ready: number;
  /** Every pod is of the newest template, and the StatefulSet's controller has seen it. */
  readonly rolledOut: boolean;
  /** Why a pod does not come up, if that is known. */
  readonly trouble: string | undefined;
}

/** All that the conditions of a Registry are decided from. */
export interface Findings {
  readonly generation: number;
  readonly url: string;
  readonly problems: readonly Problem[];
  readonly tls: 'enabled' | 'disabled';
  /** End of the serving certificate, when it is good. */
  readonly certificateEnd: Date | undefined;
  /** Undefined until there is a StatefulSet. */
  readonly workload: WorkloadFacts | undefined;
  readonly lagging: readonly Lagging[];
  readonly readOnly: boolean;
  readonly collecting: boolean;
  readonly schedule: ScheduleVerdict | undefined;
  /** Undefined when a step that leads to the Registry has a problem. */
  readonly exposure: ExposedVerdict | undefined;
}

/** How far the schedule of garbage collections is. */
interface ScheduleVerdict {
  readonly active: boolean;
  readonly reason: string;
  readonly message: string;
}

type Verdict = Omit<ConditionUpdate, 'type' | 'observedGeneration'>;

/** The one place that decides the conditions of a Registry. */
export function summarize(findings: Findings): ConditionUpdate[] {
  const stalled = findings.problems.find((problem) => problem.stalled);
  const pending = pendingOf(findings);
  // What is wrong with the schedule keeps nobody from using the registry.
  const obstacle = findings.problems.find((problem) => problem.stalled && problem.about !== 'schedule');
  const verdicts: Record<RegistryConditionType, Verdict> = {
    Ready: ready(findings, obstacle, pending),
    Reconciling:
      pending && !stalled ? yes(pending.reason, pending.message) : no(stalled ? 'Stalled' : 'Settled'),
    Stalled: stalled ? yes(stalled.reason, stalled.message) : no('NotStalled'),
    CertificateReady: certificateReady(findings),
    ReadOnly: readOnly(findings),
    Exposed: exposed(findings),
    GarbageCollectionScheduled: scheduled(findings),
  };
  return Object.entries(verdicts).map(([type, verdict]) => ({
    type,
    ...verdict,
    observedGeneration: findings.generation,
  }));
}

/** The conditions of a Registry that is seen for the first time. */
export function firstSight(generation: number): ConditionUpdate[] {
  const verdict = {
    reason: 'Creating',
    message: 'creating what the registry needs',
    observedGeneration: generation,
  };
  return [
    { type: 'Ready', status: 'False', ...verdict },
    { type: 'Reconciling', status: 'True', ...verdict },
  ];
}

/** The conditions of a Registry whose spec this operator cannot read. */
export function unreadable(generation: number, message: string): ConditionUpdate[] {
  const verdict = { reason: 'InvalidSpec', message, observedGeneration: generation };
  return [
    { type: 'Ready', status: 'False', ...verdict },
    { type: 'Reconciling', status: 'False', ...verdict },
    { type: 'Stalled', status: 'True', ...verdict },
  ];
}

interface Pending {
  readonly reason: string;
  readonly message: string;
}

/** What time will bring, most telling first. */
function pendingOf({ problems, workload, lagging }: Findings): Pending | undefined {
  const passing = problems.find((problem) => !problem.stalled);
  if (passing) return passing;
  if (workload === undefined) return { reason: 'Creating', message: 'creating what the registry needs' };
  const count = `${workload.ready} of ${workload.wanted} replicas are ready`;
  if (workload.trouble !== undefined)
    return { reason: 'PodTrouble', message: `${count}; ${workload.trouble}` };
  if (!workload.rolledOut)
    return { reason: 'RollingOut', message: `${count}; the new pods are on their way` };
  if (workload.ready < workload.wanted) return { reason: 'Starting', message: count };
  const [late] = lagging;
  if (late === undefined) return undefined;
  return {
    reason: 'Synchronizing',
    message: `pod ${late.pod} has yet to take up what changed: ${late.lacks}`,
  };
}

function ready(
  { workload, url }: Findings,
  stalled: Problem | undefined,
  pending: Pending | undefined,
): Verdict {
  const obstacle = stalled ?? pending;
  if (obstacle) return { status: 'False', reason: obstacle.reason, message: obstacle.message };
  const count = workload?.wanted ?? 0;
  if (count === 0)
    return { status: 'False', reason: 'NoReplicas', message: 'spec.replicas is 0; nothing serves' };
  return yes('Serving', `${count} of ${count} replicas serve ${url}`);
}

function certificateReady({ tls, certificateEnd, problems }: Findings): Verdict {
  if (tls === 'disabled')
    return {
      status: 'False',
      reason: 'TLSDisabled',
      message: 'spec.tls.disabled is set; the registry serves plain HTTP',
    };
  const problem = problems.find(({ about }) => about === 'certificate');
  if (problem) return { status: 'False', reason: problem.reason, message: problem.message };
  if (certificateEnd === undefined)
    return { status: 'False', reason: 'Pending', message: 'there is no certificate yet' };
  return yes('Valid', `the certificate is valid until ${certificateEnd.toISOString().slice(0, 10)}`);
}

function readOnly(findings: Findings): Verdict {
  const [late] = findings.lagging;
  if (late !== undefined)
    return { status: 'Unknown', reason: 'Synchronizing', message: `pod ${late.pod}: ${late.lacks}` };
  if (findings.readOnly) return yes('SpecReadOnly', 'spec.readOnly is set; pushes are refused');
  if (findings.collecting) return yes('GarbageCollection', 'pushes pause while a garbage collection sweeps');
  return no('Writable');
}

function exposed({ problems, exposure }: Findings): Verdict {
  const problem = problems.find(({ about }) => about === 'exposure');
  if (problem) return { status: 'False', reason: problem.reason, message: problem.message };
  if (exposure === undefined)
    return {
      status: 'Unknown',
      reason: 'Unknown',
      message: 'what leads to the registry could not be applied',
    };
  const { reason, message } = exposure;
  return { status: exposure.exposed ? 'True' : 'False', reason, message };
}

function scheduled({ problems, schedule }: Findings): Verdict {
  const problem = problems.find(({ about }) => about === 'schedule');
  if (problem) return { status: 'False', reason: problem.reason, message: problem.message };
  if (schedule === undefined) return no('NotScheduled');
  const { active, reason, message } = schedule;
  return { status: active ? 'True' : 'False', reason, message };
}

function yes(reason: string, message: string): Verdict {
  return { status: 'True', reason, message };
}

function no(reason: string): Verdict {
  return { status: 'False', reason, message: '' };
}
