import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { StorageDriver } from './driver.ts';
import { NotAFileError, NotFoundError } from './errors.ts';
import { createFilesystemDriver } from './filesystem.ts';
import { createFilesystemReads } from './filesystem-reads.ts';
import type { Call } from './quick-calls.ts';
import { type Survey, type SurveyOptions, surveySync } from './survey.ts';

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
  execFileSync('mkfifo', [join(root, '/a/pipe')]);
  driver = createFilesystemDriver({ rootDirectory: root, blocking: true });
});
afterAll(() => rmSync(root, { recursive: true }));

/** What single calls tell of a file; undefined of what is none. */
async function toldOf(path: string, withContent: boolean): Promise<unknown> {
  try {
    const { isDirectory, isSymbolicLink, size, modified } = await driver.stat(path);
    if (isDirectory || isSymbolicLink) return undefined;
    return { size, modified, ...(withContent && { content: await driver.getContent(path) }) };
  } catch (error) {
    if (error instanceof NotFoundError) return null;
    if (error instanceof NotAFileError) return undefined;
    throw error;
  }
}

const odd = ['/a/b', '/a/b/to-one', '/a/b/to-nothing', '/a/one/below', '/a/pipe'];

test.each([{}, { contentUpTo: 1000 }])(
  'a survey tells of files what single calls tell: %j',
  async (options) => {
    const paths = [...files.filter((file) => !file.includes(temporary)), '/none', '/none/below'];
    const told = await Promise.all(paths.map((path) => toldOf(path, 'contentUpTo' in options)));
    expect(survey([...paths, '/a/to-c/link'], options)).toEqual([
      ...told,
      await toldOf('/a/b/c/link', 'contentUpTo' in options),
    ]);
  },
);

test.each([{}, { contentUpTo: 1000 }])(
  'of a directory, a symbolic link, a pipe and what lies behind a file it tells nothing: %j',
  (options) => {
    expect(survey(odd, options)).toEqual(odd.map(() => undefined));
  },
);

test('of a file that is too long it tells no content', async () => {
  const [seen] = survey(['/a/one'], { contentUpTo: 3 });
  expect(seen).toEqual(await toldOf('/a/one', false));
});

test('a storage that serves others, or is slow, is asked call by call', async () => {
  const serving = createFilesystemDriver({ rootDirectory: root });
  expect(await serving.survey?.(['/a/one'], {})).toBeUndefined();
});

test('a survey counts as many calls as it has looked at files', async () => {
  const counts: number[] = [];
  const call: Call = (sync, _, countOf = () => 1) => {
    const result = sync();
    counts.push(countOf(result));
    return Promise.resolve(result);
  };
  await createFilesystemReads({ locate, call }).survey(writeMany('/many', 3), {});
  expect(counts).toEqual([3]);
});

test('a survey ends after some thousand paths, or some megabytes', () => {
  expect(survey(writeMany('/more', 3_000)).length).toBeLessThanOrEqual(2_000);
  const mebibyte = 1024 * 1024;
  const long = writeMany('/long', 8, 'x'.repeat(mebibyte));
  expect(survey(long, { contentUpTo: mebibyte }).length).toBeLessThanOrEqual(4);
});

/** Of the storage itself: whether a driver asks for it depends on how quick the machine is. */
function survey(paths: readonly string[], options: SurveyOptions = {}): Survey {
  return surveySync(paths, options, locate);
}

function locate(path: string): string {
  return root + path;
}

function writeMany(directory: string, count: number, content = ''): string[] {
  mkdirSync(join(root, directory));
  const paths = Array.from({ length: count }, (_, index) => `${directory}/${index}`);
  for (const path of paths) writeFileSync(join(root, path), content);
  return paths;
}
