import type { TargetNamespaces } from '../../api/registry-sharing.ts';
import type { Registry } from '../../api/registry.ts';
import type { Namespace } from '../../kube/builtin-kinds.ts';
import { objectNames } from '../../resources/names.ts';
import { targetsOf } from './targets.ts';

/** One object that the spec wants in some namespaces. */
export interface Share {
  readonly kind: 'Secret' | 'ConfigMap';
  /** Of the spec, for people. */
  readonly field: string;
  readonly name: string;
  /** Namespaces that get it. */
  readonly namespaces: readonly string[];
  /** Namespaces that were named and do not consent. */
  readonly refusing: readonly string[];
  /** As whom to pull; undefined for a ConfigMap. */
  readonly user?: string;
  readonly serviceAccounts: readonly string[];
}

/** What the spec gives away, and to whom. */
export function sharesOf(registry: Registry, namespaces: readonly Namespace[]): Share[] {
  const { pullSecrets = [], caBundle } = registry.spec;
  const own = registry.metadata.namespace;
  const placed = (wanted: TargetNamespaces | undefined): Pick<Share, 'namespaces' | 'refusing'> => {
    const { accepting, refusing } = targetsOf(own, wanted, namespaces);
    return { namespaces: accepting, refusing };
  };
  const secrets = pullSecrets.map((entry): Share => ({
    kind: 'Secret',
    field: `spec.pullSecrets[${entry.name}]`,
    name: entry.name,
    user: entry.user,
    serviceAccounts: entry.serviceAccounts ?? [],
    ...placed(entry.namespaces),
  }));
  if (caBundle === undefined) return secrets;
  const { ca } = objectNames(registry.metadata.name);
  const { configMapName = ca, namespaces: wanted } = caBundle;
  const map = placed(wanted);
  // There the CA is under this name already.
  const others = configMapName === ca ? map.namespaces.filter((name) => name !== own) : map.namespaces;
  const bundle = { kind: 'ConfigMap', field: 'spec.caBundle', name: configMapName } as const;
  return [...secrets, { ...bundle, serviceAccounts: [], ...map, namespaces: others }];
}
