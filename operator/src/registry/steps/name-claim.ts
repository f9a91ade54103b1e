import { identityOfUrl, registryIdentities } from '../../resources/identity.ts';
import { byIdentity } from '../indexes.ts';
import type { ServedRegistry } from '../kind.ts';
import { ProblemError, stalled } from '../problem.ts';
import type { StepContext } from '../step.ts';

type Claimant = Pick<ServedRegistry, 'metadata' | 'status'>;

/**
 * Throws a `ProblemError` when another Registry has this one's host and port already: who holds them (its status says so) goes before who
 * does not, then the older one, then the first by namespace and name. So nobody takes a name from one that serves by an edit.
 */
export async function claimName(context: StepContext): Promise<void> {
  for (const identity of registryIdentities(context.registry)) claim(context, identity);
}

function claim({ registry, stores, before }: StepContext, identity: string): void {
  const { uid, namespace } = registry.metadata;
  const others = stores.registries.byIndex(byIdentity, identity).filter((one) => one.metadata.uid !== uid);
  const self: Claimant = { metadata: registry.metadata, status: before };
  const [first] = [self, ...others].sort((one, other) => compare(one, other, identity));
  if (first === undefined || first === self) return;
  // What other namespaces hold is no business of this one's.
  const whose =
    first.metadata.namespace === namespace ? `Registry ${first.metadata.name}` : 'another Registry';
  const { externalURL } = registry.spec;
  const isExternal = externalURL !== undefined && identityOfUrl(externalURL) === identity;
  const field = isExternal ? 'spec.externalURL' : 'spec.hostname';
  const message = `${field}: ${identity} belongs to ${whose}; choose another hostname or port. Nothing of this Registry changes until then`;
  throw new ProblemError(stalled('HostnameTaken', message, 'certificate'));
}

/** Whether a status says that its Registry serves under this identity. */
export function holds(status: Claimant['status'], identity: string): boolean {
  return status?.url !== undefined && identityOfUrl(status.url) === identity;
}

function compare(one: Claimant, other: Claimant, identity: string): number {
  const [a, b] = [one, other].map(({ metadata, status }) => [
    holds(status, identity) ? '0' : '1',
    metadata.creationTimestamp ?? '',
    metadata.namespace,
    metadata.name,
  ]);
  const place = (a ?? []).findIndex((value, index) => value !== b?.[index]);
  return place < 0 || (a?.[place] ?? '') < (b?.[place] ?? '') ? -1 : 1;
}
