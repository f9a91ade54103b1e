import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { mountFiles } from './registry-under-test.ts';
import { type WatchedFiles, watchFiles } from './watched-files.ts';

let directory: string;
let watched: WatchedFiles;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'watched-'));
});
afterEach(() => {
  watched.close();
  rmSync(directory, { recursive: true, force: true });
});

function follow(interval: number, errors: unknown[] = []): (string | null)[] {
  const path = join(directory, 'a.json');
  const seen: (string | null)[] = [];
  watched = watchFiles({
    paths: [path],
    interval,
    onLook(texts) {
      const text = texts[path] ?? null;
      if (seen.at(-1) !== text || seen.length === 0) seen.push(text);
      if (text === 'bad') throw new Error('bad');
    },
    onError: (error) => errors.push(error),
  });
  return seen;
}

describe('watchFiles', () => {
  it('sees a swapped symlink by the event of its directory', async () => {
    const seen = follow(60_000);
    await watched.look();
    mountFiles(directory, { 'a.json': 'one' });
    await expect.poll(() => seen.at(-1)).toBe('one');
    mountFiles(directory, { 'a.json': 'two' });
    await expect.poll(() => seen.at(-1)).toBe('two');
    expect(seen[0]).toBeNull();
  });

  it('sees a file of a directory that came later by its interval', async () => {
    const parent = directory;
    directory = join(parent, 'later');
    const seen = follow(50);
    await watched.look();
    directory = parent;
    mkdirSync(join(parent, 'later'));
    writeFileSync(join(parent, 'later/a.json'), 'there');
    await expect.poll(() => seen.at(-1)).toBe('there');
  });

  it('reports an error once while it lasts', async () => {
    const errors: unknown[] = [];
    writeFileSync(join(directory, 'a.json'), 'bad');
    follow(20, errors);
    await watched.look();
    await new Promise((resolve) => setTimeout(resolve, 150));
    expect(errors).toHaveLength(1);
  });
});
