import { cpSync, mkdirSync, readdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import * as paths from '../storage/paths.ts';
import type { StorageDriver } from '../storage/driver.ts';
import { createJournal } from '../registry/journal.ts';
import { runGarbageCollect } from './command.ts';
import { pullAll } from './pull-fixture.ts';
import { createStoreFixture, digestOf, hour, type StoreFixture, testNow } from './store-fixture.ts';

let store: StoreFixture;
beforeEach(() => {
  store = createStoreFixture();
});
afterEach(() => store.dispose());

async function run(driver: StorageDriver, ...argv: string[]): Promise<{ status: number; said: string }> {
  let said = '';
  const write = (text: string): void => void (said += text);
  const openStore = (): Promise<StorageDriver> => Promise.resolve(driver);
  const status = await runGarbageCollect({ argv, openStore, stdout: { write }, stderr: { write } });
  return { status, said };
}

/** Every file and directory of the registry's layout. */
function tree(root: string): string[] {
  return readdirSync(join(root, 'docker'), { recursive: true, encoding: 'utf8' }).sort();
}

const repositories = ['app', 'team/app', 'team/app/sub'] as const;
const one = { repository: fc.constantFrom(...repositories), number: fc.nat({ max: 3 }) };
const tag = fc.option(fc.constantFrom('v1', 'v2', 'old'), { nil: undefined });
const oddPlaces = [
  paths.revisionPath('app', digestOf('layer 0')),
  paths.layerPath('app', digestOf('layer 0')),
  paths.blobPath(digestOf('layer 1')),
  paths.tagPath('app', 'v1'),
  `${paths.tagPath('app', 'old')}/current`,
  paths.uploadPath('app', 'one'),
];

const Step = fc.oneof(
  fc.record({ kind: fc.constant('image'), ...one, tag }),
  fc.record({ kind: fc.constant('index'), ...one, tag }),
  fc.record({ kind: fc.constant('layer'), ...one }),
  fc.record({ kind: fc.constant('blob'), ...one }),
  fc.record({ kind: fc.constant('upload'), ...one, isOld: fc.boolean() }),
  fc.record({ kind: fc.constant('damage'), ...one }),
  fc.record({ kind: fc.constantFrom('foreign', 'empty', 'link'), ...one, at: fc.nat(oddPlaces.length - 1) }),
);
type Step = typeof Step extends fc.Arbitrary<infer S> ? S : never;

function build(fixture: StoreFixture, step: Step): void {
  const { repository, number } = step;
  if (step.kind === 'image' || step.kind === 'index') {
    const name = `${repository} ${number}`;
    const image = fixture.image(repository, name, [`layer ${number}`, 'common'], { tag: step.tag });
    if (step.kind === 'index') fixture.index(repository, [image], { tag: step.tag });
  } else if (step.kind === 'layer') fixture.layer(repository, `layer ${number}`);
  else if (step.kind === 'blob') fixture.blob(`layer ${number}`);
  else if (step.kind === 'damage')
    fixture.write(paths.revisionLinkPath(repository, digestOf(`m${number}`)), '');
  else if (step.kind === 'upload') {
    const time = step.isOld ? testNow - 10_000 * hour : Date.now();
    const id = number === 0 ? 'one' : `upload-${number}`;
    fixture.write(paths.uploadDataPath(repository, id), 'data', time);
    fixture.write(paths.uploadStartedAtPath(repository, id), new Date(time).toISOString(), time);
  } else if ('at' in step) buildOdd(fixture, step.kind, `${oddPlaces[step.at]}/odd-${number}`);
}

function buildOdd(fixture: StoreFixture, kind: string, path: string): void {
  if (kind === 'foreign') return fixture.write(path, 'foreign');
  mkdirSync(join(fixture.root, kind === 'empty' ? path : path.slice(0, path.lastIndexOf('/'))), {
    recursive: true,
  });
  if (kind === 'link') symlinkSync('/nowhere', join(fixture.root, path));
}

const flags = fc.constantFrom(
  [],
  ['-m'],
  ['-m', '--keep-last=1'],
  ['--keep-matching', 'v*'],
  ['-m', '--plan=text'],
);

describe('--offline', () => {
  test('leaves and says what a run with two marks does, and nothing in the trash', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(Step, { maxLength: 12 }), flags, async (steps, given) => {
        const [first, second] = [createStoreFixture(), createStoreFixture()];
        try {
          first.blob('there is something');
          for (const step of steps) {
            try {
              build(first, step);
            } catch (error) {
              // Something else lies there already.
              if (!['EEXIST', 'ENOTDIR', 'EISDIR'].includes((error as NodeJS.ErrnoException).code ?? ''))
                throw error;
            }
          }
          cpSync(first.root, second.root, {
            recursive: true,
            preserveTimestamps: true,
            verbatimSymlinks: true,
          });
          const whole = await run(first.driver, ...given);
          expect(await run(second.driver, '--offline', ...given)).toEqual(whole);
          expect(tree(second.root)).toEqual(tree(first.root));
          expect(second.files()).toEqual(first.files());
        } finally {
          first.dispose();
          second.dispose();
        }
      }),
      { numRuns: 100 },
    );
  });

  test('moves nothing, and judges what an earlier run has left in the trash as ever', async () => {
    const moves: unknown[] = [];
    const driver: StorageDriver = {
      ...store.driver,
      moveMany(items, options) {
        moves.push(...items);
        return store.driver.moveMany(items, options);
      },
    };
    store.image('app', 'dead', ['dead layer']);
    const { digest } = store.image('app', 'kept', ['layer'], { tag: 'v1' });
    const data = paths.blobDataPath(digest);
    await run(driver, '-m', '--offline');
    expect(moves).toEqual([]);
    await store.driver.move(data, paths.trashPath('early-1', data));
    const { said } = await run(store.driver, '-m', '-q', '--offline');
    expect(said).toBe('warning: 1 swept blob or manifest was in use and has been put back\n');
    expect(pullAll(store, ['app'])).toEqual([]);
    expect(store.files(paths.blobsRoot)).toHaveLength(3);
  });

  test('does nothing while a registry serves from the storage, also one that has begun since the mark', async () => {
    store.image('app', 'dead', ['dead layer']);
    const path = paths.memberPath('pod-0-boot');
    const member = JSON.stringify({ pod: 'pod-0', boot: 'boot', release: '1', host: 'node-1' });
    const before = store.files('/docker');
    const refusal =
      /^failed to garbage collect: member pod-0-boot on host node-1 serves from this storage: stop it/;
    await store.driver.putContent(path, member);
    const { status, said } = await run(store.driver, '-m', '-q', '--offline');
    expect([status, said]).toEqual([1, expect.stringMatching(refusal)]);
    store.remove(path);
    let prepared = '';
    const driver: StorageDriver = {
      ...store.driver,
      async putContent(written, content) {
        await store.driver.putContent(written, content);
        if (written !== paths.windowPath) return;
        prepared = String(JSON.parse(content.toString()).id);
        const window = { id: prepared, prepared: true, paused: true, restarted: true };
        await store.driver.putContent(path, JSON.stringify({ ...JSON.parse(member), window }));
      },
    };
    expect(await run(driver, '-m', '-q', '--offline')).toMatchObject({ status: 1 });
    expect(prepared).not.toBe('');
    expect(store.files('/docker')).toEqual(before);
  });

  test('keeps what a registry committed since the mark, which has ended again', async () => {
    store.image('app', 'dead', ['dead layer']);
    const repushed = { kind: 'blob', repository: 'app', digest: digestOf('dead layer') } as const;
    let isCommitted = false;
    const driver: StorageDriver = {
      ...store.driver,
      async putContent(path, content) {
        if (path === paths.windowPath && !isCommitted) {
          isCommitted = true;
          const journal = createJournal({ driver: store.driver, process: 'writer' });
          await journal.during([repushed], async () => void store.layer('app', 'dead layer', 0));
        }
        return store.driver.putContent(path, content);
      },
    };
    await run(driver, '-m', '-q', '--offline');
    expect(isCommitted).toBe(true);
    expect(store.files('/docker')).toEqual([
      paths.blobDataPath(repushed.digest),
      paths.layerLinkPath('app', repushed.digest),
    ]);
  });

  test('leaves what no registry has put into a tag that goes', async () => {
    for (const tag of ['v1', 'v2']) store.image('app', tag, [tag], { tag });
    const foreign = `${paths.tagPath('app', 'v1')}/index/sha256/foreign`;
    store.write(foreign, 'foreign');
    store.tag('app', 'v2', store.image('app', 'new', []).digest, 0);
    await run(store.driver, '-m', '-q', '--offline', '--keep-last=1');
    expect(store.files(paths.tagPath('app', 'v1'))).toEqual([foreign]);
    store.remove(paths.tagPath('app', 'v1'));
    expect(pullAll(store, ['app'])).toEqual([]);
  });

  test('a storage that fails in the middle leaves every image whole, and the next run takes the rest', async () => {
    store.image('app', 'kept', ['common', 'layer'], { tag: 'v1' });
    const dead = store.image('app', 'dead', ['common', 'dead layer']);
    for (let fails = 1; ; fails++) {
      let calls = 0;
      const removeMany: StorageDriver['removeMany'] = (items, options) => {
        if (++calls === fails) return Promise.reject(new Error('input/output error'));
        return store.driver.removeMany(items, options);
      };
      const { status } = await run({ ...store.driver, removeMany }, '-m', '-q', '--offline');
      const missing = pullAll(store, ['app']).filter((each) => !each.endsWith(`manifest ${dead.digest}`));
      expect(missing).toEqual([]);
      if (status === 0) break;
      expect(status).toBe(1);
    }
    expect(store.files(paths.blobsRoot)).toHaveLength(4);
  });
});
