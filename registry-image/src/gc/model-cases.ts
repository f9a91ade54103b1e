import * as fc from 'fast-check';
import { CollectionOptions } from '../config/maintenance.ts';
import * as paths from '../storage/paths.ts';
import { judgeStore, judgeTrashed } from './collection-model.ts';
import type { Link, References, RepositoryContent, StoreContent, TagContent } from './content.ts';
import { createMemory } from './memory.ts';
import type { judgeTrash } from './judgement.ts';
import type {
  ModelLink,
  ModelManifest,
  ModelOptions,
  ModelRepository,
  ModelRule,
  ModelStore,
  ModelTag,
  RepositoryVerdict,
} from './model-store.ts';
import type { planCollection, planConfirmation, RepositoryPlan } from './plan.ts';
import type { TrashFile } from './trash-files.ts';

/** The code that is compared with the model; a copy with a seeded defect is one as well. */
export interface Core {
  readonly planCollection: typeof planCollection;
  readonly planConfirmation: typeof planConfirmation;
  readonly judgeTrash: typeof judgeTrash;
}

interface Case {
  readonly store: ModelStore;
  /** True: the plan is kept in numbers of digests, as that of a large store is. */
  readonly packed: boolean;
  readonly options: ModelOptions;
}

export interface ComparisonOptions {
  readonly runs: number;
  readonly seed: number;
  /** Tell the first case that is found, not a small one. */
  readonly first?: boolean;
}

/** Compares a core with the model on random stores and options: a small case on which they differ, told in text, or undefined. */
export function findDifference(
  core: Core,
  { runs, seed, first = false }: ComparisonOptions,
): string | undefined {
  const result = fc.check(
    fc.property(cases, (each) => difference(core, each) === undefined),
    { numRuns: runs, seed, endOnFailure: first },
  );
  if (!result.failed) return undefined;
  const [found] = result.counterexample ?? [];
  if (!found) throw new Error('no case could be made');
  return `seed ${seed}, after ${result.numRuns} cases: ${difference(core, found)}\n${JSON.stringify(found)}`;
}

const now = 1_000_000_000;
const minAge = 100;
const week = 604_800_000;
const hexDigits = '0123456789ab';
const digests = [
  ...hexDigits.split('').map((digit) => `sha256:${digit.repeat(64)}`),
  `sha512:${'e'.repeat(128)}`,
  `sha512:${'f'.repeat(128)}`,
];
const tagNames = [
  'v1',
  'v2',
  'v3',
  'v.4',
  'latest',
  'lately',
  `sha256-${'0'.repeat(64)}`,
  `sha256-${'1'.repeat(64)}.sig`,
  `sha512-${'e'.repeat(64)}`,
];
const repositoryNames = ['a', 'ab', 'team/a', 'team/b'];

const digest = fc.constantFrom(...digests);
const some = fc.uniqueArray(digest, { maxLength: 3 });
const rarely = fc.integer({ min: 0, max: 14 }).map((number) => number === 0);
const time = fc.constantFrom(...[500, 101, minAge, 99, 50, 0, -10].map((age) => now - age));
const link: fc.Arbitrary<ModelLink> = fc
  .record({ digest, time, trashed: rarely, alias: fc.option(digest, { nil: undefined, freq: 10 }) })
  .map(({ alias, ...each }) => ({ ...each, target: alias ?? each.digest }));
const tag: fc.Arbitrary<ModelTag> = fc.record({
  name: fc.constantFrom(...tagNames),
  digest: fc.option(digest, { nil: null, freq: 8 }),
  time,
  history: some,
  trashed: rarely,
});
const upload = fc.record({
  id: fc.constantFrom('u1', 'u2'),
  time: fc.constantFrom(now - week - 1, now - week, now - 5),
});

const pull = fc.record({ digest, time: fc.constantFrom(now - 599, now - 600, now - 50, now - 49) });

