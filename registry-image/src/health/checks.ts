import { stat } from 'node:fs/promises';
import { connect } from 'node:net';
import { resolve } from 'node:path';
import type { Config } from '../config/schema.ts';

type HttpCheck = Config['health']['http'][number];
type TcpCheck = Config['health']['tcp'][number];

/** Resolves when all is well; rejects with one sentence that says what is wrong. */
export type Check = () => Promise<void>;

/** Fails while the file exists: whoever creates it takes this instance out. */
export function fileCheck(path: string): Check {
  return async () => {
    try {
      await stat(resolve(path));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return;
      throw error;
    }
    throw new Error('file exists');
  };
}

/** Fails unless a HEAD of the URI, redirects followed, is answered with the status code. */
export function httpCheck({ uri, headers, statuscode, timeout }: HttpCheck): Check {
  const fields = Object.entries(headers).flatMap(([name, values]) =>
    values.map((value): [string, string] => [name, value]),
  );
  return async () => {
    const signal = timeout > 0 ? AbortSignal.timeout(timeout) : undefined;
    const answer = await fetch(uri, { method: 'HEAD', headers: fields, signal }).catch((error: unknown) => {
      throw new Error(`error while checking: ${reasonOf(error)}`);
    });
    if (answer.status !== statuscode) throw new Error(`unexpected status: ${answer.status}`);
  };
}

/** Fails unless a TCP connection can be opened. */
export function tcpCheck({ addr, timeout }: TcpCheck): Check {
  const colon = addr.lastIndexOf(':');
  const host = addr.slice(0, colon).replace(/^\[(.*)\]$/, '$1') || 'localhost';
  const port = Number(addr.slice(colon + 1));
  return () =>
    new Promise((done, fail) => {
      const socket = connect({ host, port });
      const end = (error?: Error): void => {
        socket.destroy();
        if (error) fail(new Error(`connection failed: ${reasonOf(error)}`));
        else done();
      };
      socket.once('connect', () => end());
      socket.once('error', end);
      if (timeout > 0) socket.setTimeout(timeout, () => end(new Error(`no answer within ${timeout} ms`)));
    });
}

/** The innermost reason: `fetch` says only that it failed, and several addresses fail together. */
function reasonOf(error: unknown): string {
  if (error instanceof AggregateError && error.errors.length > 0) return reasonOf(error.errors[0]);
  if (!(error instanceof Error)) return String(error);
  return error.cause === undefined ? error.message : reasonOf(error.cause);
}
