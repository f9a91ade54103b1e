import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import type { AddressInfo, Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import pino from 'pino';
import { onTestFinished } from 'vitest';
import { createAccessController } from '../auth/index.ts';
import type { TokenKeyTexts } from '../auth/token-keys.ts';
import { parseConfig } from '../config/index.ts';
import { type ConfiguredMiddleware, loadMiddleware } from '../middleware/apply.ts';
import { noRedirects } from '../middleware/redirects.ts';
import { type Digest, digestOf } from '../registry/digest.ts';
import { type ControlledGate, createCommitGate } from '../registry/gate.ts';
import { createRegistry } from '../registry/index.ts';
import { createJournal } from '../registry/journal.ts';
import { mediaTypes } from '../registry/manifest-format.ts';
import type { StorageDriver } from '../storage/driver.ts';
import { createFilesystemDriver } from '../storage/filesystem.ts';
import { createRegistryServer } from '../supervisor/registry-server.ts';
import { tlsPolicyOf } from '../tls/policy.ts';
import { makeTestCertificate, type TestCertificate } from '../tls/test-certificates.ts';
import { type AppHandler, createApp } from './app.ts';
import type { HealthGate } from './health-gate.ts';
import {
  createTransportClient,
  toResponse,
  type Transport,
  type TransportClient,
  type TransportRequest,
  transports,
} from './transport-client.ts';

/** A registry on port 0 with an empty store, for the tests of the endpoints; it ends with the test. */
export interface TestServer {
  readonly url: string;
  /** Talks over the transport that was asked for. */
  readonly client: TransportClient;
  readonly rootDirectory: string;
  readonly driver: StorageDriver;
  readonly gate: ControlledGate;
  /** Lines of the log, parsed. */
  readonly log: Record<string, unknown>[];
  request(method: string, path: string, init?: RequestInit): Promise<Response>;
  pushBlob(repository: string, content: string): Promise<Digest>;
  /** Pushes an image of one layer; `extra` goes into its manifest. */
  pushImage(
    repository: string,
    reference: string,
    layer: string,
    extra?: object,
  ): Promise<{ digest: Digest; layer: Digest; config: Digest }>;
}

/** So that the same tests can be run over each of them. */
const usualTransport =
  transports.find((transport) => transport === process.env['WHARFINGER_TEST_TRANSPORT']) ?? 'http1';

let certificate: TestCertificate | undefined;

interface TestServerOptions {
  readonly yaml?: string;
  readonly htpasswd?: string;
  readonly tokenKeys?: TokenKeyTexts;
  readonly rootDirectory?: string;
  readonly transport?: Transport;
  readonly middleware?: ConfiguredMiddleware;
  readonly health?: HealthGate;
}

async function createTestApp(
  options: TestServerOptions,
  parts: Pick<TestServer, 'driver' | 'gate' | 'log'>,
): Promise<AppHandler> {
  const { config } = parseConfig(`version: 0.1\n${options.yaml ?? 'storage: {delete: {enabled: true}}'}`, {
    REGISTRY_HTTP_SECRET: 'shared',
  });
  const write = (line: string): void => void parts.log.push(JSON.parse(line) as Record<string, unknown>);
  const log = pino({ base: null }, { write });
  const middleware = options.middleware ?? (await loadMiddleware(config.middleware, log));
  const { driver, redirects } = await middleware.storage({ driver: parts.driver, redirects: noRedirects });
  return createApp({
    config,
    registry: await middleware.registry(await createRegistry({ driver, gate: parts.gate, config })),
    access: await createAccessController(config, {
      htpasswd: options.htpasswd ?? null,
      tokenKeys: options.tokenKeys ?? null,
    }),
    log,
    version: 'test',
    health: options.health,
    redirects,
    repositoryMiddleware: middleware.repository,
  });
}

/**
 * @param options.transport what `client` and `request` talk; without, HTTP/1.1 or what WHARFINGER_TEST_TRANSPORT names
 * @param options.yaml what follows `version: 0.1` in config.yml
 * @param options.middleware in place of what the config names
 * @param options.rootDirectory the store of another test server, to be its second process
 */
export async function startServer(options: TestServerOptions = {}): Promise<TestServer> {
  const rootDirectory = options.rootDirectory ?? (await mkdtemp(join(tmpdir(), 'wharfinger-http-')));
  const log: Record<string, unknown>[] = [];
  const driver = createFilesystemDriver({ rootDirectory });
  const journal = createJournal({ driver, process: randomUUID() });
  const gate = createCommitGate({ holdTimeoutMs: 300, limit: 100, journal });
  const app = await createTestApp(options, { driver, gate, log });
  const { transport = usualTransport } = options;
  const secure = transport === 'http1-tls' || transport === 'http2-tls';
  if (secure) certificate ??= makeTestCertificate('test');
  const { listener, http1, http2 } = createRegistryServer({
    tls:
      secure && certificate
        ? { material: { ...certificate, clientCas: [] }, policy: tlsPolicyOf(usualTls()) }
        : null,
    http2: true,
  });
  http1.on('request', app);
  http2?.on('request', app);
  const sockets = new Set<Socket>();
  listener.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve));
  const { port } = listener.address() as AddressInfo;
  const authority = `127.0.0.1:${port}`;
  const url = `${secure ? 'https' : 'http'}://${authority}`;
  const client = createTransportClient({ transport, authority, ca: certificate?.certificate });
  onTestFinished(async () => {
    client.close();
    const closed = new Promise((resolve) => listener.close(resolve));
    for (const socket of sockets) socket.destroy();
    await closed;
    await rm(rootDirectory, { recursive: true, force: true, maxRetries: 3 });
  });

  async function request(method: string, path: string, init: RequestInit = {}): Promise<Response> {
    if (transport === 'http1') return fetch(new URL(path, url), { method, redirect: 'manual', ...init });
    const { pathname, search } = new URL(path, url);
    const answer = await client.request(method, pathname + search, {
      headers: Object.fromEntries(new Headers(init.headers)),
      ...(init.body && { body: await bodyOf(init.body) }),
      ...(init.signal && { signal: init.signal }),
    });
    return toResponse(answer);
  }

  async function pushBlob(repository: string, content: string): Promise<Digest> {
    const digest = digestOf(content);
    const response = await request('POST', `/v2/${repository}/blobs/uploads/?digest=${digest}`, {
      body: content,
    });
    if (response.status !== 201) throw new Error(`blob: ${response.status} ${await response.text()}`);
    return digest;
  }

  async function pushImage(
    repository: string,
    reference: string,
    layer: string,
    extra: object = {},
  ): ReturnType<TestServer['pushImage']> {
    const config = await pushBlob(repository, '{}');
    const layerDigest = await pushBlob(repository, layer);
    const content = imageManifest({ config, layers: [[layerDigest, layer.length]], extra });
    const response = await request('PUT', `/v2/${repository}/manifests/${reference}`, {
      body: content,
      headers: { 'Content-Type': mediaTypes.ociManifest },
    });
    if (response.status !== 201) throw new Error(`manifest: ${response.status} ${await response.text()}`);
    return { digest: digestOf(content), layer: layerDigest, config };
  }

  return { url, client, rootDirectory, driver, gate, log, request, pushBlob, pushImage };
}

