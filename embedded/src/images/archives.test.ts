import { mkdtempSync, readdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { pruneArchives } from './archives.ts';

it('pruneArchives keeps the two newest of one image and nothing else of it', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'archives-'));
  try {
    const names = ['registry-a.tar', 'registry-b.tar', 'registry-c.tar', 'operator-a.tar', 'pause-1.tar'];
    names.forEach((name, index) => {
      writeFileSync(join(directory, name), '');
      utimesSync(join(directory, name), index, index);
    });
    await pruneArchives(directory, 'registry');
    expect(readdirSync(directory).sort()).toEqual(names.slice(1).sort());
  } finally {
    rmSync(directory, { recursive: true });
  }
});
