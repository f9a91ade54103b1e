import type { LastCollection, RegistryStatus } from '../api/registry-status.ts';
import type { Registry } from '../api/registry.ts';
import { setConditions } from '../kube/conditions.ts';
import { selectorLabels } from '../resources/labels.ts';
import { registryImage } from '../resources/stateful-set.ts';
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
    addresses: pass.addresses.length === 0 ? undefined : [...pass.addresses],
    replicas: statefulSet?.status?.replicas ?? 0,
    readyReplicas: statefulSet?.status?.readyReplicas ?? 0,
    selector: Object.entries(selectorLabels(name))
      .map(([key, value]) => `${key}=${value}`)
      .join(','),
    image: registryImage(registry, input.defaultImage),
    certificate: certificate && {
      notAfter: `${new Date(certificate.facts.notAfter).toISOString().slice(0, 19)}Z`,
      fingerprint: certificate.facts.fingerprint,
    },
    caRef: certificate?.caName === undefined ? undefined : { name: certificate.caName },
    lastCollection: input.lastCollection,
    garbageCollectionSchedule:
      registry.spec.garbageCollection && (pass.schedule?.status ?? before.garbageCollectionSchedule),
  };
}
