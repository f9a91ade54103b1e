import { deserialize, serialize } from 'node:v8';
import type { Duplex } from 'node:stream';

/** Bytes of the length before each frame. */
const prefix = 4;

/** Messages of structured data over a stream of bytes, between processes of this program. */
export interface Frames {
  send(message: unknown): void;
}

/** @param receive gets each message of the other side, in order */
export function createFrames(stream: Duplex, receive: (message: unknown) => void): Frames {
  let parts: Buffer[] = [];
  let length = 0;

  stream.on('data', (chunk: Buffer) => {
    parts.push(chunk);
    length += chunk.length;
    while (length >= prefix) {
      const head = first(prefix);
      const size = prefix + head.readUInt32LE(0);
      if (length < size) return;
      const frame = first(size);
      parts = [(parts[0] ?? frame).subarray(size)];
      length -= size;
      receive(deserialize(frame.subarray(prefix)));
    }
  });

  /** The first bytes, joined when they came in several chunks. */
  function first(size: number): Buffer {
    if ((parts[0]?.length ?? 0) < size) parts = [Buffer.concat(parts, length)];
    return (parts[0] ?? Buffer.alloc(0)).subarray(0, size);
  }

  return {
    send(message) {
      const body = serialize(message);
      const head = Buffer.alloc(prefix);
      head.writeUInt32LE(body.length, 0);
      stream.cork();
      stream.write(head);
      stream.write(body);
      stream.uncork();
    },
  };
}
