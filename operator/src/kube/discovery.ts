import { isNotFound } from './errors.ts';
import { kindIn, type OptionalKind } from './optional-kind.ts';
import type { KubeObject, ResourceKind } from './resource.ts';
import type { Transport } from './transport.ts';

/** Answers which kinds the cluster serves. */
export interface Discovery {
  /** The kind in the first of its versions that is served, or undefined. Rejects when the API server cannot be asked. */
  find<T extends KubeObject>(kind: OptionalKind<T>): Promise<ResourceKind<T> | undefined>;
  /** What was answered does not hold any more. */
  forget(): void;
}

export interface DiscoveryOptions {
  readonly transport: Pick<Transport, 'request'>;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** For how long an answer counts, in milliseconds; 25,000 when left out. */
  readonly freshMs?: number;
}

interface ApiGroup {
  readonly versions?: readonly { readonly groupVersion: string }[];
}

interface ApiResourceList {
  readonly resources?: readonly { readonly name: string }[];
}

/** However many ask, the API server is asked for each path once in `freshMs`. */
export function createDiscovery({ transport, now, freshMs = 25_000 }: DiscoveryOptions): Discovery {
  const answers = new Map<string, { at: number; answer: Promise<unknown> }>();

  function ask(path: string): Promise<unknown> {
    const known = answers.get(path);
    if (known !== undefined && now() - known.at < freshMs) return known.answer;
    const answer = transport.request({ method: 'GET', path }).catch((error: unknown) => {
      if (isNotFound(error)) return {};
      answers.delete(path);
      throw error;
    });
    answers.set(path, { at: now(), answer });
    return answer;
  }

  async function find<T extends KubeObject>(kind: OptionalKind<T>): Promise<ResourceKind<T> | undefined> {
    const [group = ''] = (kind.apiVersions[0] ?? '').split('/');
    const { versions = [] } = (await ask(`/apis/${group}`)) as ApiGroup;
    const served = new Set(versions.map(({ groupVersion }) => groupVersion));
    for (const apiVersion of kind.apiVersions) {
      if (!served.has(apiVersion)) continue;
      const { resources = [] } = (await ask(`/apis/${apiVersion}`)) as ApiResourceList;
      if (resources.some(({ name }) => name === kind.plural)) return kindIn(kind, apiVersion);
    }
    return undefined;
  }

  return { find, forget: () => answers.clear() };
}
