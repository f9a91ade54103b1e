import { createServer, type Socket } from 'node:net';
import type { Config } from '../config/schema.ts';
import type { HandedOver } from './handover.ts';
import { listen } from './listen.ts';

/** Whom a connection can be given to. */
export interface Taker {
  /** False for one that does not serve yet, or no more. */
  readonly serves: boolean;
  hand(socket: Socket): Promise<HandedOver>;
}

export interface Acceptor {
  /** Listens on `http.addr`, and gives the place. Throws an error of one sentence. */
  listen(http: Pick<Config['http'], 'addr' | 'net'>): Promise<string>;
  /** To be called when there is somebody new to give connections to. */
  update(): void;
  /** Accepts nothing more, and closes what nobody has taken. */
  close(): void;
}

/**
 * Accepts connections, reads nothing of them, and hands each to the worker that waits longest for one. A worker has its
 * connection confirmed before it gets another, so one that is busy gets fewer. Each connection belongs at any time to somebody
 * who closes it: Node's own cluster loses the one that is just being handed to a worker that dies, and left to the kernel
 * all connections of a client can end up with one worker.
 * @param options.patience milliseconds for which a connection waits for a worker: all may be starting anew
 */
export function createAcceptor(options: {
  workers: () => readonly Taker[];
  patience: number;
  /** A connection could not be accepted. */
  onError: (error: Error) => void;
}): Acceptor {
  const waiting = new Map<Socket, NodeJS.Timeout>();
  /** Those that have not confirmed their last connection. */
  const busy = new WeakSet<Taker>();
  const turns = new WeakMap<Taker, number>();
  let turn = 0;

  const server = createServer({ pauseOnConnect: true }, (socket) => {
    // The end of it in this process; what its client does, the worker sees.
    socket.on('error', () => {});
    offer(socket);
  });

  function offer(socket: Socket): void {
    const worker = nextFree();
    if (worker) void give(worker, socket);
    else waiting.set(socket, setTimeout(giveUp, options.patience, socket));
  }

  function giveUp(socket: Socket): void {
    clearTimeout(waiting.get(socket));
    waiting.delete(socket);
    socket.destroy();
  }

  function update(): void {
    for (const [socket, timer] of waiting) {
      const worker = nextFree();
      if (!worker) return;
      clearTimeout(timer);
      waiting.delete(socket);
      void give(worker, socket);
    }
  }

  function nextFree(): Taker | undefined {
    const free = options.workers().filter((worker) => worker.serves && !busy.has(worker));
    const turnOf = (worker: Taker): number => turns.get(worker) ?? 0;
    return free.sort((a, b) => turnOf(a) - turnOf(b))[0];
  }

  async function give(worker: Taker, socket: Socket): Promise<void> {
    busy.add(worker);
    turns.set(worker, ++turn);
    const how = await worker.hand(socket);
    if (how === 'unsent') {
      // It stays busy: nothing can be sent to it any more.
      offer(socket);
      return;
    }
    socket.destroy();
    busy.delete(worker);
    update();
  }

  return {
    async listen(http) {
      const address = await listen(server, http.addr, 'http.addr', http.net);
      server.on('error', options.onError);
      return address;
    },
    update,
    close() {
      server.close();
      for (const socket of waiting.keys()) giveUp(socket);
    },
  };
}
