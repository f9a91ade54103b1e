import type { StorageDriver } from '../../../registry-image/src/storage/driver.ts';
import type { Scheduler } from './scheduler.ts';
import type { Subject } from './subject.ts';

/** A storage each of whose operations happens when the scheduler gives whoever asks for it a turn. */
export function createScheduledDriver(
  driver: StorageDriver,
  { scheduler, subject }: { scheduler: Scheduler; subject: Pick<Subject, 'treatInBulk'> },
): StorageDriver {
  async function atTurn<T>(work: () => Promise<T>): Promise<T> {
    await scheduler.turn();
    return work();
  }

  /** Piece by piece, as a file system does it. */
  async function remove(path: string): Promise<void> {
    await scheduler.turn();
    const entry = await driver.stat(path).catch(() => undefined);
    if (!entry?.isDirectory) return driver.delete(path);
    for (let attempt = 0; attempt < 4; attempt++) {
      for (const child of await driver.list(path).catch(() => [])) await remove(child.path);
      if (await driver.removeIfEmpty(path)) return;
      if (!(await driver.stat(path).catch(() => undefined))) return;
      await scheduler.turn();
    }
    throw new Error(`${path} is not empty`);
  }

  return {
    name: driver.name,
    getContent: (path) => atTurn(() => driver.getContent(path)),
    putContent: (path, content) => atTurn(() => driver.putContent(path, content)),
    append: (path, text) => atTurn(() => driver.append(path, text)),
    reader: (path, range) => atTurn(() => driver.reader(path, range)),
    // Nobody but its own request uses what is being uploaded.
    appender: (path, options) => atTurn(() => driver.appender(path, options)),
    stat: (path) => atTurn(() => driver.stat(path)),
    list: (path) => atTurn(() => driver.list(path)),
    children: (path) => atTurn(() => driver.children(path)),
    move: (from, to) => atTurn(() => driver.move(from, to)),
    moveMany: (moves, options) =>
      subject.treatInBulk(
        moves,
        (move) => atTurn(async () => (await driver.moveMany([move])).skipped.length === 0),
        options,
      ),
    removeMany: async (paths, options) =>
      void (await subject.treatInBulk(
        paths,
        (path) => atTurn(async () => (await driver.removeMany([path]), true)),
        options,
      )),
    makeDirectories: (paths) => driver.makeDirectories(paths),
    publish: (from, to, size) => atTurn(() => driver.publish(from, to, size)),
    settle: (path) => driver.settle(path),
    delete: remove,
    removeIfEmpty: (path) => atTurn(() => driver.removeIfEmpty(path)),
    touch: (path, modified) => atTurn(() => driver.touch(path, modified)),
  };
}
