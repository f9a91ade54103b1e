import { expect } from 'vitest';
import type { Check } from '../check.ts';
import {
  descriptorOf,
  digestOf,
  expectStatus,
  indexOf,
  type Manifest,
  manifestOf,
  nextLink,
  type Registry,
  types,
} from '../registry.ts';

interface Descriptor {
  readonly digest: string;
  readonly mediaType: string;
  readonly size: number;
  readonly artifactType?: string;
  readonly annotations?: Record<string, string>;
}

async function listed(registry: Registry, subject: string, query = ''): Promise<Descriptor[]> {
  const found: Descriptor[] = [];
  let next: string | undefined = `/v2/${registry.repository}/referrers/${subject}${query}`;
  while (next !== undefined) {
    const answer = await registry.call('GET', next);
    expect([answer.status, answer.headers['content-type']]).toEqual([200, types.index]);
    const { schemaVersion, mediaType, manifests } = answer.json() as {
      schemaVersion: number;
      mediaType: string;
      manifests: Descriptor[];
    };
    expect([schemaVersion, mediaType]).toEqual([2, types.index]);
    found.push(...manifests);
    next = nextLink(answer);
  }
  return found;
}

function byDigest(list: readonly Descriptor[]): Record<string, Descriptor> {
  return Object.fromEntries(list.map((descriptor) => [descriptor.digest, descriptor]));
}

/** An artifact with `subject`; large when `padding` is given. */
async function artifact(
  registry: Registry,
  subject: Manifest,
  extra: object,
  padding = 0,
): Promise<Manifest> {
  const empty = await registry.pushBlob('{}');
  const descriptor = { mediaType: types.empty, digest: empty, size: 2 };
  return manifestOf({
    schemaVersion: 2,
    mediaType: types.manifest,
    config: descriptor,
    layers: [descriptor],
    subject: descriptorOf(subject),
    ...extra,
    ...(padding > 0 && {
      annotations: { ...(extra as { annotations?: object }).annotations, padding: 'x'.repeat(padding) },
    }),
  });
}

