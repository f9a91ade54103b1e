import type { ServerResponse } from 'node:http';
import type { Content } from '../storage/driver.ts';

/**
 * Sends the rest of an answer, `length` bytes: what is in memory whole goes out with the header, all else one piece at a time, and the
 * memory of a piece is used again once it has gone out. Ends the answer and closes the content; when the client goes away meanwhile it
 * just returns. An answer whose content turns out to be shorter is cut off.
 */
export async function sendContent(
  response: ServerResponse,
  content: Content | Buffer,
  length: number,
): Promise<void> {
  if (Buffer.isBuffer(content)) {
    response.end(content);
    return;
  }
  const send = createSender(response);
  let left = length;
  try {
    for await (const piece of content) {
      left -= piece.length;
      if (!(await send(piece, left <= 0))) return;
    }
    if (left > 0) response.destroy();
  } finally {
    await content.close();
  }
}

/** Sends a piece, the last one with the end, and tells, when its memory is free again, whether there is still somebody to send to. */
function createSender(response: ServerResponse): (piece: Buffer, last: boolean) => Promise<boolean> {
  let closed = response.destroyed;
  let settle: ((open: boolean) => void) | undefined;
  response.once('close', () => {
    closed = true;
    settle?.(false);
  });
  return (piece, last) => {
    if (closed) return Promise.resolve(false);
    return new Promise((resolve) => {
      settle = resolve;
      if (last) response.end(piece, () => resolve(!closed));
      else response.write(piece, (error) => resolve(!error && !closed));
    });
  };
}