async function bodyOf(body: NonNullable<RequestInit['body']>): Promise<TransportRequest['body']> {
  if (typeof body === 'string' || body instanceof Uint8Array) return body;
  if (body instanceof ReadableStream) return Readable.fromWeb(body);
  return new Uint8Array(await new Response(body).arrayBuffer());
}

function usualTls(): Parameters<typeof tlsPolicyOf>[0] {
  const { config } = parseConfig(
    'version: 0.1\nstorage: inmemory\nhttp: {tls: {certificate: given, key: given}}',
    {},
  );
  if (!config.http.tls) throw new Error('the config has no http.tls');
  return config.http.tls;
}

/** The text of an OCI image manifest. */
export function imageManifest(options: {
  config: Digest;
  layers: [Digest, number][];
  extra?: object;
}): string {
  return JSON.stringify({
    schemaVersion: 2,
    mediaType: mediaTypes.ociManifest,
    config: { mediaType: 'application/vnd.oci.image.config.v1+json', digest: options.config, size: 2 },
    layers: options.layers.map(([digest, size]) => {
      return { mediaType: 'application/vnd.oci.image.layer.v1.tar', digest, size };
    }),
    ...options.extra,
  });
}

/** The error codes of an answer. */
export async function codesOf(response: Response): Promise<string[]> {
  const { errors } = (await response.json()) as { errors: { code: string }[] };
  return errors.map(({ code }) => code);
}
