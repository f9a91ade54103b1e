import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Http2ServerRequest, Http2ServerResponse } from 'node:http2';

/** Finished requests that are alike; `seconds` is the sum of their durations. */
export interface RequestCount {
  readonly handler: string;
  readonly method: string;
  readonly code: string;
  readonly count: number;
  readonly seconds: number;
}

export interface RequestCounts {
  begin(request: IncomingMessage | Http2ServerRequest, response: ServerResponse | Http2ServerResponse): void;
  /** What finished since the last call. */
  take(): RequestCount[];
}

/** Names of distribution's handlers, by the last parts of a path. */
const handlers: readonly (readonly [RegExp, string])[] = [
  [/^\/v2\/?$/, 'base'],
  [/\/v2\/_catalog$/, 'catalog'],
  [/\/tags\/list$/, 'tags'],
  [/\/manifests\/[^/]+$/, 'manifest'],
  [/\/blobs\/uploads\/?$/, 'blob_upload'],
  [/\/blobs\/uploads\/[^/]+$/, 'blob_upload_chunk'],
  [/\/blobs\/[^/]+$/, 'blob'],
  [/\/referrers\/[^/]+$/, 'referrers'],
];

/** The handler of a request's URL as distribution's metrics name it; `other` for what is no registry path. */
export function handlerOf(url: string): string {
  const end = url.indexOf('?');
  const path = end < 0 ? url : url.slice(0, end);
  return handlers.find(([pattern]) => pattern.test(path))?.[1] ?? 'other';
}

const methods = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']);

/** Counts requests in groups that no client can multiply at will. */
export function countRequests(): RequestCounts {
  let groups = new Map<string, { -readonly [K in keyof RequestCount]: RequestCount[K] }>();

  function end(request: { url?: string; method?: string }, code: string, began: number): void {
    const handler = handlerOf(request.url ?? '');
    const method = methods.has(request.method ?? '') ? (request.method ?? '').toLowerCase() : 'other';
    const key = `${handler} ${method} ${code}`;
    const group = groups.get(key) ?? { handler, method, code, count: 0, seconds: 0 };
    group.count++;
    group.seconds += (performance.now() - began) / 1000;
    groups.set(key, group);
  }

  return {
    begin(request, response) {
      const began = performance.now();
      response.once('close', () => end(request, String(response.statusCode), began));
    },
    take() {
      const taken = [...groups.values()];
      groups = new Map();
      return taken;
    },
  };
}
