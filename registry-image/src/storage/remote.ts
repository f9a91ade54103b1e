import type { Duplex } from 'node:stream';
import { type BulkResult, treatInBulk } from './bulk-operations.ts';
import type { Appender, Content, StorageDriver } from './driver.ts';
import { NotAFileError, NotFoundError, OvertakenError } from './errors.ts';
import { createFrames } from './frames.ts';
import type { AnswerMessage, RemoteError, StorageAnswers, StorageCall } from './remote-protocol.ts';

interface Waiting {
  resolve(value: unknown): void;
  reject(error: Error): void;
}

type Ask = <C extends StorageCall>(call: C) => Promise<StorageAnswers[C['method']]>;

/** A driver that another process has, at the other end of the stream (storage/remote-server.ts). */
export function createRemoteDriver(options: { name: string; stream: Duplex }): StorageDriver {
  const ask = createAsk(options.stream);
  let handles = 0;

  async function reader(path: string, range?: { start: number; end?: number }): Promise<Content> {
    const handle = ++handles;
    await ask({ method: 'openReader', handle, path, ...(range && { range }) });
    return {
      async *[Symbol.asyncIterator]() {
        let next = ask({ method: 'read', handle });
        for (let piece = await next; piece; piece = await next) {
          next = ask({ method: 'read', handle });
          // Nobody may want it any more.
          next.catch(() => {});
          yield bufferOf(piece);
        }
      },
      close: () => ask({ method: 'close', handle }),
    };
  }

  async function appender(path: string, { create = true }: { create?: boolean } = {}): Promise<Appender> {
    const handle = ++handles;
    const { offset, version } = await ask({ method: 'openAppender', handle, path, create });
    return {
      offset,
      version,
      write: (chunks) => ask({ method: 'write', handle, chunks }),
      sync: () => ask({ method: 'sync', handle }),
      finish: () => ask({ method: 'finish', handle }),
      close: () => ask({ method: 'close', handle }),
    };
  }

  return {
    name: options.name,
    getContent: async (path) => bufferOf(await ask({ method: 'getContent', path })),
    putContent: (path, content) => ask({ method: 'putContent', path, content: Buffer.from(content) }),
    append: (path, text) => ask({ method: 'append', path, text }),
    reader,
    appender,
    stat: (path) => ask({ method: 'stat', path }),
    list: (path) => ask({ method: 'list', path }),
    children: (path) => ask({ method: 'children', path }),
    move: (from, to) => ask({ method: 'move', from, to }),
    moveMany: (moves, given) =>
      treatInBulk(moves, (each) => ask({ method: 'moveMany', moves: [each] }).then(wasDone), given),
    removeMany: async (paths, { withDirectory, ...given } = {}) =>
      void (await treatInBulk(
        paths,
        (each) => ask({ method: 'removeMany', paths: [each], withDirectory }).then(() => true),
        given,
      )),
    makeDirectories: (paths) => ask({ method: 'makeDirectories', paths }),
    publish: (from, to, size) => ask({ method: 'publish', from, to, size }),
    settle: (path) => ask({ method: 'settle', path }),
    delete: (path) => ask({ method: 'delete', path }),
    removeIfEmpty: (path) => ask({ method: 'removeIfEmpty', path }),
    touch: (path, modified) => ask({ method: 'touch', path, modified }),
  };
}

function wasDone({ skipped }: BulkResult): boolean {
  return skipped.length === 0;
}

function createAsk(stream: Duplex): Ask {
  const waiting = new Map<number, Waiting>();
  let ids = 0;
  let ended = false;

  const frames = createFrames(stream, (message) => {
    const answer = message as AnswerMessage;
    const asker = waiting.get(answer.id);
    waiting.delete(answer.id);
    if ('error' in answer) asker?.reject(errorOf(answer.error));
    else asker?.resolve(answer.value);
  });

  function end(): void {
    ended = true;
    for (const asker of waiting.values()) asker.reject(gone());
    waiting.clear();
  }
  stream.once('end', end);
  stream.once('error', end);
  stream.once('close', end);

  return (call) => {
    if (ended) return Promise.reject(gone());
    const id = ++ids;
    return new Promise((resolve, reject) => {
      waiting.set(id, { resolve, reject });
      frames.send({ id, call });
    });
  };
}

function gone(): Error {
  return new Error('the process that keeps the storage has ended');
}

function errorOf({ name, message, path }: RemoteError): Error {
  if (name === 'NotFoundError') return new NotFoundError(path);
  if (name === 'NotAFileError') return new NotAFileError(path);
  if (name === 'OvertakenError') return new OvertakenError(path);
  return new Error(message);
}

function bufferOf(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
}
