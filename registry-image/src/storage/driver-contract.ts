import { createHash, randomBytes } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { describeBulkChanges } from './bulk-contract.ts';
import type { Content, StorageDriver } from './driver.ts';
import { NotFoundError, OvertakenError } from './errors.ts';

/** What every storage driver must do; run by the tests of each. `create` gives an empty one and a way to remove it. */
export function describeDriver(
  name: string,
  create: () => Promise<{ driver: StorageDriver; remove: () => Promise<void> }>,
): void {
  describe(`the storage driver ${name}`, () => {
    let driver: StorageDriver;
    let remove: () => Promise<void>;
    beforeEach(async () => {
      ({ driver, remove } = await create());
    });
    afterEach(() => remove());

    async function textOf(path: string, range?: { start: number; end?: number }): Promise<string> {
      const content = await driver.reader(path, range);
      const text = await textIn(content);
      await content.close();
      return text;
    }

    async function textIn(content: Content): Promise<string> {
      const pieces: Buffer[] = [];
      for await (const piece of content) pieces.push(Buffer.from(piece));
      return Buffer.concat(pieces).toString();
    }

    async function append(path: string, text: string): Promise<number> {
      const appender = await driver.appender(path);
      await appender.write([Buffer.from(text)]);
      await appender.sync();
      await appender.finish();
      await appender.close();
      return appender.offset;
    }

    describeBulkChanges(() => driver);

    it('gives back what was put, also after it was replaced', async () => {
      await driver.putContent('/a/b/c', 'first and longer');
      await driver.putContent('/a/b/c', Buffer.from('second'));
      expect((await driver.getContent('/a/b/c')).toString()).toBe('second');
      expect(await driver.stat('/a/b/c')).toMatchObject({ path: '/a/b/c', isDirectory: false, size: 6 });
    });

    it('publishes what is being deleted, or says that it is not there', async () => {
      for (let round = 0; round < 200; round++) {
        await append('/up/data', 'abc');
        const published = driver.publish('/up/data', `/blobs/${round}/data`, 3).then(
          () => 'published',
          (error: unknown) => error,
        );
        await Promise.all([published, driver.delete('/up')]);
        const outcome = await published;
        if (outcome === 'published') expect(await textOf(`/blobs/${round}/data`)).toBe('abc');
        else expect(outcome).toBeInstanceOf(NotFoundError);
      }
    });

    it('adds text to the end of a file, also of one that is not there', async () => {
      await driver.append('/new/journal', 'first\n');
      await Promise.all([1, 2, 3].map((number) => driver.append('/new/journal', `${number}\n`)));
      const lines = (await driver.getContent('/new/journal')).toString().split('\n');
      expect([lines[0], ...lines.slice(1).sort()]).toEqual(['first', '', '1', '2', '3']);
      await expect(driver.append('/new', 'x')).rejects.toThrow();
    });

    it('reads ranges whose ends are both part of it', async () => {
      await driver.putContent('/file', '0123456789');
      expect(await textOf('/file')).toBe('0123456789');
      expect(await textOf('/file', { start: 3 })).toBe('3456789');
      expect(await textOf('/file', { start: 3, end: 5 })).toBe('345');
    });

    it('appends where the file ends and tells that offset', async () => {
      expect(await append('/up/data', 'abc')).toBe(0);
      expect(await append('/up/data', 'def')).toBe(3);
      expect(await textOf('/up/data')).toBe('abcdef');
    });

    it.each([
      ['getContent', (path: string) => driver.getContent(path)],
      ['reader', (path: string) => driver.reader(path)],
      ['stat', (path: string) => driver.stat(path)],
      ['list', (path: string) => driver.list(path)],
      ['children', (path: string) => driver.children(path)],
      ['move', (path: string) => driver.move(path, '/elsewhere')],
      ['touch', (path: string) => driver.touch(path, 0)],
    ])('%s says that something does not exist by a NotFoundError', async (_, call) => {
      await driver.putContent('/file', 'x');
      await expect(call('/missing')).rejects.toBeInstanceOf(NotFoundError);
      await expect(call('/file/below')).rejects.toBeInstanceOf(NotFoundError);
    });

    it('lists direct children in the order of their paths', async () => {
      for (const path of ['/dir/b', '/dir/a-b', '/dir/a/x', '/dir/c']) await driver.putContent(path, 'x');
      const entries = await driver.list('/dir');
      expect(entries.map(({ path, isDirectory }) => [path, isDirectory])).toEqual([
        ['/dir/a', true],
        ['/dir/a-b', false],
        ['/dir/b', false],
        ['/dir/c', false],
      ]);
      expect((await driver.list('/')).map(({ path }) => path)).toEqual(['/dir']);
      expect(await driver.children('/dir')).toEqual([
        { name: 'a', kind: 'directory' },
        { name: 'a-b', kind: 'file' },
        { name: 'b', kind: 'file' },
        { name: 'c', kind: 'file' },
      ]);
    });

    it('moves files over files, and whole directories', async () => {
      await driver.putContent('/from/file', 'new');
      await driver.putContent('/to/deep/file', 'old');
      await driver.move('/from/file', '/to/deep/file');
      expect(await textOf('/to/deep/file')).toBe('new');
      await driver.move('/to', '/moved/here');
      expect(await textOf('/moved/here/deep/file')).toBe('new');
      await expect(driver.stat('/to')).rejects.toBeInstanceOf(NotFoundError);
    });

    it('publishes what was there, whoever still appends', async () => {
      await append('/up/data', 'content');
      const late = await driver.appender('/up/data');
      await late.write([Buffer.from(' and')]);
      await driver.publish('/up/data', '/blobs/data', 7);
      // Taken or refused; it must not get to where the content is now.
      await late.write([Buffer.from(' garbage')]).catch(() => {});
      await late.close();
      expect(await textOf('/blobs/data')).toBe('content');
      await append('/up2/data', 'content');
      await driver.publish('/up2/data', '/blobs/data', 7);
      expect(await textOf('/blobs/data')).toBe('content');
      await expect(driver.publish('/up2/data', '/blobs/data', 7)).rejects.toBeInstanceOf(NotFoundError);
    });

    it('goes on reading what was moved or deleted meanwhile', async () => {
      await driver.putContent('/blob', 'content');
      const content = await driver.reader('/blob');
      await driver.delete('/blob');
      expect(await textIn(content)).toBe('content');
      await content.close();
    });

    it('reads what is large whole, by several readers, and stops where one of them stops', async () => {
      const large = randomBytes(3_000_000);
      const appender = await driver.appender('/up/data');
      for (let at = 0; at < large.length; at += 65_536)
        await appender.write([large.subarray(at, at + 1000), large.subarray(at + 1000, at + 65_536)]);
      await appender.finish();
      await appender.close();
      const digests = await Promise.all(
        Array.from({ length: 8 }, async () => {
          const hash = createHash('sha256');
          const content = await driver.reader('/up/data', { start: 1 });
          for await (const piece of content) hash.update(piece);
          await content.close();
          return hash.digest('hex');
        }),
      );
      expect(new Set(digests)).toEqual(
        new Set([createHash('sha256').update(large.subarray(1)).digest('hex')]),
      );
      const stopped = await driver.reader('/up/data');
      for await (const piece of stopped) {
        expect(piece.length).toBeGreaterThan(0);
        break;
      }
      await stopped.close();
      const unread = await driver.reader('/up/data');
      await unread.close();
    });

    it('appends only to what is there, unless it is to be made', async () => {
      await expect(driver.appender('/up/data', { create: false })).rejects.toBeInstanceOf(NotFoundError);
      await append('/up/data', 'abc');
      const appender = await driver.appender('/up/data', { create: false });
      expect(appender.offset).toBe(3);
      await appender.close();
    });

    it('names the content of an appended file', async () => {
      const first = await driver.appender('/up/data');
      await first.write([Buffer.from('abc')]);
      const version = await first.finish();
      await first.close();
      const second = await driver.appender('/up/data');
      expect(second.version).toBe(version);
      await second.write([Buffer.from('d')]);
      expect(await second.finish()).not.toBe(version);
      await second.close();
    });

    it('lets the last of two appenders win, and tells the other', async () => {
      const first = await driver.appender('/up/data');
      await first.write([Buffer.from('abc')]);
      const second = await driver.appender('/up/data');
      expect(second.offset).toBe(3);
      await first.write([Buffer.from('lost')]).catch((error: unknown) => {
        expect(error).toBeInstanceOf(OvertakenError);
      });
      await second.write([Buffer.from('def')]);
      await expect(first.finish()).rejects.toBeInstanceOf(OvertakenError);
      await first.close();
      await second.finish();
      await second.close();
      expect(await textOf('/up/data')).toBe('abcdef');
    });

    it('tells an appender that its file has gone', async () => {
      const appender = await driver.appender('/up/data');
      await driver.delete('/up');
      await expect(appender.finish()).rejects.toBeInstanceOf(NotFoundError);
      await appender.close();
      await expect(driver.stat('/up/data')).rejects.toBeInstanceOf(NotFoundError);
    });

    it('deletes files and directories, and what is not there without an error', async () => {
      await driver.putContent('/dir/a/b', 'x');
      await driver.delete('/dir');
      await driver.delete('/dir');
      await expect(driver.stat('/dir')).rejects.toBeInstanceOf(NotFoundError);
    });

    it('removes a directory only when it is empty', async () => {
      await driver.putContent('/dir/file', 'x');
      expect(await driver.removeIfEmpty('/dir')).toBe(false);
      await driver.delete('/dir/file');
      expect(await driver.removeIfEmpty('/dir')).toBe(true);
      expect(await driver.removeIfEmpty('/dir')).toBe(false);
    });

    it('sets modification times to the millisecond', async () => {
      await driver.putContent('/link', 'x');
      for (const time of [0, 1_795_230_037_643]) {
        await driver.touch('/link', time);
        expect((await driver.stat('/link')).modified).toBe(time);
      }
    });

    it('gives a directory another time when a child comes or goes, in any way', async () => {
      const changes = [
        () => driver.putContent('/parent/child/file', 'x'),
        () => driver.move('/parent/child', '/parent/moved'),
        () => driver.putContent('/parent/file', 'x'),
        () => driver.move('/parent/moved/file', '/elsewhere'),
        () => driver.removeIfEmpty('/parent/moved'),
        () => driver.delete('/parent/file'),
      ];
      await driver.putContent('/parent/first/file', 'x');
      const untouched = new Set([3]);
      for (const [index, change] of changes.entries()) {
        await driver.touch('/parent', 1000);
        await change();
        const { modified } = await driver.stat('/parent');
        expect([index, modified === 1000]).toEqual([index, untouched.has(index)]);
      }
    });

    it('refuses paths that leave its root', async () => {
      await expect(driver.getContent('/a/../../etc/passwd')).rejects.toThrow('not an absolute storage path');
      await expect(driver.putContent('relative', 'x')).rejects.toThrow('not an absolute storage path');
    });

    it('puts many files into directories that are removed at the same time', async () => {
      const puts = Array.from({ length: 40 }, (_, index) =>
        driver.putContent(`/busy/${index % 4}/x/link`, 'x'),
      );
      const removals = Array.from({ length: 40 }, (_, index) => driver.removeIfEmpty(`/busy/${index % 4}/x`));
      await Promise.all([...puts, ...removals]);
      for (const index of [0, 1, 2, 3]) expect(await textOf(`/busy/${index}/x/link`)).toBe('x');
    });
  });
}
