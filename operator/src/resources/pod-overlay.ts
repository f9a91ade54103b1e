import type { V1PodTemplateSpec } from '@kubernetes/client-node';
import type { RegistryPodTemplate } from '../api/registry-pod-template.ts';
import type { Manifest } from './manifest.ts';

type Section = Record<string, unknown>;

/** The key by which the items of a list are merged; other lists are replaced. */
const mergeKeys: Readonly<Record<string, string>> = {
  containers: 'name',
  hostAliases: 'ip',
  imagePullSecrets: 'name',
  initContainers: 'name',
  topologySpreadConstraints: 'topologyKey',
  volumeMounts: 'mountPath',
  volumes: 'name',
};
const appended = new Set(['tolerations']);

/** The pod template with `spec.podTemplate` laid over it, as a strategic merge would. */
export function overlaid(
  template: Manifest<V1PodTemplateSpec>,
  overlay: RegistryPodTemplate | undefined,
): Manifest<V1PodTemplateSpec> {
  if (overlay === undefined) return template;
  return withFormerName(merged(template, overlay));
}

/**
 * The API server copies `serviceAccountName` to its deprecated name, and from there back once it has gone. When both are applied, both go with
 * the next apply that has neither.
 */
function withFormerName(template: Manifest<V1PodTemplateSpec>): Manifest<V1PodTemplateSpec> {
  const { spec } = template;
  if (spec?.serviceAccountName === undefined) return template;
  return { ...template, spec: { ...spec, serviceAccount: spec.serviceAccountName } };
}

function merged(below: Section, above: Section): Section {
  const result = { ...below };
  for (const [name, value] of Object.entries(above)) {
    if (value !== undefined) result[name] = mergedField(name, below[name], value);
  }
  return result;
}

function mergedField(name: string, below: unknown, above: unknown): unknown {
  if (Array.isArray(below) && Array.isArray(above)) return mergedList(name, below, above);
  return isSection(below) && isSection(above) ? merged(below, above) : above;
}

function mergedList(name: string, below: readonly unknown[], above: readonly unknown[]): unknown[] {
  if (appended.has(name)) return [...below, ...above];
  const key = mergeKeys[name];
  if (key === undefined) return [...above];
  const keyOf = (item: unknown): unknown => (isSection(item) ? item[key] : undefined);
  const laid = below.map((item) => {
    const over = above.find((candidate) => keyOf(candidate) === keyOf(item));
    return isSection(item) && isSection(over) ? merged(item, over) : item;
  });
  const known = new Set(below.map(keyOf));
  return [...laid, ...above.filter((item) => !known.has(keyOf(item)))];
}

function isSection(value: unknown): value is Section {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
