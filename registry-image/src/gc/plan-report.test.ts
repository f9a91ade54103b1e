import { afterEach, beforeEach, expect, test } from 'vitest';
import { CollectionOptions } from '../config/maintenance.ts';
import { PlanReport, type RepositoryPlanReport } from '../config/plan-report.ts';
import * as paths from '../storage/paths.ts';
import { createBoundedReader } from './bounded-reader.ts';
import type { StoreContent } from './content.ts';
import type { Doomed } from './doomed-list.ts';
import { markStore } from './mark.ts';
import { planCollection } from './plan.ts';
import { createPlanReport, shortenPlanReport, stayingDigests } from './plan-report.ts';
import { readSizes } from './plan-sizes.ts';
import { planLines } from './plan-text.ts';
import {
  createStoreFixture,
  digestOf,
  hour,
  type Pushed,
  type StoreFixture,
  testNow,
} from './store-fixture.ts';

let store: StoreFixture;
beforeEach(() => {
  store = createStoreFixture();
});
afterEach(() => store.dispose());

async function report(given: Partial<CollectionOptions> = {}): Promise<PlanReport> {
  const options = CollectionOptions.parse({ deleteUntagged: true, ...given });
  const reader = createBoundedReader(store.driver, new AbortController().signal);
  const mark = await markStore(reader, options, testNow);
  const sizes = await readSizes(reader, stayingDigests(mark));
  const made = createPlanReport({ mark, options, now: testNow, sizes });
  expect(PlanReport.parse(JSON.parse(JSON.stringify(made)))).toEqual(JSON.parse(JSON.stringify(made)));
  return made;
}

function repository({ repositories }: PlanReport, name: string): RepositoryPlanReport {
  const found = repositories.find((each) => each.name === name);
  if (!found) throw new Error(`${name} is not in the report`);
  return found;
}

/** One image that stays and two that go, of which one shares a layer with the other repository, which gives it up as well. */
function fill(): Record<'live' | 'dead' | 'old', Pushed> {
  const live = store.image('app', 'live', ['base']);
  store.tag('app', 'v2', live.digest, hour);
  const old = store.image('app', 'old', ['base', 'old layer']);
  store.tag('app', 'v1', old.digest, 9 * hour);
  const dead = store.image('app', 'dead', ['both give up']);
  store.layer('other', 'both give up');
  store.layer('other', 'base');
  store.blob('orphan');
  store.layer('app', 'leased', hour);
  return { live, old, dead };
}

const keepOne = { retention: [{ repositories: ['app'], keepMatching: [], keepLast: 1 }] };

test('what stays is counted by its reason, what goes is told one by one', async () => {
  const { old, dead } = fill();
  const made = await report(keepOne);
  expect(repository(made, 'app')).toEqual({
    name: 'app',
    live: { tag: 1, reference: 2, lease: 1 },
    tags: { newest: 1 },
    goes: { tags: 1, tagEntries: 0, manifests: 2, layerLinks: 4, uploads: 0 },
    bytes: {
      exclusive: old.size + dead.size + 'old'.length + 'old layer'.length + 'dead'.length,
      shared: 'both give up'.length,
      staying: 0,
    },
    vanishes: false,
    problems: [],
    details: {
      tags: [{ tag: 'v1', digest: old.digest, set: new Date(testNow - 9 * hour).toISOString(), rule: 0 }],
      tagEntries: [],
      manifests: [old.digest, dead.digest].sort(),
      layerLinks: ['old', 'old layer', 'dead', 'both give up'].map(digestOf).sort(),
      uploads: [],
    },
  });
  expect(repository(made, 'other')).toMatchObject({
    bytes: { exclusive: 0, shared: 'both give up'.length, staying: 'base'.length },
    vanishes: true,
    details: { layerLinks: ['both give up', 'base'].map(digestOf).sort() },
  });
  const freed = [
    old.digest,
    dead.digest,
    ...['old', 'old layer', 'dead', 'both give up', 'orphan'].map(digestOf),
  ];
  expect(made.blobs?.map(({ digest }) => digest).sort()).toEqual(freed.sort());
  expect(made.totals).toEqual({
    tags: 1,
    tagEntries: 0,
    manifests: 2,
    layerLinks: 6,
    uploads: 0,
    repositories: 2,
    repositoriesVanishing: 1,
    live: 4,
    blobs: 7,
    bytes: made.blobs?.reduce((sum, { bytes }) => sum + bytes, 0),
    orphanedBytes: 'orphan'.length,
  });
});

test('why tags stay', async () => {
  const { live } = fill();
  const signature = store.image('app', 'signature', ['signed']);
  store.tag('app', live.digest.replace(':', '-'), signature.digest, 99 * hour);
  store.image('free', 'free', [], { tag: 'a' });
  store.image('spared', 'spared', [], { tag: 'b' });
  const made = await report({ ...keepOne, repositories: ['app', 'free'] });
  expect(repository(made, 'app').tags).toEqual({ newest: 1, attached: 1 });
  expect(repository(made, 'free').tags).toEqual({ unruled: 1 });
  expect(repository(made, 'spared')).toMatchObject({ tags: { kept: 1 }, live: { tag: 1, kept: 1 } });
});

