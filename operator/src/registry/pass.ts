import type { Registry } from '../api/registry.ts';
import type { EventFacts } from '../kube/events.ts';
import type { StatefulSet } from '../kube/builtin-kinds.ts';
import { ownedLabels } from '../resources/labels.ts';
import { registryUrl } from '../resources/services.ts';
import type { Expectation } from './expectation.ts';
import { type ExposedVerdict, exposedVerdict } from './exposed-verdict.ts';
import { isRunning } from './pod-condition.ts';
import { adoption } from './steps/adoption.ts';
import { claimName, urlWithout } from './steps/name-claim.ts';
import { configuration, type Configuration } from './steps/configuration.ts';
import { htpasswd, type UsersFile } from './steps/htpasswd.ts';
import { internalCertificate } from './steps/internal-certificate.ts';
import { maintenance, type Maintenance } from './steps/maintenance.ts';
import { network, type Exposure } from './steps/network.ts';
import { promote } from './steps/password-rotation.ts';
import { removal } from './steps/removal.ts';
import { routes, type Routes } from './steps/routes.ts';
import { schedule, type Schedule } from './steps/schedule.ts';
import type { ServingCertificate } from './certificates/serving-certificate.ts';
import { servingCertificate } from './steps/serving-certificate.ts';
import { sharing, type Sharing } from './steps/sharing.ts';
import { volume, type VolumeFacts } from './steps/volume.ts';
import { formerWorkload, keepScale, servesFormerly, workload } from './steps/workload.ts';
import type { Problem } from './problem.ts';
import { problemOf } from './refusal.ts';
import type { StepContext } from './step.ts';
import { storageProblems } from './storage-problems.ts';
import { type StorageSurvey, unknownStorage } from './storage-survey.ts';
import type { Findings } from './summary.ts';
import type { Synchronization } from './synchronization.ts';
import { workloadFacts } from './workload-facts.ts';

/** What a pass over all steps made and found. */
export interface Pass {
  readonly findings: Findings;
  /** Of load balancers. */
  readonly addresses: readonly string[];
  readonly certificate: ServingCertificate | undefined;
  readonly statefulSet: StatefulSet | undefined;
  /** Undefined without a schedule, and when it has a problem. */
  readonly schedule: Schedule | undefined;
  /** When a password is over that is valid beside another, in milliseconds since 1970. */
  readonly passwordEnd: number | undefined;
  /** News that no condition tells. */
  readonly events: readonly EventFacts[];
}

/** What a step gave; `value` is undefined when `ok` is false, because of a problem. */
interface Outcome<T> {
  readonly ok: boolean;
  readonly value: T | undefined;
}

interface Outcomes {
  readonly certificate: Outcome<ServingCertificate | undefined>;
  readonly users: Outcome<UsersFile | undefined>;
  readonly config: Outcome<Configuration>;
  readonly held: Outcome<Maintenance>;
  readonly exposed: Outcome<Exposure>;
  readonly routed: Outcome<Routes>;
  readonly stored: Outcome<VolumeFacts>;
  readonly applied: Outcome<StatefulSet>;
  readonly scheduled: Outcome<Schedule | undefined>;
  readonly given: Outcome<Sharing | undefined>;
}

/** Brings everything of a Registry to what its spec says, in order. A step with a problem does not hinder those that can do without it. */
export async function runSteps(
  context: Omit<StepContext, 'report'>,
  { synchronization, survey }: { synchronization: Synchronization; survey: StorageSurvey },
): Promise<Pass> {
  const problems: Problem[] = [];
  const steps: StepContext = { ...context, report: (problem) => void problems.push(problem) };
  const claimed = await attempt(claimName(steps), problems);
  if (!claimed.ok) return heldPass(steps, problems);
  const outcomes = await applyAll(steps, problems);
  const { registry, stores } = steps;
  const { name, namespace } = registry.metadata;
  const pods = stores.pods.withLabels(namespace, ownedLabels(name));
  const running = pods.filter(isRunning);
  const lagging = await synchronization.synchronize(registry, running, expectationOf(registry, outcomes));
  // A password that somebody may read in a Secret must be known to all replicas.
  const promoted = lagging.length === 0 ? await promote(steps, outcomes.users.value?.pending ?? []) : [];
  const storage = await survey.look(registry, running);
  problems.push(...storageProblems(storage));
  const certificate = outcomes.certificate.value;
  const statefulSet = outcomes.applied.value ?? formerWorkload(steps);
  const findings: Findings = {
    generation: registry.metadata.generation,
    url: registryUrl(registry, outcomes.exposed.value?.nodePort),
    problems,
    tls: registry.spec.tls.disabled ? 'disabled' : 'enabled',
    certificateEnd: certificate && new Date(certificate.facts.notAfter),
    authority: certificate?.authority,
    workload: statefulSet && workloadFacts(statefulSet, pods),
    lagging,
    readOnly: registry.spec.readOnly,
    collecting: outcomes.held.value?.collecting === true,
    schedule: outcomes.scheduled.value,
    exposure: exposureOf(registry, outcomes),
    sharing: outcomes.given.value,
    volume: outcomes.stored.value,
    storage,
  };
  return {
    findings,
    addresses: addressesOf(outcomes),
    certificate,
    statefulSet,
    schedule: outcomes.scheduled.value,
    passwordEnd: outcomes.users.value?.firstEnd,
    events: [...promoted, ...(outcomes.scheduled.value?.events ?? [])],
  };
}

