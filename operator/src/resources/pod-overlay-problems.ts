import type { PodOverlay } from '../api/registry-pod-template.ts';
import type { Registry } from '../api/registry.ts';
import { ownedLabels } from './labels.ts';
import { directories, ports } from './pod-layout.ts';

type Section = Record<string, unknown>;
type Container = Section & { name: string };

const field = 'spec.podTemplate';
const registry = 'registry';
const ownPrefix = 'wharfinger.dev/';
/** Names of the operator's volumes, those that this Registry does not have now included. */
const ownVolumes = ['data', 'config', 'maintenance', 'internal', 'tls', 'auth', 'egress', 'temporary'];

/** What may be said of the container `registry`, beside its name. */
const registryFields = new Set(['name', 'volumeMounts', 'volumeDevices', 'lifecycle', 'securityContext']);
const insteadOf: Readonly<Record<string, string>> = {
  image: 'use spec.image',
  resources: 'use spec.resources',
  env: 'use spec.env',
  envFrom: 'use spec.env',
};
const podSecurity = { runAsNonRoot: true };
const containerSecurity = {
  allowPrivilegeEscalation: false,
  privileged: false,
  readOnlyRootFilesystem: true,
  runAsNonRoot: true,
};

/** Everything in `spec.podTemplate` that would break the registry, one sentence each. */
export function podOverlayProblems({ metadata, spec }: Registry): string[] {
  const overlay = spec.podTemplate;
  if (overlay === undefined) return [];
  const { labels, annotations } = overlay.metadata ?? {};
  const pod = overlay.spec ?? {};
  return [
    ...labelProblems(labels ?? {}, metadata.name),
    ...annotationProblems(annotations ?? {}),
    ...volumeProblems(pod),
    ...securityProblems(`${field}.spec.securityContext`, pod.securityContext, podSecurity),
    ...(pod.containers ?? []).flatMap((container) => containerProblems('containers', container, pod)),
    ...(pod.initContainers ?? []).flatMap((container) => containerProblems('initContainers', container, pod)),
    ...nameProblems(pod),
  ];
}

function labelProblems(labels: Readonly<Record<string, string>>, name: string): string[] {
  return Object.keys(labels)
    .filter((label) => label.startsWith(ownPrefix) || Object.hasOwn(ownedLabels(name), label))
    .map(
      (label) =>
        `${field}.metadata.labels: ${label} is the operator's, which finds the pods by it; remove it`,
    );
}

function annotationProblems(annotations: Readonly<Record<string, string>>): string[] {
  return Object.keys(annotations)
    .filter((annotation) => annotation.startsWith(ownPrefix))
    .map((annotation) => `${field}.metadata.annotations: ${annotation} is the operator's; remove it`);
}

function volumeProblems({ volumes = [] }: PodOverlay): string[] {
  return [
    ...volumes
      .filter(({ name }) => ownVolumes.includes(name))
      .map(
        ({ name }) => `${field}.spec.volumes[${name}]: the operator has a volume of that name; take another`,
      ),
    ...repeated(volumes).map(
      (name) => `${field}.spec.volumes[${name}]: the name is there twice; take another`,
    ),
  ];
}

function nameProblems({ containers = [], initContainers = [] }: PodOverlay): string[] {
  const init = initContainers
    .filter(({ name }) => name === registry)
    .map(() => `${field}.spec.initContainers[registry]: the registry has that name; take another`);
  const twice = repeated([...containers, ...initContainers]);
  return [...init, ...twice.map((name) => `${field}.spec: two containers are named ${name}; rename one`)];
}

function repeated(items: readonly { name: string }[]): string[] {
  const names = items.map(({ name }) => name);
  return [...new Set(names.filter((name, index) => names.indexOf(name) !== index))];
}

function containerProblems(
  list: 'containers' | 'initContainers',
  container: Container,
  pod: PodOverlay,
): string[] {
  const path = `${field}.spec.${list}[${container.name}]`;
  if (list === 'containers' && container.name === registry) return registryProblems(path, container, pod);
  const image = container['image'] === undefined ? [`${path}: has no image; give one`] : [];
  return [...image, ...portProblems(path, container)];
}

function registryProblems(path: string, container: Container, pod: PodOverlay): string[] {
  const fields = Object.keys(container)
    .filter((name) => !registryFields.has(name))
    .map((name) => `${path}.${name}: the operator sets it${more(insteadOf[name])}; remove it`);
  const security = securityProblems(
    `${path}.securityContext`,
    container['securityContext'],
    containerSecurity,
  );
  return [...fields, ...security, ...mountProblems(path, container, pod)];
}

function more(advice: string | undefined): string {
  return advice === undefined ? '' : ` (${advice})`;
}

/** A mount in, on or around one of the operator's would hide it. */
function mountProblems(path: string, container: Container, { volumes = [] }: PodOverlay): string[] {
  const mounts = sections(container['volumeMounts']);
  const known = new Set([...volumes.map(({ name }) => name), ...ownVolumes]);
  return mounts.flatMap((mount) => {
    const place = text(mount['mountPath']);
    const own = Object.values(directories).find((directory) => overlaps(place, directory));
    const volume = text(mount['name']);
    return [
      ...(own === undefined
        ? []
        : [
            `${path}.volumeMounts[${place}]: would hide ${own}, which the operator mounts; take another path`,
          ]),
      ...(known.has(volume)
        ? []
        : [`${path}.volumeMounts[${place}]: there is no volume ${volume}; add it to ${field}.spec.volumes`]),
    ];
  });
}

function overlaps(one: string, other: string): boolean {
  const [a, b] = [one, other].map((path) => `${path.replace(/\/+$/, '')}/`) as [string, string];
  return a.startsWith(b) || b.startsWith(a);
}

/** All containers of a pod share their ports. */
function portProblems(path: string, container: Container): string[] {
  return sections(container['ports']).flatMap((port) => {
    const taken = Object.entries(ports).find(
      ([name, number]) => number === port['containerPort'] || name === port['name'],
    );
    if (taken === undefined) return [];
    return [`${path}.ports: port ${taken[1]} (${taken[0]}) is the registry's; take another number and name`];
  });
}

/** The pods keep to the restricted Pod Security Standard, whatever is added. */
function securityProblems(path: string, given: unknown, fixed: Readonly<Record<string, boolean>>): string[] {
  if (!isSection(given)) return [];
  const weakened = Object.entries(fixed)
    .filter(([name, value]) => given[name] !== undefined && given[name] !== value)
    .map(([name, value]) => `${path}.${name}: must stay ${value}; remove it`);
  const root = ['runAsUser', 'runAsGroup'].filter((name) => given[name] === 0);
  const capabilities = given['capabilities'] === undefined ? [] : ['capabilities'];
  return [
    ...weakened,
    ...root.map((name) => `${path}.${name}: the registry does not run as root; give another number`),
    ...capabilities.map((name) => `${path}.${name}: the registry has none and needs none; remove it`),
  ];
}

function sections(value: unknown): Section[] {
  return Array.isArray(value) ? value.filter(isSection) : [];
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

function isSection(value: unknown): value is Section {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
