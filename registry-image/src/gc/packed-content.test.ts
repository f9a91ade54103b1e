import { createHash } from 'node:crypto';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Link, Place, References, RepositoryContent, StoreContent } from './content.ts';
import { createDigestTable } from './digest-table.ts';
import { type Doomed, sweepOrder } from './doomed-list.ts';
import { judgeTrash } from './judgement.ts';
import { findDifference } from './model-cases.ts';
import { createPackedBlobs } from './packed-blobs.ts';
import { createPackedDoomed } from './packed-doomed.ts';
import { createPackedManifests } from './packed-manifests.ts';
import { createPackedRepositories } from './packed-repositories.ts';
import { createPackedTrash } from './packed-trash.ts';
import { planCollection, planConfirmation } from './plan.ts';
import * as paths from '../storage/paths.ts';
import type { TrashFile } from './trash-files.ts';

/** The same content, as a reader of a store packs it. */
function packed(
  content: StoreContent & { manifests: Iterable<[string, References | 'damaged']> },
): StoreContent {
  const digests = createDigestTable();
  const [blobs, manifests] = [createPackedBlobs(digests), createPackedManifests(digests)];
  const repositories = createPackedRepositories(digests);
  for (const [digest, place] of content.blobs) blobs.set(digest, place);
  for (const [digest, manifest] of content.manifests) manifests.set(digest, manifest);
  for (const [name, repository] of content.repositories) repositories.set(name, repository);
  const maps = { repositories: repositories.map, blobs: blobs.map, manifests: manifests.map };
  return { ...content, ...maps, memory: { digests, few: 0 } };
}

type Plan = typeof planCollection;

function onPacked(plan: Plan): Plan {
  return (content, options, now) => plan(packed(content as Parameters<typeof packed>[0]), options, now);
}

test('on random stores the plan of a packed content is what the model says', () => {
  const core = {
    planCollection: onPacked(planCollection),
    planConfirmation: onPacked(planConfirmation),
    judgeTrash,
  };
  expect(findDifference(core, { runs: 2_000, seed: Date.now() % 2 ** 31 })).toBeUndefined();
}, 60_000);

const digest = fc
  .nat({ max: 20 })
  .map((number) =>
    number > 15 ? `sha512:${number}` : `sha256:${createHash('sha256').update(String(number)).digest('hex')}`,
  );
const some = fc.array(digest, { maxLength: 5 });
const link: fc.Arbitrary<Link> = fc.record(
  {
    modified: fc.double({ noNaN: true, min: 0 }),
    trashed: fc.boolean(),
    target: digest,
    isFile: fc.constant<true>(true),
  },
  { requiredKeys: ['modified', 'trashed'] },
);
const links = fc.array(fc.tuple(digest, link), { maxLength: 6 }).map((entries) => new Map(entries));
const tag = fc.record(
  {
    current: fc.option(digest, { nil: undefined }),
    modified: fc.double({ noNaN: true, min: 0 }),
    history: some,
    trashed: fc.constant(true),
  },
  { requiredKeys: ['current', 'modified', 'history'] },
);
const repository: fc.Arbitrary<RepositoryContent> = fc.record(
  {
    inStore: fc.boolean(),
    tags: fc.array(fc.tuple(fc.string(), tag), { maxLength: 4 }).map((entries) => new Map(entries)),
    revisions: links,
    layers: links,
    uploads: fc.dictionary(fc.string(), fc.nat()).map((each) => new Map(Object.entries(each))),
    written: some.map((digests) => new Set(digests)),
    problems: fc.array(fc.string(), { maxLength: 2 }),
  },
  { requiredKeys: ['inStore', 'tags', 'revisions', 'layers', 'uploads', 'problems'] },
);
const manifest: fc.Arbitrary<References | 'damaged'> = fc.oneof(
  fc.constant<'damaged'>('damaged'),
  fc.record({ blobs: some, manifests: some, subject: fc.option(digest, { nil: undefined }) }),
);

test('what is packed comes out as it went in', () => {
  const entries = <V>(value: fc.Arbitrary<V>): fc.Arbitrary<[string, V][]> =>
    fc.array(fc.tuple(digest, value), { maxLength: 12 });
  const blobs = entries(fc.constantFrom<Place>('store', 'held', 'trash'));
  fc.assert(
    fc.property(entries(repository), blobs, entries(manifest), (repositories, places, manifests) => {
      const plain = {
        repositories: new Map(repositories),
        blobs: new Map(places),
        manifests: new Map(manifests),
        unknown: [],
      };
      const content = packed(plain);
      expect(new Map(content.repositories)).toEqual(plain.repositories);
      expect([...content.repositories.keys()]).toEqual([...plain.repositories.keys()]);
      expect(new Map(content.blobs)).toEqual(plain.blobs);
      expect(content.blobs.size).toBe(plain.blobs.size);
      for (const [key, value] of plain.manifests) expect(content.manifests.get(key)).toEqual(value);
      expect(content.manifests.has('sha256:other')).toBe(false);
      expect(content.blobs.get('sha256:other')).toBeUndefined();
    }),
  );
});

