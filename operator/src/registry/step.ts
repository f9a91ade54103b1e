import type { RegistryStatus } from '../api/registry-status.ts';
import type { Registry } from '../api/registry.ts';
import type { Client } from '../kube/client.ts';
import type { Applier } from './applier.ts';
import type { OptionalCaches } from './optional-caches.ts';
import type { InternalAuthority } from './internal-authority.ts';
import type { PasswordHashes } from './password-hashes.ts';
import type { Problem } from './problem.ts';
import type { RegistryStores } from './stores.ts';

/** What a step works with. */
export interface StepContext {
  readonly registry: Registry;
  readonly client: Client;
  readonly stores: RegistryStores;
  readonly applier: Applier;
  readonly optional: OptionalCaches;
  readonly authority: InternalAuthority;
  readonly hashes: PasswordHashes;
  readonly defaultImage: string;
  readonly operatorNamespace: string;
  /** Namespaces whose pods may read metrics; `*` is every one. */
  readonly metricsNamespaces: readonly string[];
  /** The status before this pass. */
  readonly before: RegistryStatus;
  readonly now: Date;
  /** The user asks for a look at everything (the annotation wharfinger.dev/reconcile-at). */
  readonly isAsked: boolean;
  /** Takes down a problem; the step and those after it go on. */
  readonly report: (problem: Problem) => void;
}
