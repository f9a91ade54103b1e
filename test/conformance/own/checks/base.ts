import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { expect } from 'vitest';
import type { Check } from '../check.ts';
import { digestOf, expectStatus, location, octets, type Registry } from '../registry.ts';
import { healthFile } from '../setups.ts';

/** What the header `common` says about every answer. */
async function expectOnEvery(registry: Registry, name: string, value: string): Promise<void> {
  const image = await registry.pushImage('latest');
  const base = `/v2/${registry.repository}`;
  const calls: [string, string][] = [
    ['GET', '/v2/'],
    ['HEAD', '/v2/'],
    ['GET', '/v2/_catalog'],
    ['GET', `${base}/tags/list`],
    ['GET', `${base}/manifests/${image.digest}`],
    ['GET', `${base}/manifests/missing`],
    ['POST', `${base}/blobs/uploads/`],
    ['DELETE', `${base}/manifests/${image.digest}`],
    ['POST', '/v2/'],
    ['GET', '/elsewhere'],
  ];
  for (const [method, path] of calls) {
    const answer = await registry.call(method, path);
    expect([method, path, answer.headers[name]]).toEqual([method, path, value]);
  }
}

/** The base, what HTTP asks for, errors, and what surrounds the protocol. */
export const base: readonly Check[] = [
  {
    title: 'the base answers 200',
    shows: ['api-2', 'B1'],
    async run(registry) {
      for (const path of ['/v2/', '/v2'])
        for (const method of ['GET', 'HEAD'])
          expect([method, path, (await registry.call(method, path)).status]).toEqual([method, path, 200]);
    },
  },
  {
    title: 'every answer names the version of the API and forbids guessing of types',
    shows: ['B1'],
    async run(registry) {
      await expectOnEvery(registry, 'docker-distribution-api-version', 'registry/2.0');
      await expectOnEvery(registry, 'x-content-type-options', 'nosniff');
    },
  },
  {
    title: 'configured headers are on every answer',
    shows: ['B13', 'B28'],
    run: (registry) => expectOnEvery(registry, 'x-conformance', 'a, b'),
  },
  {
    title: 'replicas with one REGISTRY_HTTP_SECRET know the uploads of each other',
    shows: ['B13', 'B28'],
    setup: 'read-only',
    async run(registry) {
      const writable = await registry.at('standard');
      const { pathname, search } = new URL(await writable.startUpload(), 'http://x');
      expect(search).toMatch(/_state=/);
      const answer = await registry.call('GET', `${pathname}${search}`);
      expect(answer.status).toBe(204);
    },
  },
  {
    title: 'another method is answered 405 with Allow',
    shows: ['api-1', 'B8', 'error:UNSUPPORTED'],
    async run(registry) {
      const base = `/v2/${registry.repository}`;
      const digest = digestOf('x');
      const wrong = [
        ['POST', '/v2/'],
        ['DELETE', '/v2/_catalog'],
        ['PUT', `${base}/tags/list`],
        ['PATCH', `${base}/manifests/latest`],
        ['PUT', `${base}/blobs/${digest}`],
        ['DELETE', `${base}/referrers/${digest}`],
        ['GET', `${base}/blobs/uploads/`],
      ] as const;
      for (const [method, path] of wrong) {
        const answer = await registry.call(method, path);
        expect([method, path, answer.status, answer.codes()]).toEqual([method, path, 405, ['UNSUPPORTED']]);
        expect((answer.headers['allow'] ?? '').split(', ')).not.toContain(method);
        expect(answer.headers['allow']).toMatch(/^[A-Z]+(, [A-Z]+)*$/);
      }
    },
  },
  {
    title: 'errors are JSON of the form of the specification, on every endpoint',
    shows: ['errors-1', 'errors-2', 'errors-3', 'errors-4', 'warnings-1', 'warnings-2', 'B8'],
    async run(registry) {
      await registry.pushImage('latest');
      const base = `/v2/${registry.repository}`;
      const calls = [
        ['GET', `${base}/manifests/missing`],
        ['PUT', `${base}/manifests/latest`],
        ['GET', `${base}/blobs/${digestOf('missing')}`],
        ['GET', `${base}/blobs/wrong`],
        ['GET', `${base}/blobs/uploads/missing`],
        ['GET', `${base}/tags/list?n=-1`],
        ['GET', `${base}/referrers/wrong`],
        ['GET', '/v2/Wrong/tags/list'],
        ['GET', '/v2/%zz/tags/list'],
        ['GET', '/v2/a%00b/tags/list'],
        ['GET', '/elsewhere'],
      ] as const;
      for (const [method, path] of calls) {
        // The form itself is what the rules for all answers look at.
        const answer = await registry.call(method, path);
        expect([method, path, answer.headers['content-type']]).toEqual([
          method,
          path,
          expect.stringMatching(/^application\/json/),
        ]);
        expect(answer.status).toBeGreaterThanOrEqual(400);
        expect(answer.status).toBeLessThan(500);
        expect(answer.codes().length).toBeGreaterThan(0);
      }
    },
  },
  {
    title: 'ns of a proxy client is ignored and not claimed to be used',
    shows: ['proxy-1'],
    async run(registry) {
      const image = await registry.pushImage('latest');
      const digest = await registry.pushBlob('x');
      for (const path of ['manifests/latest', `manifests/${image.digest}`, `blobs/${digest}`, 'tags/list']) {
        const answer = await registry.call('GET', `/v2/${registry.repository}/${path}?ns=docker.io`);
        expect([path, answer.status]).toEqual([path, 200]);
        expect(answer.headers).not.toHaveProperty('oci-namespace');
      }
    },
  },
  {
    title: 'Locations have prefix and host',
    shows: ['B28'],
    setup: 'prefix',
    async run(registry) {
      expect((await registry.call('GET', '/v2/')).status).toBe(404);
      expect((await registry.call('GET', '/base/v2/')).status).toBe(200);
      const started = expectStatus(
        await registry.call('POST', `/base/v2/${registry.repository}/blobs/uploads/`),
        202,
      );
      const start = `https://registry.conformance:8443/base/v2/${registry.repository}/blobs/`;
      expect(location(started)).toContain(`${start}uploads/`);
      const done = await registry.call('PUT', `${location(started)}&digest=${digestOf('x')}`, {
        body: 'x',
        headers: octets,
      });
      expect(location(done)).toBe(`${start}${digestOf('x')}`);
      for (const index of [0, 1]) {
        const body = JSON.stringify({
          schemaVersion: 2,
          mediaType: 'application/vnd.oci.image.index.v1+json',
          manifests: [],
        });
        const headers = { 'content-type': 'application/vnd.oci.image.index.v1+json' };
        const path = `/base/v2/${registry.repository}/manifests/tag${index}`;
        expectStatus(await registry.call('PUT', path, { body, headers }), 201);
      }
      const tags = await registry.call('GET', `/base/v2/${registry.repository}/tags/list?n=1`);
      expect(tags.headers['link']).toMatch(/\/base\/v2\//);
    },
  },
  {
    title: 'Locations are relative with relativeurls, and follow X-Forwarded-* without',
    shows: ['B28'],
    setup: 'relative',
    async run(registry) {
      const forwarded = { 'x-forwarded-proto': 'https', 'x-forwarded-host': 'outside.example' };
      const path = `/v2/${registry.repository}/blobs/uploads/`;
      const relative = await registry.call('POST', path, { headers: forwarded });
      expect(location(relative)).toMatch(new RegExp(`^${path}`));
      const standard = await registry.at('standard');
      const absolute = await standard.call('POST', path, { headers: forwarded });
      expect(location(absolute)).toMatch(new RegExp(`^https://outside\\.example${path}`));
      const own = await standard.call('POST', path);
      expect(location(own)).toMatch(new RegExp(`^https?://localhost:\\d+${path}`));
    },
  },
  {
    title: 'a registry whose health check fails answers 503 until it is well again',
    shows: ['B32', 'error:UNAVAILABLE'],
    setup: 'health',
    async run(registry) {
      const until = async (status: number): Promise<void> => {
        const deadline = Date.now() + 15_000;
        let answer = await registry.call('GET', '/v2/');
        while (answer.status !== status) {
          expect(Date.now()).toBeLessThan(deadline);
          await new Promise((resolve) => setTimeout(resolve, 100));
          answer = await registry.call('GET', '/v2/');
        }
        if (status === 503) expect(answer.headers['retry-after']).toMatch(/^\d+$/);
      };
      await until(200);
      mkdirSync(dirname(healthFile), { recursive: true });
      writeFileSync(healthFile, '');
      try {
        await until(503);
      } finally {
        rmSync(healthFile);
      }
      await until(200);
    },
  },
  {
    title: 'the store has the layout of distribution',
    shows: ['B12'],
    async run(registry) {
      const image = await registry.pushImage('latest');
      const content = 'a blob in its file';
      const blob = await registry.pushBlob(content);
      const v2 = join(registry.root, 'docker/registry/v2');
      const dataOf = (digest: string): string => {
        const hex = digest.slice('sha256:'.length);
        return readFileSync(join(v2, 'blobs/sha256', hex.slice(0, 2), hex, 'data'), 'utf8');
      };
      const linkOf = (path: string): string =>
        readFileSync(join(v2, 'repositories', registry.repository, path, 'link'), 'utf8');
      expect(dataOf(blob)).toBe(content);
      expect(dataOf(image.digest)).toBe(image.content);
      expect(linkOf(`_layers/${blob.replace(':', '/')}`)).toBe(blob);
      expect(linkOf(`_manifests/revisions/${image.digest.replace(':', '/')}`)).toBe(image.digest);
      expect(linkOf('_manifests/tags/latest/current')).toBe(image.digest);
      expect(linkOf(`_manifests/tags/latest/index/${image.digest.replace(':', '/')}`)).toBe(image.digest);
    },
  },
  {
    title: 'a store that cannot be written to is told as an error of the registry, without its paths',
    shows: ['B8', 'error:UNKNOWN'],
    async run(registry) {
      const directory = join(registry.root, 'docker/registry/v2/repositories', registry.repository);
      mkdirSync(directory, { recursive: true });
      const uploads = join(directory, '_uploads');
      // No directory of an upload can be made below a file.
      writeFileSync(uploads, '');
      const answer = await registry.call('POST', `/v2/${registry.repository}/blobs/uploads/`);
      rmSync(uploads);
      expect([answer.status, answer.codes()]).toEqual([500, ['UNKNOWN']]);
      expect(answer.text).not.toContain('_uploads');
      await registry.startUpload();
    },
  },
  {
    title: 'garbage-collect beside the live server frees what nothing refers to, and a push brings it back',
    shows: ['B36'],
    async run(registry) {
      const image = await registry.pushImage('gone');
      const kept = await registry.pushImage('kept');
      const { layers } = JSON.parse(image.content) as { layers: { digest: string }[] };
      const layer = layers[0]?.digest ?? '';
      const content = (await registry.call('GET', `/v2/${registry.repository}/blobs/${layer}`)).body;
      expectStatus(
        await registry.call('DELETE', `/v2/${registry.repository}/manifests/${image.digest}`),
        202,
      );
      const config = join(dirname(registry.root), 'config.yml');
      expect(existsSync(config)).toBe(true);
      const { stdout } = await promisify(execFile)(process.execPath, [
        'registry-image/src/main.ts',
        'garbage-collect',
        config,
      ]);
      expect(stdout).toContain(`blob eligible for deletion: ${layer}`);
      expect((await registry.call('HEAD', `/v2/${registry.repository}/blobs/${layer}`)).status).toBe(404);
      expect((await registry.call('GET', `/v2/${registry.repository}/manifests/kept`)).text).toBe(
        kept.content,
      );
      expect(await registry.pushBlob(content)).toBe(layer);
      expectStatus(await registry.putManifest('back', image), 201);
      expect((await registry.call('GET', `/v2/${registry.repository}/blobs/${layer}`)).body).toEqual(content);
    },
  },
];
