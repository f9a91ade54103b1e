import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pino from 'pino';
import { onTestFinished } from 'vitest';
import { createAccessController } from '../auth/index.ts';
import { parseConfig } from '../config/index.ts';
import { type Digest, digestOf } from '../registry/digest.ts';
import { type ControlledGate, createCommitGate } from '../registry/gate.ts';
import { createRegistry } from '../registry/index.ts';
import { mediaTypes } from '../registry/manifest-format.ts';
import type { StorageDriver } from '../storage/driver.ts';
import { createFilesystemDriver } from '../storage/filesystem.ts';
import { createApp } from './app.ts';

/** A registry on port 0 with an empty store, for the tests of the endpoints; it ends with the test. */
export interface TestServer {
  readonly url: string;
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

/**
 * @param options.yaml what follows `version: 0.1` in config.yml
 * @param options.rootDirectory the store of another test server, to be its second process
 */
export async function startServer(
  options: { yaml?: string; htpasswd?: string; rootDirectory?: string } = {},
): Promise<TestServer> {
  const rootDirectory = options.rootDirectory ?? (await mkdtemp(join(tmpdir(), 'wharfinger-http-')));
  const { config } = parseConfig(`version: 0.1\n${options.yaml ?? 'storage: {delete: {enabled: true}}'}`, {
    REGISTRY_HTTP_SECRET: 'shared',
  });
  const log: Record<string, unknown>[] = [];
  const driver = createFilesystemDriver({ rootDirectory });
  const gate = createCommitGate({ holdTimeoutMs: 300, limit: 100 });
  const app = createApp({
    config,
    registry: createRegistry({ driver, gate, config }),
    access: createAccessController(config.auth, { htpasswdText: options.htpasswd ?? '' }),
    log: pino(
      { base: null },
      { write: (line) => void log.push(JSON.parse(line) as Record<string, unknown>) },
    ),
    version: 'test',
  });
  const server = createServer(app);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
    await rm(rootDirectory, { recursive: true, force: true, maxRetries: 3 });
  });
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

  function request(method: string, path: string, init: RequestInit = {}): Promise<Response> {
    return fetch(new URL(path, url), { method, redirect: 'manual', ...init });
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

  return { url, rootDirectory, driver, gate, log, request, pushBlob, pushImage };
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
