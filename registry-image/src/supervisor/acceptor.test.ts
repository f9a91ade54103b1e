import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { type Acceptor, createAcceptor, type Taker } from './acceptor.ts';
import type { HandedOver } from './handover.ts';

interface Worker extends Taker {
  serves: boolean;
  readonly got: Socket[];
  /** Ends the oldest hand-over that is under way. */
  end(how: HandedOver): void;
}

/** A worker that ends no hand-over by itself. */
function createWorker(serves = true): Worker {
  const got: Socket[] = [];
  const ends: ((how: HandedOver) => void)[] = [];
  return {
    serves,
    got,
    hand(socket) {
      got.push(socket);
      return new Promise((resolve) => ends.push(resolve));
    },
    end: (how) => ends.shift()?.(how),
  };
}

interface Clients {
  readonly acceptor: Acceptor;
  /** Connects so many times, one after the other; the sockets are closed with the test. */
  readonly connect: (times: number) => Promise<Socket[]>;
}

async function start(workers: readonly Worker[], patience = 5_000): Promise<Clients> {
  const acceptor = createAcceptor({ workers: () => workers, patience, onError: () => {} });
  onTestFinished(() => acceptor.close());
  const address = await acceptor.listen({ addr: '127.0.0.1:0', net: 'tcp' });
  const port = Number(address.split(':')[1]);
  return {
    acceptor,
    async connect(times) {
      const sockets: Socket[] = [];
      for (let time = 0; time < times; time++) {
        const socket = connect(port, '127.0.0.1');
        onTestFinished(() => void socket.destroy());
        await once(
          socket.on('error', () => {}),
          'connect',
        );
        sockets.push(socket);
      }
      return sockets;
    },
  };
}

function closed(socket: Socket | undefined): Promise<unknown> {
  return new Promise((resolve) => socket?.resume().once('close', resolve));
}

const counts = (workers: readonly Worker[]): number[] => workers.map(({ got }) => got.length);

describe('the acceptor', () => {
  it('gives each worker one connection at a time, in turn, and the rest when they have confirmed', async () => {
    const workers = [createWorker(), createWorker()];
    const { connect: connectTimes } = await start(workers);
    await connectTimes(5);
    await expect.poll(() => counts(workers)).toEqual([1, 1]);
    workers[0]?.end('taken');
    await expect.poll(() => counts(workers)).toEqual([2, 1]);
    workers[1]?.end('taken');
    await expect.poll(() => counts(workers)).toEqual([2, 2]);
    for (const worker of workers) worker.end('taken');
    await expect.poll(() => counts(workers)).toEqual([3, 2]);
    for (const worker of workers) worker.end('taken');
    // The one whose turn it is.
    await connectTimes(1);
    await expect.poll(() => counts(workers)).toEqual([3, 3]);
  });

  it('closes a connection at once that a worker may have read from and will not answer', async () => {
    const worker = createWorker();
    const { connect: connectTimes } = await start([worker]);
    const [client] = await connectTimes(1);
    await expect.poll(() => counts([worker])).toEqual([1]);
    worker.end('lost');
    await closed(client);
  });

  it('gives a connection that was not sent to another worker, and no more to the first', async () => {
    const workers = [createWorker(), createWorker(false)];
    const { acceptor, connect: connectTimes } = await start(workers);
    const [client] = await connectTimes(1);
    await expect.poll(() => counts(workers)).toEqual([1, 0]);
    workers[0]?.end('unsent');
    await connectTimes(1);
    for (const worker of workers.slice(1)) worker.serves = true;
    acceptor.update();
    await expect.poll(() => counts(workers)).toEqual([1, 1]);
    workers[1]?.end('taken');
    await expect.poll(() => counts(workers)).toEqual([1, 2]);
    expect(workers[1]?.got).toContain(workers[0]?.got[0]);
    expect(client?.destroyed).toBe(false);
  });

  it('keeps a connection for a time while no worker serves, then closes it', async () => {
    const worker = createWorker(false);
    const { acceptor, connect: connectTimes } = await start([worker], 300);
    const [first] = await connectTimes(1);
    await closed(first);
    await connectTimes(1);
    worker.serves = true;
    acceptor.update();
    await expect.poll(() => counts([worker])).toEqual([1]);
  });

  it('closes what waits when it is closed', async () => {
    const { acceptor, connect: connectTimes } = await start([], 60_000);
    const [client] = await connectTimes(1);
    await new Promise((resolve) => setTimeout(resolve, 50));
    acceptor.close();
    await closed(client);
  });
});
