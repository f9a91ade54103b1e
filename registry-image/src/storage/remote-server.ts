import type { Duplex } from 'node:stream';
import type { Appender, Content, StorageDriver } from './driver.ts';
import { NotAFileError, NotFoundError, OvertakenError } from './errors.ts';
import { createFrames } from './frames.ts';
import type { CallMessage, RemoteError, StorageAnswers, StorageCall } from './remote-protocol.ts';

type Opened = { content: Content; pieces: AsyncIterator<Buffer> } | { appender: Appender };
type Calls = {
  [M in StorageCall['method']]: (call: Extract<StorageCall, { method: M }>) => Promise<StorageAnswers[M]>;
};

/** Lets the process at the other end of the stream use a driver. What it leaves open when the stream ends is closed. */
export function serveStorage(driver: StorageDriver, stream: Duplex): void {
  const opened = new Map<number, Opened>();

  function contentOf(handle: number): AsyncIterator<Buffer> {
    const found = opened.get(handle);
    if (!found || !('pieces' in found)) throw new Error(`no content is open as ${handle}`);
    return found.pieces;
  }

  function appenderOf(handle: number): Appender {
    const found = opened.get(handle);
    if (!found || !('appender' in found)) throw new Error(`no appender is open as ${handle}`);
    return found.appender;
  }

  async function close(handle: number): Promise<void> {
    const found = opened.get(handle);
    opened.delete(handle);
    if (!found) return;
    if ('appender' in found) return found.appender.close();
    await found.pieces.return?.();
    await found.content.close();
  }

  const calls: Calls = {
    getContent: ({ path }) => driver.getContent(path),
    putContent: ({ path, content }) => driver.putContent(path, Buffer.from(content)),
    append: ({ path, text }) => driver.append(path, text),
    stat: ({ path }) => driver.stat(path),
    list: ({ path }) => driver.list(path),
    children: ({ path }) => driver.children(path),
    move: ({ from, to }) => driver.move(from, to),
    moveMany: ({ moves }) => driver.moveMany(moves),
    removeMany: ({ paths, withDirectory }) => driver.removeMany(paths, { withDirectory }),
    makeDirectories: ({ paths }) => driver.makeDirectories(paths),
    publish: ({ from, to, size }) => driver.publish(from, to, size),
    settle: ({ path }) => driver.settle(path),
    delete: ({ path }) => driver.delete(path),
    removeIfEmpty: ({ path }) => driver.removeIfEmpty(path),
    touch: ({ path, modified }) => driver.touch(path, modified),
    async openReader({ handle, path, range }) {
      const content = await driver.reader(path, range);
      opened.set(handle, { content, pieces: content[Symbol.asyncIterator]() });
    },
    async read({ handle }) {
      const next = await contentOf(handle).next();
      return next.done ? null : next.value;
    },
    async openAppender({ handle, path, create }) {
      const appender = await driver.appender(path, { create });
      opened.set(handle, { appender });
      return { offset: appender.offset, version: appender.version };
    },
    write: ({ handle, chunks }) => appenderOf(handle).write(chunks.map(bufferOf)),
    sync: ({ handle }) => appenderOf(handle).sync(),
    finish: ({ handle }) => appenderOf(handle).finish(),
    close: ({ handle }) => close(handle),
  };

  async function answer({ id, call }: CallMessage): Promise<void> {
    try {
      const value = await (calls[call.method] as (call: StorageCall) => Promise<unknown>)(call);
      if (!stream.destroyed) frames.send({ id, value });
    } catch (error) {
      if (!stream.destroyed) frames.send({ id, error: describe(error) });
    }
  }

  const frames = createFrames(stream, (message) => void answer(message as CallMessage));
  stream.on('error', () => stream.destroy());
  stream.once('close', () => {
    for (const handle of opened.keys()) close(handle).catch(() => {});
  });
}

function describe(error: unknown): RemoteError {
  if (error instanceof NotFoundError || error instanceof NotAFileError || error instanceof OvertakenError) {
    return { name: error.name, message: error.message, path: error.path };
  }
  return { name: 'Error', message: error instanceof Error ? error.message : String(error), path: '' };
}

function bufferOf(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
}
