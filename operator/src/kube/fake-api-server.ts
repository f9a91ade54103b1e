import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { KubeConfig } from '@kubernetes/client-node';
import type { KubeObject, Manifest } from './resource.ts';

export interface SeenRequest {
  method: string;
  path: string;
  query: URLSearchParams;
  headers: IncomingMessage['headers'];
  body: string;
}

/** Takes a request over when it answers true. */
export type Fault = (request: SeenRequest, response: ServerResponse) => boolean;

/** For tests: a real HTTP server that keeps one collection with the API server's list, watch and conflict semantics. */
export interface FakeApiServer {
  readonly kubeConfig: KubeConfig;
  readonly requests: SeenRequest[];
  readonly connections: () => number;
  readonly openWatches: () => number;
  /** Asked first for each request, in this order, until one takes it. */
  readonly faults: Fault[];
  put(object: KubeObject & Pick<Manifest, 'spec'>): KubeObject;
  remove(name: string): void;
  bookmark(): void;
  /** Forgets all events so far: a watch from an older version is answered 410. */
  compact(): void;
  /** Writes a text into every open watch. */
  writeToWatches(text: string): void;
  /** Ends every open watch, cleanly or by cutting its connection. */
  endWatches(how: 'cleanly' | 'cut'): void;
  close(): Promise<void>;
}

interface Collection {
  objects: Map<string, KubeObject>;
  events: { version: number; line: string }[];
  version: number;
  compacted: number;
}

/** Serves objects under `collectionPath`, such as `/api/v1/namespaces/ns/configmaps`. */
export async function startFakeApiServer(collectionPath: string): Promise<FakeApiServer> {
  const collection: Collection = { objects: new Map(), events: [], version: 1, compacted: 0 };
  const watches = new Set<ServerResponse>();
  const requests: SeenRequest[] = [];
  const faults: Fault[] = [];
  let connections = 0;

  function publish(type: string, object: KubeObject): void {
    const line = `${JSON.stringify({ type, object })}\n`;
    if (type !== 'BOOKMARK') collection.events.push({ version: collection.version, line });
    for (const watch of watches) watch.write(line);
  }

  function put(object: KubeObject): KubeObject {
    collection.version += 1;
    const known = collection.objects.get(object.metadata.name);
    const resourceVersion = String(collection.version);
    const uid = object.metadata.uid ?? known?.metadata.uid ?? crypto.randomUUID();
    const stored = { ...object, metadata: { ...object.metadata, resourceVersion, uid } };
    collection.objects.set(object.metadata.name, stored);
    publish(known === undefined ? 'ADDED' : 'MODIFIED', stored);
    return stored;
  }

  function remove(name: string): void {
    const known = collection.objects.get(name);
    if (known === undefined) return;
    collection.version += 1;
    collection.objects.delete(name);
    publish('DELETED', {
      ...known,
      metadata: { ...known.metadata, resourceVersion: String(collection.version) },
    });
  }

  function watch(request: SeenRequest, response: ServerResponse): void {
    const from = Number(request.query.get('resourceVersion'));
    if (from < collection.compacted) {
      answerStatus(response, 410, 'Expired');
      return;
    }
    response.writeHead(200, { 'content-type': 'application/json' }).flushHeaders();
    for (const event of collection.events) if (event.version > from) response.write(event.line);
    watches.add(response);
    response.once('close', () => watches.delete(response));
  }

  function list(request: SeenRequest, response: ServerResponse): void {
    const limit = Number(request.query.get('limit') ?? 0) || Infinity;
    const offset = Number(request.query.get('continue') ?? 0);
    const all = [...collection.objects.values()];
    const more = offset + limit < all.length ? { continue: String(offset + limit) } : {};
    const metadata = { resourceVersion: String(collection.version), ...more };
    answer(response, 200, { kind: 'List', metadata, items: all.slice(offset, offset + limit) });
  }

  function write(request: SeenRequest, response: ServerResponse): void {
    const object = JSON.parse(request.body) as KubeObject;
    const known = collection.objects.get(object.metadata.name);
    if (request.method === 'POST' && known !== undefined) answerStatus(response, 409, 'AlreadyExists');
    else if (request.method === 'PUT' && known === undefined) answerStatus(response, 404, 'NotFound');
    else if (
      request.method === 'PUT' &&
      known?.metadata.resourceVersion !== object.metadata.resourceVersion
    ) {
      answerStatus(response, 409, 'Conflict');
    } else answer(response, 200, put(object));
  }

  function serve(request: SeenRequest, response: ServerResponse): void {
    if (faults.some((fault) => fault(request, response))) return;
    if (request.method !== 'GET') write(request, response);
    else if (request.path !== collectionPath) {
      const object = collection.objects.get(request.path.slice(collectionPath.length + 1));
      if (object === undefined) answerStatus(response, 404, 'NotFound');
      else answer(response, 200, object);
    } else if (request.query.get('watch') === 'true') watch(request, response);
    else list(request, response);
  }

  async function receive(message: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await text(message);
    const url = new URL(message.url ?? '/', 'http://localhost');
    const { method = 'GET', headers } = message;
    const request: SeenRequest = { method, path: url.pathname, query: url.searchParams, headers, body };
    requests.push(request);
    serve(request, response);
  }

  const server = createServer((message, response) => {
    void receive(message, response);
  });
  server.on('connection', () => (connections += 1));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');

  return {
    kubeConfig: kubeConfigFor((server.address() as AddressInfo).port),
    requests,
    connections: () => connections,
    openWatches: () => watches.size,
    faults,
    put,
    remove,
    bookmark: () =>
      publish('BOOKMARK', { metadata: { name: '', resourceVersion: String(collection.version) } }),
    compact(): void {
      collection.compacted = collection.version;
      collection.events = [];
    },
    writeToWatches: (text) => watches.forEach((watch) => watch.write(text)),
    endWatches: (how) => watches.forEach((watch) => (how === 'cut' ? watch.destroy() : watch.end())),
    async close(): Promise<void> {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}

export function answer(response: ServerResponse, code: number, body: unknown): void {
  response.writeHead(code, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}

export function answerStatus(response: ServerResponse, code: number, reason: string): void {
  answer(response, code, { kind: 'Status', code, reason, message: `${reason}: by the test` });
}

/** A fault that takes over the first `times` requests that `matches`. */
export function failing(
  times: number,
  matches: (request: SeenRequest) => boolean,
  respond: (response: ServerResponse) => void,
): Fault {
  let left = times;
  return (request, response) => {
    if (left === 0 || !matches(request)) return false;
    left -= 1;
    respond(response);
    return true;
  };
}

function kubeConfigFor(port: number): KubeConfig {
  const kubeConfig = new KubeConfig();
  kubeConfig.loadFromOptions({
    clusters: [{ name: 'fake', server: `http://127.0.0.1:${port}`, skipTLSVerify: true }],
    users: [{ name: 'user', token: 'a-token' }],
    contexts: [{ name: 'fake', cluster: 'fake', user: 'user' }],
    currentContext: 'fake',
  });
  return kubeConfig;
}
