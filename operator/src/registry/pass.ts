import type { Registry } from '../api/registry.ts';
import type { StatefulSet } from '../kube/builtin-kinds.ts';
import { ownedLabels } from '../resources/labels.ts';
import { registryUrl } from '../resources/services.ts';
import type { Expectation } from './expectation.ts';
import { type ExposedVerdict, exposedVerdict } from './exposed-verdict.ts';
import { isRunning } from './pod-condition.ts';
import { configuration } from './steps/configuration.ts';
import { htpasswd } from './steps/htpasswd.ts';
import { internalCertificate } from './steps/internal-certificate.ts';
import { maintenance, type Maintenance } from './steps/maintenance.ts';
import { network, type Exposure } from './steps/network.ts';
import { removal } from './steps/removal.ts';
import { routes, type Routes } from './steps/routes.ts';
import { schedule, type Schedule } from './steps/schedule.ts';
import { servingCertificate, type ServingCertificate } from './steps/serving-certificate.ts';
import { volume } from './steps/volume.ts';
import { workload } from './steps/workload.ts';
import type { Problem } from './problem.ts';
import { problemOf } from './refusal.ts';
import type { StepContext } from './step.ts';
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
}

/** What a step gave; `value` is undefined when `ok` is false, because of a problem. */
interface Outcome<T> {
  readonly ok: boolean;
  readonly value: T | undefined;
}

interface Outcomes {
  readonly certificate: Outcome<ServingCertificate | undefined>;
  readonly users: Outcome<string | undefined>;
  readonly held: Outcome<Maintenance>;
  readonly exposed: Outcome<Exposure>;
  readonly routed: Outcome<Routes>;
  readonly applied: Outcome<StatefulSet>;
  readonly scheduled: Outcome<Schedule | undefined>;
}

/** Brings everything of a Registry to what its spec says, in order. A step with a problem does not hinder those that can do without it. */
export async function runSteps(
  context: Omit<StepContext, 'report'>,
  synchronization: Synchronization,
): Promise<Pass> {
  const problems: Problem[] = [];
  const steps: StepContext = { ...context, report: (problem) => void problems.push(problem) };
  const outcomes = await applyAll(steps, problems);
  const { registry, stores } = steps;
  const { name, namespace } = registry.metadata;
  const pods = stores.pods.withLabels(namespace, ownedLabels(name));
  const running = pods.filter(isRunning);
  const lagging = await synchronization.synchronize(registry, running, expectationOf(outcomes));
  const certificate = outcomes.certificate.value;
  const statefulSet = outcomes.applied.value;
  const findings: Findings = {
    generation: registry.metadata.generation,
    url: registryUrl(registry, outcomes.exposed.value?.nodePort),
    problems,
    tls: registry.spec.tls.disabled ? 'disabled' : 'enabled',
    certificateEnd: certificate && new Date(certificate.facts.notAfter),
    workload: statefulSet && workloadFacts(statefulSet, pods),
    lagging,
    readOnly: registry.spec.readOnly,
    collecting: outcomes.held.value?.collecting === true,
    schedule: outcomes.scheduled.value,
    exposure: exposureOf(registry, outcomes),
  };
  return {
    findings,
    addresses: addressesOf(outcomes),
    certificate,
    statefulSet,
    schedule: outcomes.scheduled.value,
  };
}

async function applyAll(steps: StepContext, problems: Problem[]): Promise<Outcomes> {
  await attempt(internalCertificate(steps), problems);
  const certificate = await attempt(servingCertificate(steps), problems);
  const users = await attempt(htpasswd(steps), problems);
  const config = await attempt(configuration(steps), problems);
  const held = await attempt(maintenance(steps), problems);
  await attempt(volume(steps), problems);
  const exposed = await attempt(network(steps), problems);
  const routed = await attempt(routes(steps, certificate.value?.caName), problems);
  const applied =
    config.value === undefined ? nothing : await attempt(workload(steps, config.value), problems);
  await attempt(removal(steps, certificate), problems);
  const scheduled = await attempt(schedule(steps), problems);
  return { certificate, users, held, exposed, routed, applied, scheduled };
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

const nothing = { ok: false, value: undefined };

/** What failed is not expected of the replicas: they go on with what they have. */
function expectationOf({ certificate, users, held }: Outcomes): Expectation {
  return {
    maintenance: held.value?.text,
    htpasswd: users.ok ? (users.value ?? '') : undefined,
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