const name = fc.constantFrom('app', 'team/app', 'odd name');
const tagName = fc.constantFrom('v1', 'latest', 'app');
const file: fc.Arbitrary<TrashFile> = fc
  .record({
    run: fc.constantFrom('run-1', 'run-2'),
    origin: fc.oneof(
      digest.map(paths.blobDataPath),
      fc.tuple(name, digest).map(([repository, each]) => paths.layerLinkPath(repository, each)),
      fc.tuple(name, digest).map(([repository, each]) => paths.revisionLinkPath(repository, each)),
      fc.tuple(name, tagName, digest).map((all) => paths.tagIndexLinkPath(...all)),
      fc.tuple(name, tagName).map((both) => paths.tagCurrentLinkPath(...both)),
      name.map((repository) => paths.uploadDataPath(repository, 'id')),
      fc.constantFrom('/docker/registry/v2/blobs/sha256/ab/cd/data', '/docker/notes.txt', ''),
    ),
    size: fc.nat(),
    modified: fc.double({ noNaN: true, min: 0 }),
  })
  .map((each) => ({
    ...each,
    path: paths.trashPath(each.run, each.origin),
    layout: paths.parsePath(each.origin),
  }));
/** As most are. */
const usualFile = file.map((each): TrashFile => {
  const { layout } = each;
  if (layout?.kind === 'blobData') return { ...each, modified: 0 };
  const size = layout && 'digest' in layout ? layout.digest.length : 0;
  return { ...each, size, ...(layout?.kind === 'tagIndexLink' && { modified: 0 }) };
});

test('files of the trash come out as they went in', () => {
  fc.assert(
    fc.property(fc.array(fc.oneof(file, usualFile)), (files) => {
      const trash = createPackedTrash(createDigestTable());
      for (const each of files) trash.push(each);
      const { list } = trash;
      expect([...list].map(membersOf)).toEqual(files);
      expect(files.map((_, index) => membersOf(list.at(index)))).toEqual(files);
      expect(list.length).toBe(files.length);
    }),
  );
});

/** Not all of them are its own. */
function membersOf({ path, run, origin, layout, size, modified }: TrashFile): TrashFile {
  return { path, run, origin, layout, size, modified };
}

const doomed: fc.Arbitrary<Doomed> = fc
  .tuple(fc.constantFrom(...sweepOrder), name, tagName, digest, fc.boolean(), fc.nat())
  .map(([kind, repository, tag, each, isFile, bytes]): Doomed => {
    const of = { kind, repository, digest: each, bytes: 0 };
    if (kind === 'blob') {
      const path = isFile ? paths.blobDataPath(each) : paths.blobPath(each);
      return { kind, digest: each, path, bytes };
    }
    if (kind === 'upload') return { ...of, path: paths.uploadPath(repository, each) };
    if (kind === 'tag') {
      const path = isFile ? paths.tagCurrentLinkPath(repository, tag) : paths.tagPath(repository, tag);
      return { ...of, tag, path };
    }
    const link = {
      tagEntry: paths.tagIndexLinkPath(repository, tag, each),
      revision: paths.revisionLinkPath(repository, each),
      layer: paths.layerLinkPath(repository, each),
    }[kind];
    return { ...of, ...(kind === 'tagEntry' && { tag }), path: isFile ? link : link.slice(0, -5) };
  });

test('what is doomed comes out as it went in, in the order of a sweep', () => {
  fc.assert(
    fc.property(fc.array(doomed), fc.nat({ max: 5 }), (all, from) => {
      const packing = createPackedDoomed(createDigestTable());
      for (const each of all) packing.push(each);
      const { list } = packing;
      const expected = sweepOrder.flatMap((kind) => all.filter((each) => each.kind === kind));
      expect([...list]).toEqual(expected);
      expect(list.length).toBe(all.length);
      expect(Array.from(list.slice(from))).toEqual(expected.slice(from));
      expect(list.slice(from).at(1)).toEqual(expected.slice(from).at(1));
      expect(Array.from(list.slice(from).filter((_, index) => index % 2 === 0))).toEqual(
        expected.slice(from).filter((_, index) => index % 2 === 0),
      );
    }),
  );
});
