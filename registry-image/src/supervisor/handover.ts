import type { Socket } from 'node:net';
import type { Command } from './protocol.ts';

/**
 * How it ended: the worker has the connection; it never left this process; or nobody knows how much of it the worker has read,
 * because it is gone or says nothing.
 */
export type HandedOver = 'taken' | 'unsent' | 'lost';

/** Hands connections over to one worker. */
export interface Handover {
  /** The connection stays open here, unread, and is to be closed here whatever comes of it, unless it was not sent. */
  hand(socket: Socket): Promise<HandedOver>;
  /** The worker has told that it has this one. */
  taken(id: number): void;
  /** The worker has exited. */
  gone(): void;
}

/** Milliseconds for a worker to take a connection. One that hangs is replaced after half a minute; this is for a lost message. */
const limit = 10_000;

/** @param child where `connection` commands go */
export function createHandover(child: {
  isConnected(): boolean;
  send: (
    command: Command,
    socket: Socket,
    options: { keepOpen: boolean },
    done: (error: Error | null) => void,
  ) => unknown;
}): Handover {
  const underWay = new Map<number, (how: HandedOver) => void>();
  let ids = 0;

  function hand(socket: Socket): Promise<HandedOver> {
    return new Promise((resolve) => {
      const id = ++ids;
      const end = (how: HandedOver): void => {
        underWay.delete(id);
        clearTimeout(timer);
        resolve(how);
      };
      const timer = setTimeout(end, limit, 'lost');
      underWay.set(id, end);
      if (!child.isConnected()) return end('unsent');
      // Kept open, because Node forgets to close it when the worker dies before it has confirmed that it came.
      child.send({ type: 'connection', id }, socket, { keepOpen: true }, (error) => {
        if (error) end('unsent');
      });
    });
  }

  return {
    hand,
    taken: (id) => underWay.get(id)?.('taken'),
    gone() {
      for (const end of underWay.values()) end('lost');
    },
  };
}
