import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { CollectionOptions } from '../config/maintenance.ts';
import type { Link, References, RepositoryContent, StoreContent } from './content.ts';
import { judgeLayer, planCollection } from './plan.ts';

const now = 1000;
const digests = Array.from({ length: 12 }, (_, index) => `d${index}`);
const digest = fc.constantFrom(...digests);
const some = fc.uniqueArray(digest, { maxLength: 4 });
const link: fc.Arbitrary<Link> = fc.record({ modified: fc.constantFrom(0, 500, 990), trashed: fc.boolean() });
const links = fc.dictionary(digest, link, { maxKeys: 6 });
const references: fc.Arbitrary<References | 'damaged'> = fc.oneof(
  {
    weight: 20,
    arbitrary: fc.record({ blobs: some, manifests: some, subject: fc.option(digest, { nil: undefined }) }),
  },
  { weight: 1, arbitrary: fc.constant<'damaged'>('damaged') },
);
const repository: fc.Arbitrary<RepositoryContent> = fc
  .record({
    tags: fc.dictionary(
      fc.constantFrom('v1', 'v2'),
      fc.record({ current: fc.option(digest, { nil: undefined }), history: some }),
    ),
    revisions: links,
    layers: links,
    problems: fc.oneof(
      { weight: 9, arbitrary: fc.constant([]) },
      { weight: 1, arbitrary: fc.constant(['odd']) },
    ),
  })
  .map(({ tags, revisions, layers, problems }) => ({
    inStore: true,
    tags: new Map(Object.entries(tags)),
    revisions: new Map(Object.entries(revisions)),
    layers: new Map(Object.entries(layers)),
    uploads: new Map(),
    problems,
  }));
const store: fc.Arbitrary<StoreContent> = fc
  .record({
    repositories: fc.dictionary(fc.constantFrom('a', 'b', 'c'), repository),
    blobs: fc.dictionary(digest, fc.constantFrom('store' as const, 'held' as const, 'trash' as const)),
    manifests: fc.dictionary(digest, references),
    unknown: fc.oneof(
      { weight: 19, arbitrary: fc.constant([]) },
      { weight: 1, arbitrary: fc.constant(['odd']) },
    ),
  })
  .map(({ repositories, blobs, manifests, unknown }) => ({
    repositories: new Map(Object.entries(repositories)),
    blobs: new Map(Object.entries(blobs)),
    manifests: new Map(Object.entries(manifests)),
    unknown,
  }));
const options = fc.record({ deleteUntagged: fc.boolean(), minAge: fc.constantFrom(0, 100) });

interface Reference {
  live: Set<string>;
  keepsAll: boolean;
}

/** The rules, said one after the other and applied until nothing changes; slow, and not the code under test. */
function naiveLive(
  content: StoreContent,
  { tags, revisions, layers, problems }: RepositoryContent,
  given: { deleteUntagged: boolean; minAge: number },
): Reference {
  const leased = ({ modified }: Link): boolean => given.minAge > 0 && modified > now - given.minAge;
  const roots = new Set<string>();
  for (const { current } of tags.values()) if (current) roots.add(current);
  for (const [name, each] of revisions)
    if (leased(each) || (!given.deleteUntagged && !each.trashed)) roots.add(name);
  for (const [name, each] of layers) if (leased(each)) roots.add(name);
  const grown = grow(content, revisions, roots);
  const named = [...tags.values()].flatMap(({ current }) => current ?? []);
  const lost = [...named, ...[...revisions.keys()].filter((name) => grown.has(name))].some(
    (name) => !content.manifests.has(name),
  );
  const damaged = [...grown, ...revisions.keys()].some((name) => content.manifests.get(name) === 'damaged');
  if (!lost && !damaged && problems.length === 0) return { live: grown, keepsAll: false };
  return {
    live: grow(content, revisions, new Set([...roots, ...revisions.keys(), ...layers.keys()])),
    keepsAll: true,
  };
}

function grow(
  content: StoreContent,
  revisions: RepositoryContent['revisions'],
  roots: Set<string>,
): Set<string> {
  const live = new Set(roots);
  for (let before = -1; before !== live.size;) {
    before = live.size;
    for (const [name, manifest] of content.manifests) {
      if (manifest === 'damaged') continue;
      if (live.has(name)) for (const each of [...manifest.blobs, ...manifest.manifests]) live.add(each);
      if (manifest.subject && live.has(manifest.subject) && revisions.has(name)) live.add(name);
    }
  }
  return live;
}

test('on random stores a plan keeps exactly what the rules say', () => {
  fc.assert(
    fc.property(store, options, (content, given) => {
      const plan = planCollection(content, CollectionOptions.parse(given), now);
      const alive = new Set<string>();
      for (const [name, each] of content.repositories) {
        const { live, keepsAll } = naiveLive(content, each, given);
        live.forEach((one) => alive.add(one));
        const planned = plan.repositories.get(name);
        expect(new Set(planned?.live.keys())).toEqual(live);
        expect(planned?.problems.length !== 0).toBe(keepsAll);
        const stored = [...each.revisions].filter(([, { trashed }]) => !trashed).map(([one]) => one);
        expect(planned?.deadRevisions).toEqual(stored.filter((one) => !live.has(one)).sort());
        if (keepsAll)
          expect([planned?.deadLayers, planned?.danglingLayers, planned?.deadTagEntries]).toEqual([
            [],
            [],
            [],
          ]);
        for (const [one, { trashed }] of each.layers) {
          const judged = planned && judgeLayer(one, each, planned, content);
          expect(judged === 'dead').toBe(!live.has(one));
          expect(planned?.deadLayers.includes(one)).toBe(!trashed && !live.has(one));
        }
      }
      const dead = [...content.blobs]
        .filter(([one, place]) => place === 'store' && !alive.has(one))
        .map(([one]) => one);
      expect(plan.deadBlobs).toEqual(content.unknown.length > 0 ? [] : dead.sort());
    }),
    { numRuns: 300 },
  );
});
