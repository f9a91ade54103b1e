import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { StorageDriver } from './driver.ts';
import { NotFoundError } from './errors.ts';
import { createFilesystemDriver } from './filesystem.ts';

let root: string;
let driver: StorageDriver;

const temporary = '.wharfinger-0123456789abcdef.tmp';
const files = [
  '/a/one',
  '/a/b/link',
  '/a/b/c/link',
  '/a/b/c/other',
  '/a/d/e/link',
  `/a/d/${temporary}`,
  '/other/file',
];

beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'survey-'));
  for (const file of files) {
    mkdirSync(dirname(join(root, file)), { recursive: true });
    writeFileSync(join(root, file), file);
  }
  mkdirSync(join(root, '/a/empty'));
  symlinkSync('b/c', join(root, '/a/to-c'));
  symlinkSync('../one', join(root, '/a/b/to-one'));
  symlinkSync('nowhere', join(root, '/a/b/to-nothing'));
  driver = createFilesystemDriver({ rootDirectory: root, blocking: true });
});
afterAll(() => rmSync(root, { recursive: true }));

/** What single calls tell of a path. */
async function toldOf(path: string): Promise<unknown> {
  try {
    const { isDirectory, size, modified } = await driver.stat(path);
    return isDirectory ? { children: await driver.children(path) } : { size, modified };
  } catch (error) {
    if (error instanceof NotFoundError) return null;
    throw error;
  }
}

async function pathsOf(paths: string[], options: { depth: number }): Promise<string[]> {
  const survey = (await driver.survey?.(paths, options)) ?? new Map<string, unknown>();
  for (const [path, told] of survey) expect([path, told]).toEqual([path, await toldOf(path)]);
  return [...survey.keys()].sort();
}

test('a survey tells what single calls tell, as deep as it is asked to', async () => {
  expect(await pathsOf(['/a'], { depth: 1 })).toEqual(['/a', '/a/one']);
  expect(await pathsOf(['/a'], { depth: 2 })).toEqual([
    '/a',
    '/a/b',
    '/a/b/link',
    '/a/d',
    '/a/empty',
    '/a/one',
  ]);
  const all = await pathsOf(['/a', '/other'], { depth: 9 });
  expect(all).toEqual(
    expect.arrayContaining(files.filter((file) => !file.includes(temporary)).concat('/a/b/c', '/a/d/e')),
  );
  expect(all.filter((path) => path.includes('to-') || path.includes(temporary))).toEqual([]);
});

test('files alone; a directory, a symbolic link and what lies behind a file are not told of', async () => {
  const paths = ['/a/one', '/a/b', '/a/b/to-one', '/none', '/a/one/below'];
  expect(await pathsOf(paths, { depth: 0 })).toEqual(['/a/one', '/none']);
  expect(await pathsOf(['/none', '/a/one'], { depth: 1 })).toEqual(['/none']);
});

test('a storage that serves others, or is slow, is asked call by call', async () => {
  const serving = createFilesystemDriver({ rootDirectory: root });
  expect(await serving.survey?.(['/a'], { depth: 1 })).toBeUndefined();
});

test('a survey of many files is as quick as what it tells of each', async () => {
  mkdirSync(join(root, '/many'));
  for (let count = 0; count < 300; count++) writeFileSync(join(root, `/many/${count}`), '');
  const fresh = createFilesystemDriver({ rootDirectory: root, blocking: true });
  for (let count = 0; count < 60; count++) {
    expect(await fresh.survey?.(['/many'], { depth: 1 })).toBeDefined();
  }
});

test('a survey ends after some thousand paths', async () => {
  mkdirSync(join(root, '/more'));
  for (let count = 0; count < 3_000; count++) writeFileSync(join(root, `/more/${count}`), '');
  const fresh = createFilesystemDriver({ rootDirectory: root, blocking: true });
  expect((await fresh.survey?.(['/more'], { depth: 1 }))?.size).toBeLessThanOrEqual(2_000);
});
