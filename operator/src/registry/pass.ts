import type { StatefulSet } from '../kube/builtin-kinds.ts';
import { ownedLabels } from '../resources/labels.ts';
import { registryUrl } from '../resources/services.ts';
import type { Expectation } from './expectation.ts';
import { isRunning } from './pod-condition.ts';
import { configuration } from './steps/configuration.ts';
import { htpasswd } from './steps/htpasswd.ts';
import { internalCertificate } from './steps/internal-certificate.ts';
import { maintenance } from './steps/maintenance.ts';
import { network } from './steps/network.ts';
import { removal } from './steps/removal.ts';
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
  readonly certificate: ServingCertificate | undefined;
  readonly statefulSet: StatefulSet | undefined;
}

/** A step that gave nothing because of a problem. */
const failed = Symbol('failed');

/** Brings everything of a Registry to what its spec says, in order. A step with a problem does not hinder those that can do without it. */
export async function runSteps(
  context: Omit<StepContext, 'report'>,
  synchronization: Synchronization,
): Promise<Pass> {
  const problems: Problem[] = [];
  const steps: StepContext = { ...context, report: (problem) => void problems.push(problem) };
  const { registry } = steps;

  await attempt(internalCertificate(steps), problems);
  const certificate = await attempt(servingCertificate(steps), problems);
  const users = await attempt(htpasswd(steps), problems);
  const configText = await attempt(configuration(steps), problems);
  const held = await attempt(maintenance(steps), problems);
  await attempt(volume(steps), problems);
  await attempt(network(steps), problems);
  const applied = configText === failed ? failed : await attempt(workload(steps, configText), problems);
  await attempt(removal(steps, certificate === failed ? 'unknown' : certificate?.caName), problems);

  const { name, namespace } = registry.metadata;
  const pods = steps.stores.pods.withLabels(namespace, ownedLabels(name));
  const expected: Expectation = {
    maintenance: held === failed ? undefined : held.text,
    htpasswd: users === failed ? undefined : (users ?? ''),
    certificate: certificate === failed ? undefined : (certificate?.facts.fingerprint ?? ''),
  };
  const lagging = await synchronization.synchronize(registry, pods.filter(isRunning), expected);
  const issued = certificate === failed ? undefined : certificate;
  const statefulSet = applied === failed ? undefined : applied;
  const findings: Findings = {
    generation: registry.metadata.generation,
    url: registryUrl(registry),
    problems,
    tls: registry.spec.tls.disabled ? 'disabled' : 'enabled',
    certificateEnd: issued && new Date(issued.facts.notAfter),
    workload: statefulSet && workloadFacts(statefulSet, pods),
    lagging,
    readOnly: registry.spec.readOnly,
    collecting: held !== failed && held.collecting,
  };
  return { findings, certificate: issued, statefulSet };
}

async function attempt<T>(step: Promise<T>, problems: Problem[]): Promise<T | typeof failed> {
  try {
    return await step;
  } catch (error) {
    const problem = problemOf(error);
    if (problem === undefined) throw error;
    problems.push(problem);
    return failed;
  }
}
