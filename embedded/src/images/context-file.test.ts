import { mkdtempSync, readlinkSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chmod } from 'node:fs/promises';
import { expect, it } from 'vitest';
import { linkContextFile, normalizeModes, writeContextFile } from './context-file.ts';

it('normalizeModes makes modes independent of the umask and leaves links alone', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'context-'));
  try {
    await writeContextFile(directory, 'a/data', '');
    await writeContextFile(directory, 'a/program', '');
    await linkContextFile(directory, 'b/link', '../missing');
    await chmod(join(directory, 'a', 'data'), 0o600);
    await chmod(join(directory, 'a', 'program'), 0o700);
    await normalizeModes(directory);
    const modes = ['.', 'a', 'a/data', 'a/program'].map(
      (path) => statSync(join(directory, path)).mode & 0o777,
    );
    expect(modes).toEqual([0o755, 0o755, 0o644, 0o755]);
    expect(readlinkSync(join(directory, 'b/link'))).toBe('../missing');
  } finally {
    rmSync(directory, { recursive: true });
  }
});
