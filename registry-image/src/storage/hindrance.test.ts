import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { findHindrance } from './hindrance.ts';

const imageUser = 65_532;
let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'store-'));
  chmodSync(root, 0o777);
});
afterEach(() => rmSync(root, { recursive: true }));

/** What the user of the image finds; only root can become that user. */
function foundByImageUser(): string {
  const script = `const { findHindrance } = await import(${JSON.stringify(join(import.meta.dirname, 'hindrance.ts'))});
    process.stdout.write((await findHindrance(process.argv[1])) ?? 'nothing');`;
  return execFileSync(process.execPath, ['--input-type=module', '-e', script, root], {
    uid: imageUser,
    gid: imageUser,
    cwd: '/',
    encoding: 'utf8',
  });
}

it('finds nothing where everything may be done, and where nothing is yet', async () => {
  expect(await findHindrance(root)).toBeUndefined();
  expect(await findHindrance(join(root, 'absent'))).toBeUndefined();
});

describe.runIf(process.getuid?.() === 0)('a volume that a registry of root wrote', () => {
  it.each(['docker', 'docker/registry/v2/blobs/sha256/ab', 'docker/registry/v2/repositories/team'])(
    'is told with the directory %s and the command that helps',
    (directory) => {
      mkdirSync(join(root, directory), { recursive: true });
      const parts = directory.split('/');
      for (let length = 1; length < parts.length; length++)
        chmodSync(join(root, ...parts.slice(0, length)), 0o777);
      chmodSync(join(root, directory), 0o755);
      writeFileSync(join(root, directory, 'file'), '');
      expect(foundByImageUser()).toBe(
        `${join(root, directory)} belongs to 0:0 with mode 0755, and the registry runs as 65532:65532; ` +
          `run once, as root and where the volume is mounted: chown -R 65532:65532 ${root}`,
      );
    },
  );

  it('is found whole when its directories are writable', () => {
    for (const directory of ['.wharfinger', 'docker']) {
      mkdirSync(join(root, directory));
      chmodSync(join(root, directory), 0o777);
    }
    expect(foundByImageUser()).toBe('nothing');
  });
});