test('problems, uploads and index entries', async () => {
  const old = store.image('app', 'old', ['layer'], { tag: 'v1' });
  store.image('app', 'new', ['layer'], { tag: 'v1' });
  store.write(paths.uploadStartedAtPath('app', 'stale'), new Date(testNow - 9 * 24 * hour).toISOString());
  store.write(paths.tagCurrentLinkPath('broken', 'v1'), '');
  const made = await report();
  expect(repository(made, 'app').details).toMatchObject({
    tagEntries: [{ tag: 'v1', digest: old.digest }],
    uploads: ['stale'],
  });
  expect(repository(made, 'broken').problems).toEqual([expect.stringContaining('it is empty')]);
  expect(made.problems).toEqual([expect.stringMatching(/^broken: .*; it keeps all that it has$/)]);
});

test('as text', async () => {
  const { old } = fill();
  const lines = [...planLines(await report(keepOne))];
  expect(lines).toContain('  digests that stay: 4 (1 lease, 1 tag, 2 reference)');
  expect(lines).toContain(
    `  tag v1 goes: retention[0] does not keep it (set 2026-01-30T15:00:00.000Z, ${old.digest})`,
  );
  expect(lines).toContain(
    '  12 bytes become free with what other repositories give up; 4 bytes stay, because other repositories keep them',
  );
  expect(lines).toContain(`blob ${digestOf('orphan')} goes: 6 bytes`);
  expect(lines.at(-3)).toBe(
    'that go: tags 1, manifests 2, layer links 6, index entries 0, uploads 0, blobs 7',
  );
  expect(lines.at(-2)).toBe('repositories that leave the catalog: 1 of 2');
});

test('shortened: no details, only the repositories that matter most', async () => {
  fill();
  store.image('quiet', 'quiet', [], { tag: 'v1' });
  store.write(paths.tagCurrentLinkPath('broken', 'v1'), '');
  const full = await report(keepOne);
  const short = shortenPlanReport(full, { repositories: 2, problems: 0 });
  expect(PlanReport.parse(short)).toEqual(short);
  expect(short.repositories.map(({ name }) => name)).toEqual(['app', 'broken']);
  expect([short.repositoriesOmitted, short.blobs, short.problems]).toEqual([2, undefined, []]);
  expect(short.repositories.some(({ details }) => details !== undefined)).toBe(false);
  expect(short.totals).toEqual(full.totals);
  expect(repository(full, 'app').details).toBeDefined();
});

test('a store of 37,000 blobs, half of them dead, is told in a few megabytes', () => {
  const blobs = new Map<string, 'store'>();
  const repositories = new Map<
    string,
    StoreContent['repositories'] extends ReadonlyMap<string, infer R> ? R : never
  >();
  for (let index = 0; index < 1_000; index++) {
    const layers = new Map<string, { modified: number; trashed: boolean }>();
    for (let layer = 0; layer < 37; layer++) {
      const digest = digestOf(`${index} ${layer}`);
      layers.set(digest, { modified: layer % 2 === 0 ? testNow : 0, trashed: false });
      blobs.set(digest, 'store');
    }
    const nothing = {
      tags: new Map(),
      revisions: new Map(),
      uploads: new Map(),
      problems: [],
      inStore: true,
    };
    repositories.set(`team/app-${index}`, { ...nothing, layers });
  }
  const content: StoreContent = { repositories, blobs, manifests: new Map(), unknown: [] };
  const options = CollectionOptions.parse({});
  const plan = planCollection(content, options, testNow);
  const doomed = [...plan.deadBlobs].map((digest): Doomed => ({
    kind: 'blob',
    digest,
    path: digest,
    bytes: 1000,
  }));
  const links = [...plan.repositories].flatMap(([name, { deadLayers }]) =>
    deadLayers.map((digest): Doomed => ({ kind: 'layer', digest, path: digest, repository: name, bytes: 0 })),
  );
  const started = performance.now();
  const mark = { content, plan, doomed: [...doomed, ...links] };
  const made = createPlanReport({ mark, options, now: testNow, sizes: new Map() });
  const text = JSON.stringify(made);
  expect(performance.now() - started).toBeLessThan(5_000);
  expect(made.totals).toMatchObject({
    blobs: 18_000,
    layerLinks: 18_000,
    bytes: 18_000_000,
    orphanedBytes: 0,
  });
  expect(text.length).toBeLessThan(5_000_000);
  expect(JSON.stringify(shortenPlanReport(made, { repositories: 20, problems: 5 })).length).toBeLessThan(
    10_000,
  );
});
