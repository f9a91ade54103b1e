import type { LastCollection, RegistryStatus } from '../api/registry-status.ts';
import type { Registry } from '../api/registry.ts';
import { setConditions } from '../kube/conditions.ts';
import { selectorLabels } from '../resources/labels.ts';
import { registryImage } from '../resources/stateful-set.ts';
import type { AuthorityFacts } from './certificates/serving-certificate.ts';
import type { Pass } from './pass.ts';
import { summarize } from './summary.ts';

export interface StatusInput {
  readonly registry: Registry;
  readonly before: RegistryStatus;
  readonly pass: Pass;
  readonly defaultImage: string;
  readonly lastCollection: LastCollection | undefined;
  readonly now: Date;
}

/** The status after a pass over all steps. */
export function toldStatus({ registry, before, pass, ...input }: StatusInput): RegistryStatus {
  const { findings, certificate, statefulSet } = pass;
  const { name, generation } = registry.metadata;
  return {
    observedGeneration: generation,
    conditions: setConditions(before.conditions ?? [], summarize(findings), input.now),
    url: findings.url,
    replicas: statefulSet?.status?.replicas ?? 0,
    readyReplicas: statefulSet?.status?.readyReplicas ?? 0,
    selector: Object.entries(selectorLabels(name))
      .map(([key, value]) => `${key}=${value}`)
      .join(','),
    image: registryImage(registry, input.defaultImage),
    certificate: certificate && {
      notAfter: timeOf(certificate.facts.notAfter),
      fingerprint: certificate.facts.fingerprint,
      renewalTime: optionalTime(certificate.renewalTime),
      issuedBecause: certificate.issuedBecause,
      inUse: findings.lagging.length === 0,
    },
    ca: certificate?.authority && toldAuthority(certificate.authority),
    caRef: certificate?.caName === undefined ? undefined : { name: certificate.caName },
    lastCollection: input.lastCollection,
    garbageCollectionSchedule:
      registry.spec.garbageCollection && (pass.schedule?.status ?? before.garbageCollectionSchedule),
  };
}

function toldAuthority(authority: AuthorityFacts): RegistryStatus['ca'] {
  return {
    notAfter: timeOf(authority.notAfter),
    fingerprint: authority.fingerprint,
    renewalTime: optionalTime(authority.renewalTime),
    phase: authority.phase,
    phaseEnds: optionalTime(authority.phaseEnds),
  };
}

/** metav1.Time has whole seconds. */
function timeOf(milliseconds: number): string {
  return `${new Date(milliseconds).toISOString().slice(0, 19)}Z`;
}

function optionalTime(milliseconds: number | undefined): string | undefined {
  return milliseconds === undefined ? undefined : timeOf(milliseconds);
}
