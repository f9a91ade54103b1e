import { apply, at, deleteNamespace, kubectl, list } from '../../support/kubernetes.ts';
import { started } from '../../support/started.ts';
import type { Spec } from './spec-values.ts';

/** One of several Registries of the same spec, with namespaces of its own. */
export interface Copy {
  readonly index: number;
  readonly namespace: string;
  /** Of whom the first is the Registry's own; the others take what it gives. */
  readonly namespaces: readonly string[];
}

export const registryName = 'life';
/** Namespaces beside the own one: two that consent, one that does not. */
const others = ['friend', 'second', 'stranger'] as const;

export function copyOf(base: string, index: number): Copy {
  const namespace = `${base}-copy${index}`;
  return { index, namespace, namespaces: [namespace, ...others.map((name) => `${namespace}-${name}`)] };
}

/** The image of the operator's release. */
export async function releaseImage(): Promise<string> {
  const [example] = await list('statefulsets', started().registry.namespace);
  return String(at(example, 'spec.template.spec.containers[0].image'));
}

/** Makes the copy's own spec of one for all copies. */
export function specFor(copy: Copy, spec: Spec, image: string): Spec {
  const text = JSON.stringify(spec)
    .replaceAll('NAMESPACE', copy.namespace)
    .replaceAll('COPY', `copy${copy.index}`)
    .replaceAll('DIGIT', String(copy.index))
    .replaceAll('"IMAGE"', JSON.stringify(image));
  const own = JSON.parse(text) as Spec;
  const service = own['service'] as { nodePort?: number } | undefined;
  // Node ports are the cluster's, of which everybody has others.
  if (service?.nodePort !== undefined && service.nodePort >= 30_000) service.nodePort += copy.index;
  return own;
}

/** The text as it would be for any copy. */
export function withoutCopy(text: string): string {
  return text.replaceAll(/copy\d/g, 'COPY').replaceAll(/10\.77\.0\.1\d/g, '10.77.0.1DIGIT');
}

/** Makes the namespaces of a copy; those that take what it gives consent, but for the last. */
export async function createNamespaces({ namespace, namespaces }: Copy): Promise<void> {
  const restricted = { 'pod-security.kubernetes.io/enforce': 'restricted' };
  const consent = { [`accept-from.wharfinger.dev/${namespace}`]: 'true' };
  const objects = namespaces.map((name, index) => {
    const other = others[index - 1];
    const life = other === undefined ? {} : { life: other };
    const labels = { ...restricted, ...life, ...(index === 0 || other === 'stranger' ? {} : consent) };
    return { apiVersion: 'v1', kind: 'Namespace', metadata: { name, labels } };
  });
  await apply(...objects);
}

export async function deleteNamespaces({ namespaces }: Copy): Promise<void> {
  for (const name of namespaces) await deleteNamespace(name);
}

/** Applies the Registry as a user would. */
export function registryManifest(
  copy: Copy,
  { spec, image, annotations = {} }: { spec: Spec; image: string; annotations?: Record<string, string> },
): object {
  return {
    apiVersion: 'wharfinger.dev/v1alpha1',
    kind: 'Registry',
    metadata: { namespace: copy.namespace, name: registryName, annotations },
    spec: specFor(copy, spec, image),
  };
}

/** Deletes the Registry with all that it owns, and the claim that outlives it. */
export async function deleteRegistry({ namespace }: Copy): Promise<void> {
  await kubectl([
    'delete',
    'registry',
    registryName,
    '-n',
    namespace,
    '--cascade=foreground',
    '--ignore-not-found',
  ]);
  await kubectl(['delete', 'pvc', `${registryName}-data`, '-n', namespace, '--ignore-not-found']);
}
