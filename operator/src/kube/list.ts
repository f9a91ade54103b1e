import { isExpired } from './errors.ts';
import { collectionPath, type KubeObject, type ResourceKind } from './resource.ts';
import type { Transport } from './transport.ts';

export interface ListPagesOptions<T> {
  namespace?: string;
  labelSelector?: string;
  fieldSelector?: string;
  pageSize?: number;
  signal?: AbortSignal;
  timeoutMs?: number;
  retries?: number;
  /** Applied page by page, so that what it drops never piles up. */
  transform?: (object: T) => T;
}

interface ListAnswer<T> {
  metadata: { resourceVersion?: string; continue?: string };
  items: T[] | null;
}

/**
 * All objects of a collection, read in pages of one consistent snapshot (no resourceVersion is asked for, so nothing older than
 * what was written before the call). When the snapshot expires between two pages, the whole is read in one piece.
 */
export async function listPages<T extends KubeObject>(
  transport: Transport,
  kind: ResourceKind<T>,
  options: ListPagesOptions<T>,
): Promise<{ items: T[]; resourceVersion: string }> {
  try {
    return await readPages(transport, kind, options, options.pageSize ?? 500);
  } catch (error) {
    if (!isExpired(error)) throw error;
    return readPages(transport, kind, options, undefined);
  }
}

async function readPages<T extends KubeObject>(
  transport: Transport,
  kind: ResourceKind<T>,
  options: ListPagesOptions<T>,
  limit: number | undefined,
): Promise<{ items: T[]; resourceVersion: string }> {
  const { labelSelector, fieldSelector, signal, timeoutMs, retries } = options;
  const path = collectionPath(kind, options.namespace);
  const items: T[] = [];
  let token: string | undefined;
  for (;;) {
    const query = { labelSelector, fieldSelector, limit, continue: token };
    const page = (await transport.request({
      method: 'GET',
      path,
      query,
      signal,
      timeoutMs,
      retries,
    })) as ListAnswer<T>;
    for (const item of page.items ?? []) {
      // Items of a list carry neither, but every other answer does.
      item.apiVersion ??= kind.apiVersion;
      item.kind ??= kind.kind;
      items.push(options.transform === undefined ? item : options.transform(item));
    }
    token = page.metadata.continue || undefined;
    if (token === undefined) return { items, resourceVersion: page.metadata.resourceVersion ?? '' };
  }
}
