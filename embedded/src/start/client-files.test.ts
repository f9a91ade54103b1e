import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { writePrivateFile } from './client-files.ts';

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'client-files-'));
});
afterEach(() => rmSync(directory, { recursive: true }));

it('writePrivateFile takes the file from everybody else before it holds anything', async () => {
  const path = join(directory, 'password');
  writeFileSync(path, 'old');
  chmodSync(path, 0o644);
  await writePrivateFile(path, 'new');
  expect(readFileSync(path, 'utf8')).toBe('new');
  expect(statSync(path).mode & 0o777).toBe(0o600);
});