/** A repository with so many tags and links at most: what is nearly empty shows other things than what is full. */
function repositoryWith(tags: number, links: number): fc.Arbitrary<Omit<ModelRepository, 'name'>> {
  const linksOf = fc.uniqueArray(link, { maxLength: links, selector: (each) => each.digest });
  return fc.record({
    inStore: rarely.map((absent) => !absent),
    tags: fc.uniqueArray(tag, { maxLength: tags, selector: (each) => each.name }),
    revisions: linksOf.map((all) => all.map((each) => ({ ...each, target: each.digest }))),
    layers: linksOf,
    uploads: fc.uniqueArray(upload, { maxLength: 1 }),
    written: fc.oneof({ weight: 4, arbitrary: fc.constant([]) }, { weight: 1, arbitrary: some }),
    pulls: fc.uniqueArray(pull, { maxLength: 3, selector: (each) => each.digest }),
    unreadable: rarely,
  });
}
const repository = fc.oneof(
  { weight: 2, arbitrary: repositoryWith(5, 6) },
  { weight: 1, arbitrary: repositoryWith(6, 2) },
  { weight: 1, arbitrary: repositoryWith(1, 1) },
);
const repositories: fc.Arbitrary<ModelRepository[]> = fc
  .tuple(
    fc.subarray(repositoryNames, { minLength: 1, maxLength: 3 }),
    fc.array(repository, { minLength: 3, maxLength: 3 }),
  )
  .map(([names, contents]) =>
    names.flatMap((name, index) => {
      const content = contents[index];
      return content ? [{ ...content, name }] : [];
    }),
  );
const manifests: fc.Arbitrary<ModelManifest[]> = fc
  .array(
    fc.record({
      there: rarely.map((absent) => !absent),
      damaged: fc.integer({ min: 0, max: 60 }).map((number) => number === 0),
      blobs: some,
      children: fc.uniqueArray(digest, { maxLength: 2 }),
      subject: fc.option(digest, { nil: null }),
    }),
    { minLength: digests.length, maxLength: digests.length },
  )
  .map((all) =>
    all.flatMap(({ there, ...manifest }, index) =>
      there ? [{ ...manifest, digest: digests[index] ?? '' }] : [],
    ),
  );
const blobs = fc
  .array(fc.constantFrom('store', 'store', 'store', 'held', 'trash', 'absent'), {
    minLength: digests.length,
    maxLength: digests.length,
  })
  .map((places) =>
    places.flatMap((place, index) => (place === 'absent' ? [] : [{ digest: digests[index] ?? '', place }])),
  );
const patterns = fc.uniqueArray(fc.constantFrom('**', '*', 'a', 'team/*', 't**', '*/b', 'a*', 'team'), {
  minLength: 1,
  maxLength: 2,
});
const rule: fc.Arbitrary<ModelRule> = fc.record({
  repositories: patterns,
  keepMatching: fc.uniqueArray(fc.constantFrom('v*', 'v1', 'late*', '*3', 'v**4', 'sha256-**', 'l*t', 'v'), {
    maxLength: 2,
  }),
  keepLast: fc.option(fc.integer({ min: 0, max: 3 }), { nil: null, freq: 2 }),
  keepYoungerThan: fc.option(fc.constantFrom(0, 50, minAge, 600), { nil: null, freq: 2 }),
  keepPulledWithin: fc.option(fc.constantFrom(0, 50, 600), { nil: null, freq: 2 }),
});
const cases: fc.Arbitrary<Case> = fc.record({
  store: fc.record({ repositories, blobs, manifests, unknown: rarely }),
  packed: fc.boolean(),
  options: fc.record({
    deleteUntagged: fc.boolean(),
    removeEmptyRepositories: fc.boolean(),
    minAge: fc.constantFrom(0, minAge),
    repositories: fc.oneof({ weight: 3, arbitrary: fc.constant([]) }, { weight: 1, arbitrary: patterns }),
    retention: fc.array(rule, { maxLength: 2 }),
    now: fc.constant(now),
  }),
});

/** What the core says that the model does not, in a few words; undefined when they agree. */
function difference(core: Core, { store, packed, options }: Case): string | undefined {
  const content = { ...contentOf(store), memory: packed ? createMemory(2) : undefined };
  const given = optionsOf(options);
  const plan = core.planCollection(content, given, options.now);
  const expected = judgeStore(store, options);
  for (const each of expected.repositories) {
    const judged = plan.repositories.get(each.name);
    const found = judged && verdictOf(each.name, judged);
    if (!isSame(found, each))
      return `repository ${each.name}: ${JSON.stringify(found)}, not ${JSON.stringify(each)}`;
  }
  const blobs = [[...plan.liveBlobs].sort(), [...plan.deadBlobs].sort()];
  if (!isSame(blobs, [expected.liveBlobs, expected.deadBlobs])) return `blobs: ${JSON.stringify(blobs)}`;
  const files = trashOf(store);
  const second = core.planConfirmation(content, given, options.now);
  const alive = core.judgeTrash(files, content, second).alive.map(({ run }) => run);
  const back = judgeTrashed(store, options);
  return isSame(alive.sort(), back)
    ? undefined
    : `put back: ${JSON.stringify(alive)}, not ${JSON.stringify(back)}`;
}