async function applyAll(steps: StepContext, problems: Problem[]): Promise<Outcomes> {
  await attempt(adoption(steps), problems);
  await attempt(internalCertificate(steps), problems);
  const certificate = await attempt(servingCertificate(steps), problems);
  const users = await attempt(htpasswd(steps), problems);
  // Pods that are to serve another certificate are not made, and those that serve are not replaced, before it is there.
  const former = formerWorkload(steps);
  const stays = servesFormerly(steps);
  const waits = !certificate.ok && (former === undefined || stays);
  const config = waits ? nothing : await attempt(configuration(steps), problems);
  const held = await attempt(maintenance(steps), problems);
  const stored = await attempt(volume(steps), problems);
  const exposed = await attempt(network(steps, stays), problems);
  const routed = await attempt(routes(steps, { certificate, stays }), problems);
  const applied =
    config.value !== undefined
      ? await attempt(workload(steps, config.value), problems)
      : former === undefined
        ? nothing
        : await attempt(keepScale(steps, former), problems);
  await attempt(removal(steps, { certificate, stays }), problems);
  const scheduled = await attempt(schedule(steps), problems);
  const given = await attempt(shareIfReachable(steps, exposed), problems);
  return { certificate, users, config, held, stored, exposed, routed, applied, scheduled, given };
}

function addressesOf({ exposed, routed }: Outcomes): string[] {
  return [...new Set([...(exposed.value?.addresses ?? []), ...(routed.value?.addresses ?? [])])];
}

/** Undefined when a step that leads to the Registry has a problem. */
function exposureOf(registry: Registry, outcomes: Outcomes): ExposedVerdict | undefined {
  const { exposed, routed } = outcomes;
  if (exposed.value === undefined || routed.value === undefined) return undefined;
  return exposedVerdict(registry, { addresses: addressesOf(outcomes), route: routed.value.route });
}

/** Under a name of somebody else's nothing is made and nothing is changed. */
function heldPass(steps: StepContext, problems: readonly Problem[]): Pass {
  const { registry, stores, before } = steps;
  const { name, namespace, generation } = registry.metadata;
  const statefulSet = stores.statefulSets.get({ namespace, name });
  const pods = stores.pods.withLabels(namespace, ownedLabels(name));
  const findings: Findings = {
    generation,
    url: urlWithout(steps),
    problems,
    tls: registry.spec.tls.disabled ? 'disabled' : 'enabled',
    certificateEnd: undefined,
    authority: undefined,
    workload: statefulSet && workloadFacts(statefulSet, pods),
    lagging: [],
    readOnly: registry.spec.readOnly,
    collecting: false,
    schedule: undefined,
    exposure: undefined,
    sharing: undefined,
    volume: undefined,
    storage: unknownStorage,
  };
  return {
    findings,
    addresses: before.addresses ?? [],
    certificate: undefined,
    statefulSet,
    schedule: undefined,
    passwordEnd: undefined,
    events: [],
  };
}

/** Without a Service nobody knows yet what to write into a pull secret. */
async function shareIfReachable(
  steps: StepContext,
  exposed: Outcome<Exposure>,
): Promise<Sharing | undefined> {
  if (exposed.value === undefined) return undefined;
  return sharing(steps, registryUrl(steps.registry, exposed.value.nodePort));
}

const nothing = { ok: false, value: undefined };

/** What failed is not expected of the replicas: they go on with what they have. */
function expectationOf(
  { spec }: StepContext['registry'],
  { certificate, users, config, held, stored }: Outcomes,
): Expectation {
  const ownUsers = spec.auth !== undefined || config.value?.ownUsers === true;
  const growth = stored.value?.growth;
  return {
    growing: growth?.reason === 'FileSystemResizePending' ? growth.message : undefined,
    maintenance: held.value?.text,
    htpasswd: users.ok && ownUsers ? (users.value?.text ?? '') : undefined,
    certificate: certificate.ok ? (certificate.value?.facts.fingerprint ?? '') : undefined,
  };
}

async function attempt<T>(step: Promise<T>, problems: Problem[]): Promise<Outcome<T>> {
  try {
    return { ok: true, value: await step };
  } catch (error) {
    const problem = problemOf(error);
    if (problem === undefined) throw error;
    problems.push(problem);
    return nothing;
  }
}
