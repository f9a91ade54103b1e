import type { Bounded } from './bounded-operations.ts';
import type { FileHandle } from 'node:fs/promises';
import type { Content } from './driver.ts';
import type { ReadBuffers } from './read-buffers.ts';

/**
 * Bytes [start, end) of an open file. The next piece is read while the one before is used.
 * @param options.bounded runs each read, so that only so many run at a time
 */
export function createFileContent(options: {
  file: FileHandle;
  start: number;
  end: number;
  buffers: ReadBuffers;
  bounded: Bounded;
}): Content {
  const { file, end, buffers, bounded } = options;
  let position = options.start;
  let ahead: Promise<Buffer> | undefined;

  function readAhead(): Promise<Buffer> | undefined {
    const left = end - position;
    if (left <= 0) return undefined;
    const buffer = buffers.take(left);
    const at = position;
    const length = Math.min(left, buffer.length);
    position += length;
    const reading = bounded(() => readFully(file, buffer.subarray(0, length), at)).then(
      (read) => {
        if (read.length < length) position = end;
        return buffer.subarray(0, read.length);
      },
      (error: unknown) => {
        buffers.give(buffer);
        throw error;
      },
    );
    // Whoever asks for this piece gets the error; nobody may ask any more.
    reading.catch(() => {});
    return reading;
  }

  async function* pieces(): AsyncGenerator<Buffer> {
    ahead = readAhead();
    while (ahead) {
      const piece = await ahead;
      ahead = piece.length === 0 ? undefined : readAhead();
      try {
        if (piece.length > 0) yield piece;
      } finally {
        buffers.give(whole(piece));
      }
    }
  }

  return {
    [Symbol.asyncIterator]: pieces,
    async close() {
      const last = ahead;
      ahead = undefined;
      await last?.then(
        (piece) => buffers.give(whole(piece)),
        () => {},
      );
      await file.close();
    },
  };
}

/** Reads until the buffer is full or the file ends. */
async function readFully(file: FileHandle, buffer: Buffer, position: number): Promise<Buffer> {
  let length = 0;
  while (length < buffer.length) {
    const { bytesRead } = await file.read(buffer, length, buffer.length - length, position + length);
    if (bytesRead === 0) break;
    length += bytesRead;
  }
  return buffer.subarray(0, length);
}

function whole(piece: Buffer): Buffer {
  return Buffer.from(piece.buffer);
}
