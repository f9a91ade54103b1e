import { describe, expect, it, vi } from 'vitest';
import { mediaTypes } from '../registry/manifest-format.ts';
import { type Digest, digestOf } from '../registry/digest.ts';
import { blobDataPath, revisionPath } from '../storage/paths.ts';
import { codesOf, startServer, type TestServer } from './test-server.ts';

describe('GET /v2/<name>/referrers/<digest>', () => {
  it('lists what is about a manifest', async () => {
    const server = await startServer();
    const { digest } = await server.pushImage('a', 'v1', 'layer');
    const subject = { mediaType: mediaTypes.ociManifest, digest, size: 1 };
    const signature = await server.pushImage('a', 'sig', 'signature', {
      subject,
      artifactType: 'application/x-signature',
      annotations: { key: 'value' },
    });
    await server.pushImage('a', 'sbom', 'sbom', { subject, artifactType: 'application/x-sbom' });
    const all = await server.request('GET', `/v2/a/referrers/${digest}`);
    expect([all.status, all.headers.get('content-type')]).toEqual([200, mediaTypes.ociIndex]);
    expect(((await all.json()) as { manifests: unknown[] }).manifests).toHaveLength(2);
    const some = await server.request(
      'GET',
      `/v2/a/referrers/${digest}?artifactType=application/x-signature`,
    );
    expect(some.headers.get('oci-filters-applied')).toBe('artifactType');
    expect(await some.json()).toMatchObject({
      schemaVersion: 2,
      manifests: [
        { digest: signature.digest, artifactType: 'application/x-signature', annotations: { key: 'value' } },
      ],
    });
  });

  it('is empty for what nothing is about, and refuses what is no digest', async () => {
    const server = await startServer();
    const none = await server.request('GET', `/v2/a/referrers/${digestOf('x')}`);
    expect([none.status, await none.json()]).toMatchObject([200, { manifests: [] }]);
    const wrong = await server.request('GET', '/v2/a/referrers/v1');
    expect([wrong.status, await codesOf(wrong)]).toEqual([400, ['DIGEST_INVALID']]);
  });
});

it('come in pages that are no longer than a manifest may be', async () => {
  const server = await startServer();
  const subject = { mediaType: mediaTypes.ociManifest, digest: digestOf('subject'), size: 1 };
  for (const name of ['a', 'b', 'c']) {
    await server.pushImage('a', name, name, { subject, annotations: { name, long: 'x'.repeat(3_000_000) } });
  }
  const names: unknown[] = [];
  let path = `/v2/a/referrers/${subject.digest}?artifactType=${encodeURIComponent('application/vnd.oci.image.config.v1+json')}`;
  for (let pages = 0; path !== '' && pages < 5; pages++) {
    const response = await server.request('GET', path);
    const { manifests } = (await response.json()) as { manifests: { annotations: { name: string } }[] };
    expect(manifests).toHaveLength(1);
    names.push(manifests[0]?.annotations.name);
    path = /^<(.+)>; rel="next"$/.exec(response.headers.get('link') ?? '')?.[1] ?? '';
  }
  expect(new Set(names)).toEqual(new Set(['a', 'b', 'c']));
});

interface Index {
  readonly manifests: readonly { digest: Digest; artifactType?: string }[];
}

async function referrersOf(server: TestServer, path: string): Promise<Index['manifests']> {
  const response = await server.request('GET', path);
  expect([response.status, response.headers.get('content-type')]).toEqual([200, mediaTypes.ociIndex]);
  return ((await response.json()) as Index).manifests;
}

function about(digest: Digest): { subject: object } {
  return { subject: { mediaType: mediaTypes.ociManifest, digest, size: 1 } };
}

/** The tag of the referrers tag schema. */
function tagOf(digest: Digest): string {
  const [algorithm, hex = ''] = digest.split(':');
  return `${algorithm}-${hex.slice(0, 64)}`;
}

function putIndex(server: TestServer, reference: string, index: object): Promise<Response> {
  return server.request('PUT', `/v2/a/manifests/${reference}`, {
    body: JSON.stringify({ schemaVersion: 2, mediaType: mediaTypes.ociIndex, ...index }),
    headers: { 'Content-Type': mediaTypes.ociIndex },
  });
}

