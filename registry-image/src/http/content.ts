import type { ServerResponse } from 'node:http';
import type { Content } from '../storage/driver.ts';

/**
 * Sends the rest of an answer, one piece at a time: the memory of a piece is used again once it has gone out. Ends the answer and
 * closes the content; when the client goes away meanwhile it just returns.
 */
export async function sendContent(response: ServerResponse, content: Content): Promise<void> {
  const write = createWriter(response);
  try {
    for await (const piece of content) {
      if (!(await write(piece))) return;
    }
    response.end();
  } finally {
    await content.close();
  }
}

/** Writes a piece and tells, when its memory is free again, whether there is still somebody to write to. */
function createWriter(response: ServerResponse): (piece: Buffer) => Promise<boolean> {
  let closed = response.destroyed;
  let settle: ((open: boolean) => void) | undefined;
  response.once('close', () => {
    closed = true;
    settle?.(false);
  });
  return (piece) => {
    if (closed) return Promise.resolve(false);
    return new Promise((resolve) => {
      settle = resolve;
      response.write(piece, (error) => resolve(!error && !closed));
    });
  };
}
