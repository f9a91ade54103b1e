import { matchesLabels } from '../../api/label-selector.ts';
import type { TargetNamespaces } from '../../api/registry-sharing.ts';
import type { Namespace } from '../../kube/builtin-kinds.ts';
import { consentLabel } from '../../resources/labels.ts';

/** Which namespaces get something, and which of those that were named do not consent, or are not there: nobody is told which. */
export interface Targets {
  readonly accepting: readonly string[];
  readonly refusing: readonly string[];
}

/** @param own namespace of the Registry, which needs no consent; it alone gets something when no targets are given */
export function targetsOf(
  own: string,
  wanted: TargetNamespaces | undefined,
  namespaces: readonly Namespace[],
): Targets {
  if (wanted === undefined) return { accepting: [own], refusing: [] };
  const { names = [], selector } = wanted;
  const open = namespaces.filter((namespace) => accepts(namespace, own));
  const selected = open.filter(({ metadata }) => selector && matchesLabels(selector, metadata.labels ?? {}));
  const openNames = new Set([own, ...open.map(({ metadata }) => metadata.name)]);
  const accepting = [
    ...names.filter((name) => openNames.has(name)),
    ...selected.map(({ metadata }) => metadata.name),
  ];
  return {
    accepting: [...new Set(accepting)].sort(),
    refusing: names.filter((name) => !openNames.has(name)),
  };
}

function accepts({ metadata }: Namespace, own: string): boolean {
  if (metadata.deletionTimestamp !== undefined) return false;
  return metadata.name === own || metadata.labels?.[consentLabel(own)] === 'true';
}