describe('a referrer', () => {
  it('is of the artifact type that it names, an image else of its config’s, an index else of none', async () => {
    const server = await startServer();
    const subject = digestOf('not here');
    const image = await server.pushImage('a', 'image', 'x', about(subject));
    const empty = await server.pushImage('a', 'empty', 'y', { ...about(subject), artifactType: '' });
    const named = await server.pushImage('a', 'named', 'z', { ...about(subject), artifactType: 'x/y' });
    const bare = await putIndex(server, 'bare', { manifests: [], ...about(subject) });
    const index = await putIndex(server, 'index', { manifests: [], ...about(subject), artifactType: 'x/y' });
    expect([bare.status, bare.headers.get('oci-subject')]).toEqual([201, subject]);
    const types = new Map(
      (await referrersOf(server, `/v2/a/referrers/${subject}`)).map((one) => [one.digest, one.artifactType]),
    );
    const config = 'application/vnd.oci.image.config.v1+json';
    expect(types).toEqual(
      new Map<string | null, string | undefined>([
        [image.digest, config],
        [empty.digest, config],
        [named.digest, 'x/y'],
        [bare.headers.get('docker-content-digest'), undefined],
        [index.headers.get('docker-content-digest'), 'x/y'],
      ]),
    );
  });

  it('may be about a manifest of sha512, and be one', async () => {
    const server = await startServer();
    const subject = digestOf('x', 'sha512');
    const body = JSON.stringify({ schemaVersion: 2, manifests: [], ...about(subject) });
    const digest = digestOf(body, 'sha512');
    const headers = { 'Content-Type': mediaTypes.ociIndex };
    const pushed = await server.request('PUT', `/v2/a/manifests/${digest}`, { body, headers });
    expect([pushed.status, pushed.headers.get('oci-subject')]).toEqual([201, subject]);
    expect(await referrersOf(server, `/v2/a/referrers/${subject}`)).toMatchObject([{ digest }]);
    expect(await referrersOf(server, `/v2/a/manifests/${tagOf(subject)}`)).toMatchObject([{ digest }]);
  });

  it('is listed no more once it was deleted, also by another server, and again after it was pushed again', async () => {
    const server = await startServer();
    const subject = digestOf('x');
    const path = `/v2/a/referrers/${subject}`;
    const { digest } = await server.pushImage('a', 'sig', 'x', about(subject));
    expect(await referrersOf(server, path)).toHaveLength(1);
    await server.request('DELETE', `/v2/a/manifests/${digest}`);
    expect(await referrersOf(server, path)).toEqual([]);
    await server.pushImage('a', 'sig', 'x', about(subject));
    expect(await referrersOf(server, path)).toHaveLength(1);
    await server.driver.delete(revisionPath('a', digest));
    expect(await referrersOf(server, path)).toEqual([]);
  });
});