function isSame(one: unknown, other: unknown): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}

function verdictOf(name: string, plan: RepositoryPlan): RepositoryVerdict {
  const reached = (reason: string): string =>
    reason === 'reference' || reason === 'referrer' ? 'reached' : reason;
  return {
    name,
    keepsAll: plan.keepsAll,
    live: [...plan.live].map(([each, reason]) => `${each} ${reached(reason)}`).sort(),
    removedTags: plan.removedTags.map(({ tag }) => tag),
    deadTagEntries: plan.deadTagEntries.map(({ tag, digest }) => `${tag} ${digest}`).sort(),
    deadRevisions: plan.deadRevisions,
    deadLayers: plan.deadLayers,
    danglingLayers: plan.danglingLayers,
    staleUploads: [...plan.staleUploads].sort(),
    lostTags: [...plan.lostTags].sort(),
    vanishes: plan.vanishes,
  };
}

function contentOf(store: ModelStore): StoreContent {
  return {
    repositories: new Map(store.repositories.map((each) => [each.name, repositoryContentOf(each)])),
    blobs: new Map(store.blobs.map((blob) => [blob.digest, blob.place])),
    manifests: new Map(
      store.manifests.map((manifest): [string, References | 'damaged'] => [
        manifest.digest,
        manifest.damaged
          ? 'damaged'
          : { blobs: manifest.blobs, manifests: manifest.children, subject: manifest.subject ?? undefined },
      ]),
    ),
    unknown: store.unknown ? ['unknown'] : [],
    lastPull: (name, pulled) =>
      store.repositories.find((each) => each.name === name)?.pulls.find((each) => each.digest === pulled)
        ?.time ?? 0,
  };
}

function repositoryContentOf(repository: ModelRepository): RepositoryContent {
  return {
    inStore: repository.inStore,
    tags: new Map(
      repository.tags.map((tag): [string, TagContent] => [
        tag.name,
        { current: tag.digest ?? undefined, modified: tag.time, history: tag.history, trashed: tag.trashed },
      ]),
    ),
    revisions: new Map(repository.revisions.map((link) => [link.digest, linkOf(link)])),
    layers: new Map(repository.layers.map((link) => [link.digest, linkOf(link)])),
    uploads: new Map(repository.uploads.map((upload) => [upload.id, upload.time])),
    written: repository.written.length === 0 ? undefined : new Set(repository.written),
    problems: repository.unreadable ? ['unreadable'] : [],
  };
}

function linkOf({ digest, target, time, trashed }: ModelLink): Link {
  return { modified: time, trashed, target: target === digest ? undefined : target };
}

function optionsOf(options: ModelOptions): CollectionOptions {
  const { deleteUntagged, removeEmptyRepositories, minAge, repositories, retention } = options;
  return CollectionOptions.parse({
    deleteUntagged,
    removeEmptyRepositories,
    minAge,
    repositories,
    retention: retention.map(({ keepLast, keepYoungerThan, keepPulledWithin, ...each }) => ({
      ...each,
      keepLast: keepLast ?? undefined,
      keepYoungerThan: keepYoungerThan ?? undefined,
      keepPulledWithin: keepPulledWithin ?? undefined,
    })),
  });
}

/** Every file that lies in the trash; `run` carries what the model calls it. */
function trashOf({ repositories, blobs }: ModelStore): TrashFile[] {
  const files: TrashFile[] = [];
  const add = (run: string, origin: string, modified = 0): void =>
    void files.push({
      run,
      origin,
      modified,
      path: `/trash${origin}`,
      layout: paths.parsePath(origin),
      size: 1,
    });
  for (const { digest, place } of blobs)
    if (place === 'trash') add(`blob - ${digest}`, paths.blobDataPath(digest));
  for (const { name, revisions, layers, tags } of repositories) {
    for (const { digest, trashed } of revisions)
      if (trashed) add(`revision ${name} ${digest}`, paths.revisionLinkPath(name, digest));
    for (const { digest, trashed } of layers)
      if (trashed) add(`layer ${name} ${digest}`, paths.layerLinkPath(name, digest));
    for (const tag of tags) {
      if (tag.trashed) add(`tag ${name} ${tag.name}`, paths.tagCurrentLinkPath(name, tag.name), tag.time);
      for (const digest of tag.history)
        add(`entry ${name} ${tag.name} ${digest}`, paths.tagIndexLinkPath(name, tag.name, digest));
    }
  }
  return files;
}
