import { findCondition } from '../../kube/conditions.ts';
import { identityOfUrl, registryIdentities } from '../../resources/identity.ts';
import { byIdentity } from '../indexes.ts';
import type { ServedRegistry } from '../kind.ts';
import { ProblemError, stalled } from '../problem.ts';
import type { StepContext } from '../step.ts';

const taken = 'HostnameTaken';

type Claimant = Pick<ServedRegistry, 'metadata' | 'spec' | 'status'>;

/**
 * Throws a `ProblemError` when another Registry has this one's host and port already: who holds them (its status says so) goes before who
 * does not, then the older one, then the first by namespace and name. So nobody takes a name from one that serves by an edit.
 */
export async function claimName(context: StepContext): Promise<void> {
  const { namespace } = context.registry.metadata;
  const [lost] = lostTo(context);
  if (lost === undefined) return;
  const { identity, holder } = lost;
  // What other namespaces hold is no business of this one's.
  const whose =
    holder.metadata.namespace === namespace ? `Registry ${holder.metadata.name}` : 'another Registry';
  const { externalURL } = context.registry.spec;
  const isExternal = externalURL !== undefined && identityOfUrl(externalURL) === identity;
  const field = isExternal ? 'spec.externalURL' : 'spec.hostname';
  const message = `${field}: ${identity} belongs to ${whose}; choose another hostname or port. Nothing of this Registry changes until then`;
  throw new ProblemError(stalled(taken, message, 'certificate'));
}

/** The URL in the status of one that has lost a name: it goes on under the one from before, unless it is that which another one has. */
export function urlWithout(context: StepContext): string {
  const { url = '' } = context.before;
  return lostTo(context).some(({ identity }) => identity === identityOfUrl(url)) ? '' : url;
}

function lostTo({ registry, stores, before }: StepContext): { identity: string; holder: Claimant }[] {
  const { metadata, spec } = registry;
  const self: Claimant = { metadata, spec, status: before };
  return registryIdentities(registry).flatMap((identity) => {
    const rivals = stores.registries.byIndex(byIdentity, identity);
    const others = rivals.filter((one) => one.metadata.uid !== metadata.uid);
    const [holder] = [self, ...others].sort((one, other) => compare(one, other, identity));
    return holder === undefined || holder === self ? [] : [{ identity, holder }];
  });
}

/** Whether a Registry serves under this identity: by the URL in its status, or as another of those that it got with that URL. */
function holds({ metadata, spec, status }: Claimant, identity: string): boolean {
  const told = identityOfUrl(status?.url ?? '');
  if (told === undefined || told === identity) return told === identity;
  const conditions = status?.conditions ?? [];
  // Only a pass over this spec tells that; one that is suspended, or lost a name, asked for others without getting them.
  if (findCondition(conditions, 'Exposed')?.observedGeneration !== metadata.generation) return false;
  if (findCondition(conditions, 'Stalled')?.reason === taken) return false;
  const [known, ...others] = registryIdentities({ metadata, spec });
  return told === known && others.includes(identity);
}

function compare(one: Claimant, other: Claimant, identity: string): number {
  const [a, b] = [one, other].map((claimant) => [
    holds(claimant, identity) ? '0' : '1',
    claimant.metadata.creationTimestamp ?? '',
    claimant.metadata.namespace,
    claimant.metadata.name,
  ]);
  const place = (a ?? []).findIndex((value, index) => value !== b?.[index]);
  return place < 0 || (a?.[place] ?? '') < (b?.[place] ?? '') ? -1 : 1;
}
