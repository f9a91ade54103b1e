import type { LastCollection, RegistryStatus } from '../api/registry-status.ts';
import type { Registry } from '../api/registry.ts';
import type { StatefulSet } from '../kube/builtin-kinds.ts';
import { setConditions } from '../kube/conditions.ts';
import { reconcileAnnotation, selectorLabels } from '../resources/labels.ts';
import { registryImage } from '../resources/stateful-set.ts';
import type { AuthorityFacts, ServingCertificate } from './certificates/serving-certificate.ts';
import type { Pass } from './pass.ts';
import { storageStatus } from './storage-status.ts';
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
    lastHandledReconcileAt: lastHandled(registry, before),
    url: findings.url === '' ? undefined : findings.url,
    addresses: pass.addresses.length === 0 ? undefined : [...pass.addresses],
    ...replicasOf(statefulSet),
    selector: Object.entries(selectorLabels(name))
      .map(([key, value]) => `${key}=${value}`)
      .join(','),
    image: imageOf(statefulSet) ?? registryImage(registry, input.defaultImage),
    ...(certificate && toldCertificate(certificate, before, findings.lagging.length === 0)),
    lastCollection: input.lastCollection,
    storage: storageStatus(before.storage, findings.volume, findings.storage),
    garbageCollectionSchedule:
      registry.spec.garbageCollection && (pass.schedule?.status ?? before.garbageCollectionSchedule),
  };
}

function toldCertificate(
  { facts, ...certificate }: ServingCertificate,
  before: RegistryStatus,
  isConfirmed: boolean,
): Pick<RegistryStatus, 'certificate' | 'ca' | 'caRef'> {
  const { fingerprint } = facts;
  // What a replica lacks later on is something else.
  const wasConfirmed = before.certificate?.inUse === true && before.certificate.fingerprint === fingerprint;
  return {
    certificate: {
      notAfter: timeOf(facts.notAfter),
      fingerprint,
      renewalTime: optionalTime(certificate.renewalTime),
      issuedBecause: certificate.issuedBecause,
      inUse: isConfirmed || wasConfirmed,
    },
    ca: certificate.authority && toldAuthority(certificate.authority),
    caRef: certificate.caName === undefined ? undefined : { name: certificate.caName },
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

function lastHandled({ metadata }: Registry, before: RegistryStatus): string | undefined {
  return metadata.annotations?.[reconcileAnnotation] ?? before.lastHandledReconcileAt;
}

/** How many pods a StatefulSet says that there are. */
export function replicasOf(
  statefulSet: StatefulSet | undefined,
): Pick<RegistryStatus, 'replicas' | 'readyReplicas'> {
  const { replicas = 0, readyReplicas = 0 } = statefulSet?.status ?? {};
  return { replicas, readyReplicas };
}

/** Settings that do not start leave the pods with the image that they have. */
function imageOf(statefulSet: StatefulSet | undefined): string | undefined {
  return statefulSet?.spec?.template.spec?.containers.find(({ name }) => name === 'registry')?.image;
}
