import { expect } from 'vitest';
import type { Check } from '../check.ts';
import { digestOf, octets, type Registry, types, withDigest } from '../registry.ts';
import { users } from '../setups.ts';
import { tokenFor } from '../token.ts';

function basic(user: string, password: string): { authorization: string } {
  return { authorization: `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}` };
}

const alice = basic('alice', users.alice);
const bob = basic('bob', users.bob);

/** Status of a single POST of a blob and of GET of the repository's tags. */
async function tryPush(
  registry: Registry,
  repository: string,
  headers: Record<string, string>,
): Promise<number> {
  const content = `pushed to ${repository}`;
  const path = withDigest(`/v2/${repository}/blobs/uploads/`, digestOf(content));
  return (await registry.call('POST', path, { body: content, headers: { ...octets, ...headers } })).status;
}

async function pushTag(
  registry: Registry,
  repository: string,
  headers: Record<string, string>,
): Promise<void> {
  expect(await tryPush(registry, repository, headers)).toBe(201);
  const config = digestOf(`pushed to ${repository}`);
  const size = `pushed to ${repository}`.length;
  const answer = await registry.call('PUT', `/v2/${repository}/manifests/latest`, {
    body: JSON.stringify({
      schemaVersion: 2,
      mediaType: types.manifest,
      config: { mediaType: types.config, digest: config, size },
      layers: [],
    }),
    headers: { ...headers, 'content-type': types.manifest },
  });
  expect(answer.status).toBe(201);
}