/** Manifests with a subject and the referrers API. */
export const referrers: readonly Check[] = [
  {
    title: 'a manifest is taken before its subject, and refers to it from then on',
    shows: ['push-1', 'subject-1', 'referrers-tag-3', 'referrers-1', 'B4'],
    async run(registry) {
      const subject = await registry.prepareImage();
      const early = await artifact(registry, subject, { artifactType: 'application/early' });
      const put = await registry.putManifest(early.digest, early);
      expect([put.status, put.headers['oci-subject']]).toEqual([201, subject.digest]);
      expect((await listed(registry, subject.digest)).map(({ digest }) => digest)).toEqual([early.digest]);
      expectStatus(await registry.putManifest('subject', subject), 201);
      const late = indexOf([subject], { subject: descriptorOf(subject), artifactType: 'application/late' });
      const second = await registry.putManifest('late', late);
      expect([second.status, second.headers['oci-subject']]).toEqual([201, subject.digest]);
      const found = await listed(registry, subject.digest);
      expect(found.map(({ digest }) => digest).sort()).toEqual([early.digest, late.digest].sort());
      expectStatus(
        await registry.call('DELETE', `/v2/${registry.repository}/manifests/${early.digest}`),
        202,
      );
      expect((await listed(registry, subject.digest)).map(({ digest }) => digest)).toEqual([late.digest]);
    },
  },
  {
    title: 'a descriptor tells type, artifactType, size and annotations of what refers',
    shows: ['referrers-4', 'referrers-5', 'referrers-6', 'referrers-7', 'referrers-8', 'referrers-9'],
    async run(registry) {
      const subject = await registry.pushImage('subject');
      const annotations = { 'org.example.one': '1', 'org.example.two': 'zwei ✓' };
      const withType = await artifact(registry, subject, {
        artifactType: 'application/with-type',
        annotations,
      });
      const byConfig = await registry.prepareImage({
        config: 'application/vnd.example.config',
        extra: { subject: descriptorOf(subject) },
      });
      const emptyType = await artifact(registry, subject, { artifactType: '' });
      const typedIndex = indexOf([subject], {
        subject: descriptorOf(subject),
        artifactType: 'application/typed-index',
        annotations,
      });
      const plainIndex = indexOf([], { subject: descriptorOf(subject) });
      const all = [withType, byConfig, emptyType, typedIndex, plainIndex];
      for (const manifest of all) expectStatus(await registry.putManifest(manifest.digest, manifest), 201);
      const found = byDigest(await listed(registry, subject.digest));
      expect(Object.keys(found).sort()).toEqual(all.map(({ digest }) => digest).sort());
      for (const manifest of all) {
        expect(found[manifest.digest]).toMatchObject({
          mediaType: manifest.mediaType,
          size: Buffer.byteLength(manifest.content),
        });
      }
      expect(found[withType.digest]).toMatchObject({ artifactType: 'application/with-type', annotations });
      expect(found[byConfig.digest]?.artifactType).toBe('application/vnd.example.config');
      expect(found[emptyType.digest]?.artifactType).toBe(types.empty);
      expect(found[typedIndex.digest]).toMatchObject({
        artifactType: 'application/typed-index',
        annotations,
      });
      expect(found[plainIndex.digest]).not.toHaveProperty('artifactType');
    },
  },
  {
    title: 'nothing that refers is an empty list, never 404; a wrong digest is 400',
    shows: ['referrers-2', 'referrers-3', 'referrers-10'],
    async run(registry) {
      const image = await registry.pushImage('latest');
      for (const subject of [image.digest, digestOf('nothing'), digestOf('nothing', 'sha512')])
        expect(await listed(registry, subject)).toEqual([]);
      const nobody = await registry.call(
        'GET',
        `/v2/${registry.repository}/nobody/referrers/${image.digest}`,
      );
      expect([nobody.status, nobody.json()['manifests']]).toEqual([200, []]);
      for (const digest of ['sha256:abc', 'latest', `md5:${'0'.repeat(32)}`, 'sha256:']) {
        const answer = await registry.call('GET', `/v2/${registry.repository}/referrers/${digest}`);
        expect([digest, answer.status]).toEqual([digest, 400]);
      }
    },
  },
  {
    title: 'referrers are filtered by artifactType',
    shows: ['referrers-13', 'referrers-14', 'referrers-15'],
    async run(registry) {
      const subject = await registry.pushImage('subject');
      const types2 = ['application/a', 'application/b+json'];
      const pushed: Manifest[] = [];
      for (const artifactType of types2) {
        const manifest = await artifact(registry, subject, { artifactType });
        expectStatus(await registry.putManifest(manifest.digest, manifest), 201);
        pushed.push(manifest);
      }
      const path = `/v2/${registry.repository}/referrers/${subject.digest}`;
      for (const [index, artifactType] of types2.entries()) {
        const answer = await registry.call('GET', `${path}?artifactType=${encodeURIComponent(artifactType)}`);
        expect(answer.headers['oci-filters-applied']).toBe('artifactType');
        const { manifests } = answer.json() as { manifests: Descriptor[] };
        expect(manifests.map(({ digest }) => digest)).toEqual([pushed[index]?.digest]);
      }
      const none = await registry.call('GET', `${path}?artifactType=application/none`);
      expect([none.headers['oci-filters-applied'], none.json()['manifests']]).toEqual(['artifactType', []]);
      const unfiltered = await registry.call('GET', `${path}?colour=blue`);
      expect(unfiltered.headers).not.toHaveProperty('oci-filters-applied');
      expect((unfiltered.json() as { manifests: object[] }).manifests).toHaveLength(2);
    },
  },
  {
    title: 'a list of referrers that does not fit goes on behind a Link',
    shows: ['referrers-11', 'referrers-12', 'referrers-14'],
    async run(registry) {
      const subject = await registry.pushImage('subject');
      const digests: string[] = [];
      // Together they are above the 4 MiB that a client expects of a manifest.
      for (let index = 0; index < 9; index += 1) {
        const artifactType = `application/${index % 2}`;
        const manifest = await artifact(
          registry,
          subject,
          { artifactType, annotations: { index: String(index) } },
          600_000,
        );
        expectStatus(await registry.putManifest(manifest.digest, manifest), 201);
        digests.push(manifest.digest);
      }
      const first = await registry.call('GET', `/v2/${registry.repository}/referrers/${subject.digest}`);
      expect(first.body.length).toBeLessThanOrEqual(4 * 1024 * 1024);
      expect(nextLink(first)).toBeDefined();
      const found = await listed(registry, subject.digest);
      expect(found.map(({ digest }) => digest).sort()).toEqual(digests.toSorted());
      const filtered = await listed(registry, subject.digest, '?artifactType=application/1');
      expect(filtered.map(({ digest }) => digest).sort()).toEqual(
        digests.filter((_, index) => index % 2 === 1).sort(),
      );
    },
  },
  {
    title: 'what an old client lists under the fallback tag counts as a referrer',
    shows: ['referrers-tag-1', 'referrers-tag-2', 'B4'],
    async run(registry) {
      const subject = await registry.pushImage('subject');
      const manifest = await artifact(registry, subject, { artifactType: 'application/old' });
      expectStatus(await registry.putManifest(manifest.digest, manifest), 201);
      const fallback = indexOf([manifest]);
      const tag = subject.digest.replace(':', '-');
      expectStatus(await registry.putManifest(tag, fallback), 201);
      const found = await listed(registry, subject.digest);
      expect(found.filter(({ digest }) => digest === manifest.digest)).toHaveLength(1);

      const long = digestOf(subject.content, 'sha512');
      expectStatus(await registry.putManifest(long, subject), 201);
      const other = await artifact(
        registry,
        { ...subject, digest: long },
        { artifactType: 'application/long' },
      );
      expectStatus(await registry.putManifest(other.digest, other), 201);
      const cut = `sha512-${long.slice('sha512:'.length).slice(0, 64)}`;
      const got = await registry.call('GET', `/v2/${registry.repository}/manifests/${cut}`);
      const mine = got.status === 200 ? (got.json() as { manifests: Descriptor[] }).manifests : [];
      expect([got.status, mine.map(({ digest }) => digest)]).toEqual([200, [other.digest]]);
    },
  },
];
