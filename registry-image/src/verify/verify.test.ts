import { cpSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import type { StorageDriver } from '../storage/driver.ts';
import * as paths from '../storage/paths.ts';
import { damageCases } from './damage-cases.ts';
import { damages } from './damages.ts';
import { type Made, makeStore } from './made-store.ts';
import { copyStore, snapshot, verifyOnce } from './verify-fixture.ts';

let made: Made;
let original = '';

afterAll(() => rmSync(original, { recursive: true, force: true }));

describe('registry verify', () => {
  // A server ends with the test that started it, and its store too.
  it('has a store to look at', async () => {
    original = mkdtempSync(join(tmpdir(), 'verify-original-'));
    const { root, ...store } = await makeStore();
    ({ made } = store);
    cpSync(root, original, { recursive: true, preserveTimestamps: true });
  });

  it('has a test for every damage of its table', () => {
    expect(new Set(damageCases.map(({ kind }) => kind))).toEqual(new Set(Object.keys(damages)));
  });

  it('finds nothing wrong with what the server made, and writes nothing', async () => {
    const root = await copyStore(original);
    const before = snapshot(root);
    const { found, summary } = await verifyOnce(root);
    expect(found).toEqual([]);
    expect(summary).toMatchObject({ repositories: 2, manifests: 4, tags: 3, uploads: 1, blobs: 8 });
    expect(snapshot(root)).toEqual(before);
  });

  it('leaves alone what a server may be in the middle of', async () => {
    const root = await copyStore(original);
    const at = (path: string): string => join(root, path);
    writeFileSync(at(`${paths.layerPath('team/app', made.layer)}/.wharfinger-0123456789abcdef.tmp`), '');
    mkdirSync(at(paths.deletedPath('now/current')), { recursive: true });
    rmSync(at(paths.uploadDataPath('team/app', made.upload)));
    rmSync(at(dirname(paths.tagCurrentLinkPath('team/app', 'v1'))), { recursive: true });
    expect((await verifyOnce(root, { repair: true })).found).toEqual([]);
  });

  describe.each(damageCases)('$name ($kind)', (one) => {
    const { kind, damage, path, action, follows = [], remains = [] } = one;
    const wrap = (driver: StorageDriver): StorageDriver => one.wrap?.(driver, made) ?? driver;

    it('is found, alone, without a write', async () => {
      const root = await copyStore(original);
      damage((each) => join(root, each), made);
      const before = snapshot(root);
      const { found } = await verifyOnce(root, { wrap });
      expect(found.map((each) => [each.kind, each.path, each.action])).toEqual([[kind, path(made), 'found']]);
      expect(snapshot(root)).toEqual(before);
    });

    it(`is ${action}, and then all is well`, async () => {
      const root = await copyStore(original);
      damage((each) => join(root, each), made);
      const contents = contentsOf(root);
      const { found } = await verifyOnce(root, { repair: true, wrap });
      const told = found.map((each) => `${each.kind} ${each.action}`).sort();
      const expected = [[kind, action], ...follows].map((each) => each.join(' '));
      expect(told).toEqual(expected.sort());
      for (const { where } of found.filter((each) => each.action === 'set-aside')) {
        expect(existsSync(join(root, where ?? ''))).toBe(true);
      }
      if (action !== 'repaired') expect(contentsOf(root)).toEqual(expect.arrayContaining(contents));
      const again = await verifyOnce(root, { repair: true, run: 'run-2', wrap });
      expect(again.found.map((each) => each.kind)).toEqual(remains);
    });
  });
});

/** The contents of all files, wherever they lie. */
function contentsOf(root: string): string[] {
  return [...snapshot(root)]
    .map(([, described]) => (JSON.parse(described) as unknown[])[3] as string)
    .filter((content) => content !== '')
    .sort();
}