describe('listing referrers', () => {
  const revisions = revisionPath('a', digestOf('x')).split('/').slice(0, -1).join('/');

  /** Makes the directory look as if the last push was then. */
  async function settle(server: TestServer, modified = Date.now() - 60_000): Promise<void> {
    await server.driver.touch(revisions, modified);
  }

  it('costs what the referrers cost, not what the repository holds', async () => {
    const server = await startServer();
    const subject = digestOf('x');
    for (let count = 0; count < 20; count++) await server.pushImage('a', `v${count}`, `layer ${count}`);
    await server.pushImage('a', 'sig', 'signature', about(subject));
    await settle(server);
    expect(await referrersOf(server, `/v2/a/referrers/${subject}`)).toHaveLength(1);
    const reads = vi.spyOn(server.driver, 'getContent');
    const stats = vi.spyOn(server.driver, 'stat');
    const lists = vi.spyOn(server.driver, 'list');
    expect(await referrersOf(server, `/v2/a/referrers/${subject}`)).toHaveLength(1);
    expect([reads, stats, lists].map(({ mock }) => mock.calls.length)).toEqual([1, 1, 1]);
    reads.mockClear();
    await server.pushImage('a', 'more', 'another signature', about(subject));
    reads.mockClear();
    expect(await referrersOf(server, `/v2/a/referrers/${subject}`)).toHaveLength(2);
    // The new one to learn its subject, and both to describe them.
    expect(reads.mock.calls.length).toBe(3);
  });

  it('sees a push that left the directory with the time of the one before', async () => {
    const server = await startServer();
    const subject = digestOf('x');
    await server.pushImage('a', 'first', 'signature', about(subject));
    const { modified } = await server.driver.stat(revisions);
    await settle(server, Math.floor(modified));
    expect(await referrersOf(server, `/v2/a/referrers/${subject}`)).toHaveLength(1);
    await server.pushImage('a', 'second', 'another signature', about(subject));
    await settle(server, Math.floor(modified));
    expect(await referrersOf(server, `/v2/a/referrers/${subject}`)).toHaveLength(2);
  });

  it('sees a manifest whose data a collection put back', async () => {
    const server = await startServer();
    const subject = digestOf('x');
    const { digest } = await server.pushImage('a', 'sig', 'signature', about(subject));
    const data = blobDataPath(digest);
    await server.driver.move(data, '/.wharfinger/trash/run-0/data');
    await settle(server);
    expect(await referrersOf(server, `/v2/a/referrers/${subject}`)).toEqual([]);
    await server.driver.move('/.wharfinger/trash/run-0/data', data);
    expect(await referrersOf(server, `/v2/a/referrers/${subject}`)).toHaveLength(1);
  });

  it('sees a manifest whose data was broken for a while', async () => {
    const server = await startServer();
    const subject = digestOf('x');
    const { digest } = await server.pushImage('a', 'sig', 'signature', about(subject));
    const data = await server.driver.getContent(blobDataPath(digest));
    await server.driver.putContent(blobDataPath(digest), data.subarray(0, 20));
    await settle(server);
    expect(await referrersOf(server, `/v2/a/referrers/${subject}`)).toEqual([]);
    await server.driver.putContent(blobDataPath(digest), data);
    expect(await referrersOf(server, `/v2/a/referrers/${subject}`)).toHaveLength(1);
  });

  it('costs no more for a manifest that stays unreadable', async () => {
    const server = await startServer();
    const subject = digestOf('x');
    for (let count = 0; count < 5; count++) await server.pushImage('a', `v${count}`, `layer ${count}`);
    const { digest } = await server.pushImage('a', 'sig', 'signature', about(subject));
    await server.driver.delete(blobDataPath(digest));
    await settle(server);
    await referrersOf(server, `/v2/a/referrers/${subject}`);
    const lists = vi.spyOn(server.driver, 'list');
    expect(await referrersOf(server, `/v2/a/referrers/${subject}`)).toEqual([]);
    expect(lists.mock.calls.length).toBe(1);
  });

  it('looks through a repository once for all who ask meanwhile', async () => {
    const server = await startServer();
    const subject = digestOf('x');
    await server.pushImage('a', 'sig', 'signature', about(subject));
    const lists = vi.spyOn(server.driver, 'list');
    const asked = Array.from({ length: 20 }, () => referrersOf(server, `/v2/a/referrers/${subject}`));
    for (const answer of await Promise.all(asked)) expect(answer).toHaveLength(1);
    const looks = lists.mock.calls.filter(([path]) => path === revisions);
    expect(looks.length).toBeLessThan(8);
  });

  it('trusts no clock of another machine', async () => {
    const server = await startServer();
    const subject = digestOf('x');
    // The machine of the storage is 10 s late, and its clock ticks seldom.
    const modified = Date.now() - 10_000;
    await server.pushImage('a', 'first', 'signature', about(subject));
    await settle(server, modified);
    expect(await referrersOf(server, `/v2/a/referrers/${subject}`)).toHaveLength(1);
    await server.pushImage('a', 'second', 'another signature', about(subject));
    await settle(server, modified);
    expect(await referrersOf(server, `/v2/a/referrers/${subject}`)).toHaveLength(2);
  });

  it('sees at once what another process pushed', async () => {
    const server = await startServer();
    const other = await startServer({ rootDirectory: server.rootDirectory });
    const subject = digestOf('x');
    await server.pushImage('a', 'v1', 'layer');
    await settle(server);
    for (let count = 0; count < 5; count++) {
      expect(await referrersOf(server, `/v2/a/referrers/${subject}`)).toHaveLength(count);
      await other.pushImage('a', `sig${count}`, `signature ${count}`, about(subject));
    }
  });
});

