import { execFileSync } from 'node:child_process';
import { renameSync } from 'node:fs';
import { mkdtemp, readdir, rm, stat, symlink, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { describeDriver } from './driver-contract.ts';
import { NotAFileError } from './errors.ts';
import { createFilesystemDriver } from './filesystem.ts';

for (const blocking of [false, true]) {
  describeDriver(blocking ? 'filesystem, blocking' : 'filesystem', async () => {
    const rootDirectory = await mkdtemp(join(tmpdir(), 'wharfinger-driver-'));
    return {
      driver: createFilesystemDriver({ rootDirectory, blocking }),
      remove: () => rm(rootDirectory, { recursive: true }),
    };
  });
}

describe('temporary files of the filesystem driver', () => {
  const temporary = '.wharfinger-0123456789abcdef.tmp';
  let root: string;
  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), 'wharfinger-driver-'));
  });
  afterEach(() => rm(root, { recursive: true }));

  it('are gone after a put', async () => {
    const driver = createFilesystemDriver({ rootDirectory: root });
    await driver.putContent('/link', 'x');
    await expect(driver.putContent('/link/below', 'x')).rejects.toThrow();
    expect(await readdir(root)).toEqual(['link']);
  });

  it('are hidden, and hold a directory only while somebody may still write them', async () => {
    const driver = createFilesystemDriver({ rootDirectory: root });
    await driver.putContent('/dir/x', 'x');
    await driver.delete('/dir/x');
    await writeFile(join(root, 'dir', temporary), '');
    expect(await driver.list('/dir')).toEqual([]);
    expect(await driver.removeIfEmpty('/dir')).toBe(false);
    await driver.removeMany(['/dir']);
    expect(await driver.children('/')).toHaveLength(1);
    await utimes(join(root, 'dir', temporary), new Date(0), new Date(0));
    await driver.removeMany(['/dir']);
    expect(await driver.children('/')).toEqual([]);
    await driver.putContent('/dir/x', 'x');
    await driver.delete('/dir/x');
    await writeFile(join(root, 'dir', temporary), '');
    await utimes(join(root, 'dir', temporary), new Date(0), new Date(0));
    expect(await driver.removeIfEmpty('/dir')).toBe(true);
  });
});

describe('an appender of the filesystem driver', () => {
  let root: string;
  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), 'wharfinger-driver-'));
  });
  afterEach(() => rm(root, { recursive: true }));

  it('leaves nothing behind but the file, also of one whose process was killed', async () => {
    const driver = createFilesystemDriver({ rootDirectory: root });
    const killed = await driver.appender('/up/data');
    await killed.write([Buffer.from('abc')]);
    expect((await readdir(join(root, 'up'))).length).toBe(2);
    const next = await driver.appender('/up/data');
    await next.write([Buffer.from('def')]);
    await next.finish();
    await next.close();
    expect(await readdir(join(root, 'up'))).toEqual(['data']);
    const { ino } = await stat(join(root, 'up/data'));
    await driver.publish('/up/data', '/blob', 6);
    expect((await stat(join(root, 'blob'))).ino).toBe(ino);
    await killed.close();
    expect(await readdir(root)).toEqual(['blob', 'up']);
  });

  it('notices while it writes that it was overtaken', async () => {
    const driver = createFilesystemDriver({ rootDirectory: root });
    const first = await driver.appender('/up/data');
    await first.write([Buffer.from('abc')]);
    await (await driver.appender('/up/data')).close();
    await new Promise((resolve) => setTimeout(resolve, 1_100));
    await expect(first.write([Buffer.from('x')])).rejects.toThrow('another appender has taken over');
    await first.close();
  });
});

describe('what is no file', () => {
  it.each([false, true])('is told apart from what is not there, and never waited for', async (blocking) => {
    const root = await mkdtemp(join(tmpdir(), 'wharfinger-driver-'));
    const driver = createFilesystemDriver({ rootDirectory: root, blocking });
    await driver.putContent('/directory/x', 'x');
    await symlink('loop', join(root, 'loop'));
    execFileSync('mkfifo', [join(root, 'pipe')]);
    for (const path of ['/directory', '/loop', '/pipe']) {
      await expect(driver.reader(path)).rejects.toBeInstanceOf(NotAFileError);
    }
    await expect(driver.getContent('/directory')).rejects.toBeInstanceOf(NotAFileError);
    expect(await driver.getContent('/pipe')).toEqual(Buffer.alloc(0));
    await expect(driver.stat('/loop')).rejects.toBeInstanceOf(NotAFileError);
    expect((await driver.list('/')).map(({ path, isSymbolicLink }) => [path, isSymbolicLink])).toEqual([
      ['/directory', undefined],
      ['/loop', true],
      ['/pipe', undefined],
    ]);
    expect((await driver.children('/')).map(({ name, kind }) => [name, kind])).toEqual([
      ['directory', 'directory'],
      ['loop', 'symbolicLink'],
      ['pipe', 'file'],
    ]);
    await rm(root, { recursive: true });
  });

  it.each([{ blocking: true }, { blocking: false }])(
    'goes as a directory only when it is one, and what is temporary goes with it (%o)',
    async (options) => {
      const root = await mkdtemp(join(tmpdir(), 'wharfinger-filesystem-'));
      const driver = createFilesystemDriver({ rootDirectory: root, ...options });
      for (const name of ['real', 'stale']) await driver.putContent(`/${name}/file`, 'x');
      await symlink('real', join(root, 'linked'));
      const temporary = join(root, 'stale', '.wharfinger-0123456789abcdef.tmp');
      await writeFile(temporary, '');
      await utimes(temporary, new Date(0), new Date(0));
      await driver.removeMany(['/linked/file', '/stale/file'], { withDirectory: true });
      expect((await driver.list('/')).map(({ path }) => path)).toEqual(['/linked', '/real']);
      expect(await driver.list('/real')).toEqual([]);
      await symlink('loop', join(root, 'loop'));
      await expect(driver.removeMany(['/loop/file'], { withDirectory: true })).rejects.toThrow('ELOOP');
      await rm(root, { recursive: true });
    },
  );

  it('is removed once: what came to its place while its directory was still occupied stays', async () => {
    const root = await mkdtemp(join(tmpdir(), 'wharfinger-filesystem-'));
    const driver = createFilesystemDriver({ rootDirectory: root, blocking: true });
    await driver.putContent('/busy/link', 'old');
    await writeFile(join(root, 'busy', 'other'), 'new');
    // The first calls are synchronous: the file has gone when the promise is there.
    const removal = driver.removeMany(['/busy/link'], { withDirectory: true });
    renameSync(join(root, 'busy', 'other'), join(root, 'busy', 'link'));
    await removal;
    expect((await driver.getContent('/busy/link')).toString()).toBe('new');
    await rm(root, { recursive: true });
  });
});
