import type { RegistryConditionType } from '../api/registry-status.ts';
import type { AuthorityFacts } from './certificates/serving-certificate.ts';
import type { ConditionUpdate } from '../kube/conditions.ts';
import { beginning, conditionsOf, type Verdict } from '../kube/kstatus.ts';
import type { ExposedVerdict } from './exposed-verdict.ts';
import type { Problem } from './problem.ts';
import type { VolumeFacts } from './steps/volume.ts';
import type { StorageFacts } from './storage-survey.ts';
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
  readonly authority: Pick<AuthorityFacts, 'phase' | 'phaseEnds'> | undefined;
  /** Undefined until there is a StatefulSet. */
  readonly workload: WorkloadFacts | undefined;
  readonly lagging: readonly Lagging[];
  readonly readOnly: boolean;
  readonly collecting: boolean;
  readonly schedule: ScheduleVerdict | undefined;
  /** Undefined when a step that leads to the Registry has a problem. */
  readonly exposure: ExposedVerdict | undefined;
  /** What is given to other namespaces; undefined when the spec gives nothing away. */
  readonly sharing: SharingFacts | undefined;
  /** Undefined when the claim has a problem. */
  readonly volume: VolumeFacts | undefined;
  readonly storage: StorageFacts;
}

interface SharingFacts {
  readonly objects: number;
  readonly namespaces: number;
}

/** How far the schedule of garbage collections is. */
interface ScheduleVerdict {
  readonly active: boolean;
  readonly reason: string;
  readonly message: string;
}

/** The one place that decides the conditions of a Registry. */
export function summarize(findings: Findings): ConditionUpdate[] {
  const stalled = findings.problems.find((problem) => problem.stalled);
  const pending = pendingOf(findings);
  // A volume that grows serves all the while.
  const progress = pending ?? findings.volume?.growth;
  const obstacle = findings.problems.find((problem) => problem.stalled && !isAside(problem));
  const verdicts: Record<RegistryConditionType, Verdict> = {
    Ready: ready(findings, obstacle, pending),
    Reconciling:
      progress && !stalled ? yes(progress.reason, progress.message) : no(stalled ? 'Stalled' : 'Settled'),
    Stalled: stalled ? yes(stalled.reason, stalled.message) : no('NotStalled'),
    CertificateReady: certificateReady(findings),
    ReadOnly: readOnly(findings),
    StorageReady: storageReady(findings),
    Exposed: exposed(findings),
    GarbageCollectionScheduled: scheduled(findings),
    Shared: shared(findings),
    Suspended: no('NotSuspended'),
  };
  return conditionsOf(verdicts, findings.generation);
}

/** The conditions of a Registry that is seen for the first time. */
export function firstSight(generation: number): ConditionUpdate[] {
  return beginning({ reason: 'Creating', message: 'creating what the registry needs' }, generation);
}

/** What is wrong with the schedule, or with what others get, or what says so itself, keeps nobody from using the registry. */
function isAside({ about, serves }: Problem): boolean {
  return about === 'schedule' || about === 'sharing' || serves === true;
}

/** What is known of a Registry with spec.suspend. */
export interface SuspendedFindings {
  readonly generation: number;
  readonly url: string | undefined;
  readonly workload: WorkloadFacts | undefined;
  readonly isScheduled: boolean;
}

/** The conditions of a Registry with spec.suspend; those that are not named stay as they are. */
export function suspended({ generation, isScheduled, ...found }: SuspendedFindings): ConditionUpdate[] {
  const message = 'spec.suspend is set; nothing is changed until it is taken back';
  const verdicts: Partial<Record<RegistryConditionType, Verdict>> = {
    Ready: suspendedReady(found, message),
    Reconciling: no('Suspended'),
    Stalled: no('Suspended'),
    Suspended: yes('Suspended', message),
    ...(isScheduled
      ? {
          GarbageCollectionScheduled: {
            status: 'False',
            reason: 'Suspended',
            message: 'spec.suspend is set; no runs start',
          },
        }
      : {}),
  };
  return conditionsOf(verdicts, generation);
}

function suspendedReady(
  { workload, url }: Pick<SuspendedFindings, 'workload' | 'url'>,
  message: string,
): Verdict {
  const { wanted = 0, ready = 0, trouble } = workload ?? {};
  const pods = [`${ready} of ${wanted} replicas serve`, ...(ready > 0 && url ? [url] : [])].join(' ');
  const told = [pods, ...(trouble === undefined ? [] : [trouble]), message].join('; ');
  return { status: wanted > 0 && ready === wanted ? 'True' : 'False', reason: 'Suspended', message: told };
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

function certificateReady({ tls, certificateEnd, authority, problems }: Findings): Verdict {
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
  const end = certificateEnd.toISOString().slice(0, 10);
  return yes('Valid', `the certificate is valid until ${end}${rollover(authority)}`);
}

function rollover(authority: Findings['authority']): string {
  if (authority === undefined || authority.phase === 'Stable') return '';
  const { phase, phaseEnds } = authority;
  const until =
    phaseEnds === undefined ? 'shortly' : `until ${new Date(phaseEnds).toISOString().slice(0, 19)}Z`;
  if (phase === 'Retiring') return `; the CA before is still published, ${until}`;
  return `; clients are given a new CA, ${until}, and then a certificate from it is served`;
}

function readOnly(findings: Findings): Verdict {
  const [late] = findings.lagging;
  if (late !== undefined)
    return { status: 'Unknown', reason: 'Synchronizing', message: `pod ${late.pod}: ${late.lacks}` };
  if (findings.readOnly) return yes('SpecReadOnly', 'spec.readOnly is set; pushes are refused');
  if (findings.collecting) return yes('GarbageCollection', 'pushes pause while a garbage collection sweeps');
  return no('Writable');
}

function storageReady({ problems, volume, storage }: Findings): Verdict {
  const problem = problems.find(({ about }) => about === 'storage');
  if (problem) return { status: 'False', reason: problem.reason, message: problem.message };
  if (storage.fullness === 'full') return { status: 'False', reason: 'Full', message: full };
  if (volume?.growth) return yes(volume.growth.reason, volume.growth.message);
  if (storage.fullness === 'nearlyFull') return yes('NearlyFull', nearlyFull);
  if (volume?.capacity === undefined)
    return { status: 'Unknown', reason: 'Pending', message: 'the claim is not bound to a volume yet' };
  return yes('Usable', '');
}

const remedies =
  'raise spec.storage.filesystem.volume.size, or free space by a GarbageCollection (of the last one, undoFor may still keep it)';
const full = `the storage is full: pushes are answered 507, pulls go on; ${remedies}`;
const nearlyFull = `less than a tenth of the storage is free; ${remedies}`;

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

function shared({ problems, sharing }: Findings): Verdict {
  const problem = problems.find(({ about }) => about === 'sharing');
  if (problem) return { status: 'False', reason: problem.reason, message: problem.message };
  if (sharing === undefined) return no('NothingToShare');
  const { objects, namespaces } = sharing;
  return yes('Shared', `objects in place: ${objects}, in namespaces: ${namespaces}`);
}

function yes(reason: string, message: string): Verdict {
  return { status: 'True', reason, message };
}

function no(reason: string): Verdict {
  return { status: 'False', reason, message: '' };
}
