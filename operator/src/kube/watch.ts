import { ApiError, type Status } from './errors.ts';
import { collectionPath, type KubeObject, type ResourceKind } from './resource.ts';
import type { Transport } from './transport.ts';

export interface WatchOptions {
  namespace?: string;
  labelSelector?: string;
  fieldSelector?: string;
  /** Events after this version are sent. */
  resourceVersion: string;
  /** Seconds after which the server ends the watch. */
  timeoutSeconds: number;
  /** Milliseconds without a byte after which the watch counts as dead. */
  silenceMs: number;
  signal: AbortSignal;
}

/** A BOOKMARK's object has nothing but kind and `metadata.resourceVersion`. */
export interface WatchEvent<T> {
  type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK';
  object: T;
}

/**
 * The events of one watch, until the server ends it. Throws `ApiError` for a refusal and for an ERROR event (410 when the version is too
 * old), `UnreachableError` when the connection is cut or silent, and the signal's reason.
 */
export async function* watchEvents<T extends KubeObject>(
  transport: Transport,
  kind: ResourceKind<T>,
  options: WatchOptions,
): AsyncGenerator<WatchEvent<T>, void, void> {
  const { resourceVersion, timeoutSeconds, labelSelector, fieldSelector, silenceMs, signal } = options;
  const path = collectionPath(kind, options.namespace);
  const query = {
    watch: true,
    allowWatchBookmarks: true,
    resourceVersion,
    timeoutSeconds,
    labelSelector,
    fieldSelector,
  };
  for await (const line of transport.lines({ path, query, silenceMs, signal })) {
    const event = JSON.parse(line) as WatchEvent<T> | { type: 'ERROR'; object: Status };
    if (event.type === 'ERROR') {
      throw new ApiError(
        { ...event.object, code: event.object.code ?? 500 },
        { request: `GET ${path} (watch)` },
      );
    }
    yield event;
  }
}
