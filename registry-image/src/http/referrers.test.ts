import { describe, expect, it } from 'vitest';
import { mediaTypes } from '../registry/manifest-format.ts';
import { digestOf } from '../registry/digest.ts';
import { codesOf, startServer } from './test-server.ts';

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
