import {
  type KubeObject,
  ownedLabels,
  objectNames,
  referredSecrets,
  type ServedRegistry,
} from '@wharfinger/operator';
import { CommandError } from '../command-error.ts';

/** What FILE holds, as `kubectl apply -f` takes it too. */
export interface ObjectFile {
  readonly secrets: readonly KubeObject[];
  readonly registry: KubeObject;
}

/** What ties an object to the cluster that it was read from. */
const bound = ['wharfinger.dev/applied', 'kubectl.kubernetes.io/last-applied-configuration'];

/** The Secrets of a namespace without which a Registry would not be the same: its own, and those that its spec names. */
export function neededSecrets(registry: ServedRegistry, secrets: readonly KubeObject[]): KubeObject[] {
  const { name } = registry.metadata;
  const referred = new Set(referredSecrets(registry));
  // The certificate of the state endpoint comes from the operator's own CA, which is another one on another cluster.
  const internal = objectNames(name).internalTls;
  return secrets.filter(({ metadata }) => {
    const isOwn = Object.entries(ownedLabels(name)).every(([key, value]) => metadata.labels?.[key] === value);
    return metadata.name !== internal && (isOwn || referred.has(metadata.name));
  });
}

/** Text of FILE. */
export function formatObjects({ secrets, registry }: ObjectFile): string {
  const items = [...secrets, registry].map(portable);
  return `${JSON.stringify({ apiVersion: 'v1', kind: 'List', items }, undefined, 2)}\n`;
}

/** @throws CommandError when `text` is no such file */
export function parseObjects(text: string): ObjectFile {
  const items = itemsOf(text);
  const registry = items.find(({ kind }) => kind === 'Registry');
  if (registry === undefined)
    throw new CommandError('there is no Registry in the file; it is not one that backup wrote');
  return { registry, secrets: items.filter(({ kind }) => kind === 'Secret') };
}

function itemsOf(text: string): KubeObject[] {
  try {
    const { items } = JSON.parse(text) as { items?: unknown };
    if (Array.isArray(items)) return items as KubeObject[];
  } catch {
    // Said below, without the text: it may hold passwords.
  }
  throw new CommandError('the file is no list of manifests; it is not one that backup wrote');
}

/** An object without its namespace, owners, version and status. */
function portable(object: KubeObject): object {
  const { metadata, status: _, ...rest } = object as KubeObject & { status?: unknown };
  const { name, labels, annotations = {} } = metadata;
  const kept = Object.entries(annotations).filter(([key]) => !bound.includes(key));
  return { ...rest, metadata: { name, labels, annotations: Object.fromEntries(kept) } };
}