describe('the tag of the referrers tag schema', () => {
  const subject = digestOf('x');
  const path = `/v2/a/manifests/${tagOf(subject)}`;

  it('shows the referrers to clients that know no other way, and is no tag', async () => {
    const server = await startServer();
    const { digest } = await server.pushImage('a', 'sig', 'signature', {
      ...about(subject),
      artifactType: 'x/y',
    });
    const answer = await server.request('GET', path);
    const body = await answer.text();
    expect(JSON.parse(body)).toMatchObject({
      schemaVersion: 2,
      manifests: [{ digest, artifactType: 'x/y' }],
    });
    expect(answer.headers.get('content-type')).toBe(mediaTypes.ociIndex);
    expect(answer.headers.get('docker-content-digest')).toBe(digestOf(body));
    const head = await server.request('HEAD', path);
    expect([head.status, head.headers.get('content-length')]).toEqual([200, String(body.length)]);
    const tags = (await (await server.request('GET', '/v2/a/tags/list')).json()) as { tags: string[] };
    expect(tags.tags).toEqual(['sig']);
    expect((await server.request('DELETE', path)).status).toBe(404);
    const none = await server.request('GET', `/v2/a/manifests/${tagOf(digestOf('y'))}`);
    expect([none.status, await codesOf(none)]).toEqual([404, ['MANIFEST_UNKNOWN']]);
  });

  it('shows what a client stored there as it is, until it lacks a referrer', async () => {
    const server = await startServer();
    const first = await server.pushImage('a', 'sig', 'signature', about(subject));
    const manifests = [{ mediaType: mediaTypes.ociManifest, digest: first.digest, size: 1, custom: 'kept' }];
    const stored = await putIndex(server, tagOf(subject), { manifests, annotations: { a: 'b' } });
    const answer = await server.request('GET', path);
    expect(answer.headers.get('docker-content-digest')).toBe(stored.headers.get('docker-content-digest'));
    const second = await server.pushImage('a', 'sbom', 'sbom', about(subject));
    expect(await (await server.request('GET', path)).json()).toMatchObject({
      annotations: { a: 'b' },
      manifests: [{ digest: first.digest, custom: 'kept' }, { digest: second.digest }],
    });
    expect(await referrersOf(server, `/v2/a/referrers/${subject}`)).toHaveLength(2);
  });

  it('adds to the referrers only what has the subject', async () => {
    const server = await startServer();
    const { digest } = await server.pushImage('a', 'v1', 'no signature');
    const manifests = [{ mediaType: mediaTypes.ociManifest, digest, size: 1 }];
    expect((await putIndex(server, tagOf(subject), { manifests })).status).toBe(201);
    expect(await referrersOf(server, `/v2/a/referrers/${subject}`)).toEqual([]);
  });

  it('that names something else is left alone', async () => {
    const server = await startServer();
    await server.pushImage('a', 'sig', 'signature', about(subject));
    const { digest } = await server.pushImage('a', tagOf(subject), 'layer');
    expect((await server.request('GET', path)).headers.get('docker-content-digest')).toBe(digest);
  });
});

it('a filter is applied before a page is cut', async () => {
  const server = await startServer();
  const subject = digestOf('x');
  for (let count = 0; count < 3; count++) {
    const long = { long: 'x'.repeat(3_000_000) };
    await server.pushImage('a', `long${count}`, `x${count}`, { ...about(subject), annotations: long });
  }
  const wanted = await server.pushImage('a', 'sig', 'y', { ...about(subject), artifactType: 'x/y' });
  const response = await server.request('GET', `/v2/a/referrers/${subject}?artifactType=x%2Fy`);
  expect(response.headers.get('link')).toBeNull();
  expect(response.headers.get('oci-filters-applied')).toBe('artifactType');
  expect(((await response.json()) as Index).manifests).toMatchObject([{ digest: wanted.digest }]);
});