/** Authentication and access rules. */
export const access: readonly Check[] = [
  {
    title: 'htpasswd: right passwords are taken, others are challenged',
    shows: ['B1', 'B23', 'error:UNAUTHORIZED'],
    setup: 'htpasswd',
    async run(registry) {
      const { repository } = registry;
      const refused = [
        {},
        basic('alice', 'wrong'),
        basic('nobody', users.alice),
        // Its entry in the file is of a hash other than bcrypt.
        basic('carol', 'carol-password'),
        { authorization: 'Basic no-base64' },
        { authorization: 'Bearer token' },
      ];
      for (const headers of refused) {
        for (const path of [
          '/v2/',
          '/v2/_catalog',
          `/v2/${repository}/tags/list`,
          `/v2/${repository}/blobs/${digestOf('x')}`,
        ]) {
          const answer = await registry.call('GET', path, { headers });
          expect([path, answer.status, answer.codes()]).toEqual([path, 401, ['UNAUTHORIZED']]);
          expect(answer.headers['www-authenticate']).toBe('Basic realm="conformance"');
          expect(answer.headers['docker-distribution-api-version']).toBe('registry/2.0');
        }
        expect(await tryPush(registry, repository, headers)).toBe(401);
      }
      for (const headers of [alice, bob]) {
        expect((await registry.call('GET', '/v2/', { headers })).status).toBe(200);
        await pushTag(registry, repository, headers);
        expect((await registry.call('GET', `/v2/${repository}/manifests/latest`, { headers })).status).toBe(
          200,
        );
      }
    },
  },
  {
    title: 'a flood of passwords is answered 429 with Retry-After',
    shows: ['errors-5', 'error:TOOMANYREQUESTS'],
    setup: 'slow htpasswd',
    async run(registry) {
      const clients = [registry];
      while (clients.length < 16) clients.push(await registry.at('slow htpasswd'));
      const stop = new AbortController();
      const flood = clients.flatMap((client, number) =>
        Array.from({ length: 100 }, async (_, index) => {
          const headers = basic('slow', `wrong ${number} ${index}`);
          const answer = await client.call('GET', '/v2/', { headers, signal: stop.signal });
          if (answer.status === 429) {
            expect(answer.headers['retry-after']).toMatch(/^\d+$/);
            stop.abort();
          }
        }),
      );
      await Promise.allSettled(flood);
      expect(stop.signal.aborted).toBe(true);
    },
  },
  {
    title: 'silly: any Authorization is enough, none is challenged',
    shows: ['B25', 'error:UNAUTHORIZED'],
    setup: 'silly',
    async run(registry) {
      const { repository } = registry;
      const base = await registry.call('GET', '/v2/');
      expect([base.status, base.headers['www-authenticate']]).toEqual([
        401,
        'Bearer realm="silly-realm",service="silly-service"',
      ]);
      const tags = await registry.call('GET', `/v2/${repository}/tags/list`);
      expect(tags.headers['www-authenticate']).toBe(
        `Bearer realm="silly-realm",service="silly-service",scope="repository:${repository}:pull"`,
      );
      const headers = { authorization: 'seriously, anything' };
      await pushTag(registry, repository, headers);
      expect((await registry.call('GET', `/v2/${repository}/manifests/latest`, { headers })).status).toBe(
        200,
      );
    },
  },
  {
    title: 'token: a challenge names what is missing, a token gives it',
    shows: ['B24', 'error:UNAUTHORIZED'],
    setup: 'token',
    async run(registry) {
      const { repository } = registry;
      const challenge = async (method: string, path: string, authorization?: string): Promise<string> => {
        const headers: Record<string, string> = authorization === undefined ? {} : { authorization };
        const answer = await registry.call(method, path, { headers });
        expect([method, path, answer.status]).toEqual([method, path, 401]);
        return answer.headers['www-authenticate'] ?? '';
      };
      const start = 'Bearer realm="https://auth.conformance/token",service="conformance"';
      expect(await challenge('GET', '/v2/')).toBe(start);
      expect(await challenge('GET', `/v2/${repository}/tags/list`)).toBe(
        `${start},scope="repository:${repository}:pull"`,
      );
      expect(await challenge('POST', `/v2/${repository}/blobs/uploads/`)).toContain(
        `${repository}:pull,push`,
      );
      expect(await challenge('DELETE', `/v2/${repository}/manifests/latest`)).toContain(
        `${repository}:delete`,
      );
      expect(await challenge('GET', '/v2/_catalog')).toContain('registry:catalog:*');

      const grant = (...actions: string[]): string =>
        tokenFor([{ type: 'repository', name: repository, actions }]);
      await pushTag(registry, repository, { authorization: grant('pull', 'push') });
      const pull = { authorization: grant('pull') };
      expect((await registry.call('GET', '/v2/', { headers: pull })).status).toBe(200);
      expect(
        (await registry.call('GET', `/v2/${repository}/manifests/latest`, { headers: pull })).status,
      ).toBe(200);
      expect(await challenge('POST', `/v2/${repository}/blobs/uploads/`, grant('pull'))).toContain(
        'error="insufficient_scope"',
      );
      expect(await challenge('GET', `/v2/${repository}/other/tags/list`, grant('pull'))).toContain(
        'insufficient_scope',
      );

      const now = Math.floor(Date.now() / 1000);
      const all = [{ type: 'repository', name: repository, actions: ['*'] }];
      const wrong = [
        tokenFor(all, { iss: 'somebody else' }),
        tokenFor(all, { aud: 'another service' }),
        tokenFor(all, { exp: now - 3600 }),
        tokenFor(all, { nbf: now + 3600 }),
        `${grant('pull').slice(0, -6)}AAAAAA`,
        'Bearer no-token',
      ];
      for (const token of wrong)
        expect(await challenge('GET', `/v2/${repository}/tags/list`, token)).toContain(start);
    },
  },
  {
    title: 'access rules: anonymous pull, a user who may only pull, patterns',
    shows: ['B40', 'error:DENIED', 'error:UNAUTHORIZED'],
    setup: 'access rules',
    async run(registry) {
      const id = registry.repository.replace('/', '-');
      const [open, closed, outside] = [`public/${id}`, `private/${id}`, `outside/${id}`];
      await pushTag(registry, open, alice);
      await pushTag(registry, closed, alice);
      expect(await tryPush(registry, outside, alice)).toBe(403);
      expect(await tryPush(registry, open, bob)).toBe(403);
      expect(await tryPush(registry, open, {})).toBe(401);

      const pulls = async (repository: string, headers: Record<string, string>): Promise<number[]> => {
        const config = digestOf(`pushed to ${repository}`);
        const paths = ['manifests/latest', 'tags/list', `blobs/${config}`, `referrers/${config}`];
        const answers = paths.map((path) => registry.call('GET', `/v2/${repository}/${path}`, { headers }));
        return (await Promise.all(answers)).map(({ status }) => status);
      };
      expect(await pulls(open, {})).toEqual([200, 200, 200, 200]);
      expect(await pulls(closed, {})).toEqual([401, 401, 401, 401]);
      expect(await pulls(closed, bob)).toEqual([200, 200, 200, 200]);
      expect(await pulls(closed, basic('alice', 'wrong'))).toEqual([401, 401, 401, 401]);

      const catalog = async (headers: Record<string, string>): Promise<string[]> => {
        const answer = await registry.call('GET', '/v2/_catalog', { headers });
        expect(answer.status).toBe(200);
        return (answer.json() as { repositories: string[] }).repositories.filter((name) => name.endsWith(id));
      };
      expect(await catalog({})).toEqual([open]);
      expect(await catalog(bob)).toEqual([closed, open]);

      const secret = digestOf(`pushed to ${closed}`);
      const mount = `/v2/${open}/blobs/uploads/?mount=${secret}`;
      expect((await registry.call('POST', `${mount}&from=${closed}`, { headers: bob })).status).toBe(403);
      expect((await registry.call('POST', `${mount}&from=${closed}`, { headers: alice })).status).toBe(201);
      for (const what of ['manifests/latest', `blobs/${digestOf(`pushed to ${open}`)}`]) {
        const path = `/v2/${open}/${what}`;
        expect((await registry.call('DELETE', path, { headers: bob })).status).toBe(403);
        expect((await registry.call('DELETE', path)).status).toBe(401);
        expect((await registry.call('DELETE', path, { headers: alice })).status).toBe(202);
      }
    },
  },
];
