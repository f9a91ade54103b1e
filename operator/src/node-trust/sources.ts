import type { ConfigMap, DaemonSet, Pod, Secret, Service } from '../kube/builtin-kinds.ts';
import { mapped, owned, primary, type Source } from '../kube/controller.ts';
import type { Reflector } from '../kube/reflector.ts';
import type { KubeObject, ObjectRef } from '../kube/resource.ts';
import type { ServedRegistry } from '../registry/kind.ts';
import { registries } from '../registry/kind.ts';
import { instanceLabel } from '../resources/labels.ts';
import { nodeTrusts, type ServedNodeTrust } from './kind.ts';

/** The reflectors behind `NodeTrustStores`. */
export interface NodeTrustReflectors {
  readonly nodeTrusts: Reflector<ServedNodeTrust>;
  readonly registries: Reflector<ServedRegistry>;
  readonly configMaps: Reflector<ConfigMap>;
  readonly services: Reflector<Service>;
  readonly secrets: Reflector<Secret>;
  readonly daemonSets: Reflector<DaemonSet>;
  readonly pods: Reflector<Pod>;
}

/** Everything whose changes concern a NodeTrust whose pods are in `namespace`. */
export function nodeTrustSources(reflectors: NodeTrustReflectors, namespace: string): Source[] {
  function naming(registry: ObjectRef): ObjectRef[] {
    return reflectors.nodeTrusts.store
      .list()
      .filter(({ spec }) =>
        spec.registries.some((one) => one.name === registry.name && one.namespace === registry.namespace),
      )
      .map(({ metadata }) => ({ name: metadata.name }));
  }

  function namingOwner({ metadata }: KubeObject): ObjectRef[] {
    const owner = metadata.ownerReferences?.find(({ kind }) => kind === registries.kind);
    return owner === undefined ? [] : naming({ namespace: metadata.namespace, name: owner.name });
  }

  return [
    primary(reflectors.nodeTrusts),
    mapped(reflectors.registries, ({ metadata }) => naming(metadata)),
    mapped(reflectors.configMaps, namingOwner),
    mapped(reflectors.services, namingOwner),
    mapped(reflectors.secrets, namingOwner),
    owned(reflectors.configMaps, nodeTrusts),
    owned(reflectors.daemonSets, nodeTrusts),
    mapped(reflectors.pods, ({ metadata }) => {
      const name = metadata.labels?.[instanceLabel];
      return name === undefined || metadata.namespace !== namespace ? [] : [{ name }];
    }),
  ];
}
