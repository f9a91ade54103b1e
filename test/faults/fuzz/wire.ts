import { connect as connectPlain, type Socket } from 'node:net';
import { connect as connectSecure } from 'node:tls';

/** Where a registry listens. */
export interface Target {
  readonly port: number;
  readonly secure: boolean;
  readonly ca: string;
}

export interface WireAnswer {
  readonly status: number;
  /** By lower-case name; of repeated fields the last. */
  readonly headers: ReadonlyMap<string, string>;
  readonly body: Buffer;
}

/** What became of a request: an answer, or the server has ended the connection. */
export type Outcome = WireAnswer | 'closed';

/** The server has neither answered nor ended the connection in time. */
export class HungConnection extends Error {
  constructor(what: string, limit: number) {
    super(`${what}: neither answered nor closed within ${limit} ms`);
    this.name = 'HungConnection';
  }
}

/** One TCP or TLS connection on which anything can be written. */
export interface Wire {
  readonly open: boolean;
  /** Resolves when it was handed to the system, or the connection has ended. */
  write(bytes: Buffer): Promise<void>;
  /** Says that nothing more will be sent. */
  finish(): void;
  /** The next answer, to a request of this method. @throws HungConnection */
  answer(method: string, limit?: number): Promise<Outcome>;
  /** Resolves when the server has ended the connection. @throws HungConnection */
  ended(limit?: number): Promise<void>;
  /** Ends it at once; abruptly with `reset`. */
  destroy(options?: { reset?: boolean }): void;
}

/** Milliseconds for an answer; fsyncs of many clients on two cores come before it. */
export const answerLimit = 30_000;

/** @param protocol asked for by ALPN */
export async function openWire(target: Target, protocol = 'http/1.1'): Promise<Wire> {
  const socket = await connect(target, protocol);
  const incoming = createIncoming(socket);

  return {
    get open() {
      return !incoming.ended && socket.writable;
    },
    write: (bytes) =>
      new Promise((resolve) => {
        if (incoming.ended || !socket.writable) return resolve();
        const done = (): void => {
          socket.off('close', done);
          resolve();
        };
        socket.once('close', done);
        socket.write(bytes, done);
      }),
    finish: () => void socket.end(),
    answer: (method, limit = answerLimit) => incoming.next(method, limit),
    async ended(limit = answerLimit) {
      await incoming.until(() => incoming.ended || undefined, 'the end of the connection', limit);
    },
    destroy({ reset = false } = {}) {
      if (reset && !target.secure) socket.resetAndDestroy();
      else socket.destroy();
    },
  };
}

function connect({ port, secure, ca }: Target, protocol: string): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = secure
      ? connectSecure({ host: '127.0.0.1', port, ca, servername: 'localhost', ALPNProtocols: [protocol] })
      : connectPlain({ host: '127.0.0.1', port });
    const timer = setTimeout(() => {
      reject(new HungConnection('a new connection', answerLimit));
      socket.destroy();
    }, answerLimit);
    const fail = (error: Error): void => {
      clearTimeout(timer);
      reject(error);
    };
    socket.once('error', fail);
    socket.once(secure ? 'secureConnect' : 'connect', () => {
      clearTimeout(timer);
      socket.off('error', fail);
      resolve(socket);
    });
  });
}

interface Incoming {
  readonly ended: boolean;
  next(method: string, limit: number): Promise<Outcome>;
  until<T>(condition: () => T | undefined, what: string, limit: number): Promise<T>;
}

function createIncoming(socket: Socket): Incoming {
  let buffer: Buffer = Buffer.alloc(0);
  let ended = false;
  let wake = (): void => {};
  socket.on('data', (chunk: Buffer) => {
    buffer = buffer.length === 0 ? chunk : Buffer.concat([buffer, chunk]);
    wake();
  });
  const end = (): void => {
    ended = true;
    wake();
  };
  socket.on('end', end);
  socket.on('close', end);
  socket.on('error', end);

  function until<T>(condition: () => T | undefined, what: string, limit: number): Promise<T> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        wake = (): void => {};
        reject(new HungConnection(what, limit));
      }, limit);
      wake = (): void => {
        const result = condition();
        if (result === undefined) return;
        clearTimeout(timer);
        wake = (): void => {};
        resolve(result);
      };
      wake();
    });
  }

  function take(method: string): Outcome | undefined {
    for (;;) {
      const parsed = parseAnswer(buffer, method, ended);
      if (!parsed) return ended ? 'closed' : undefined;
      buffer = buffer.subarray(parsed.length);
      // 100 Continue and its like come before the answer.
      if (parsed.answer.status >= 200) return parsed.answer;
    }
  }

  return {
    get ended() {
      return ended;
    },
    next: (method, limit) => until(() => take(method), `${method} request`, limit),
    until,
  };
}

/** The first answer in a buffer and its length, or undefined while it is not whole. Throws an error when it is none. */
export function parseAnswer(
  buffer: Buffer,
  method: string,
  ended: boolean,
): { answer: WireAnswer; length: number } | undefined {
  const headEnd = buffer.indexOf('\r\n\r\n');
  if (headEnd < 0) return undefined;
  const [first = '', ...lines] = buffer.toString('latin1', 0, headEnd).split('\r\n');
  const status = Number(/^HTTP\/1\.[01] (\d{3})(?: |$)/.exec(first)?.[1]);
  if (!Number.isInteger(status)) throw new Error(`this is no status line: ${JSON.stringify(first)}`);
  const headers = new Map(
    lines.map((line) => {
      const colon = line.indexOf(':');
      return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
    }),
  );
  const start = headEnd + 4;
  const body = bodyOf(buffer.subarray(start), { method, status, headers, ended });
  return body && { answer: { status, headers, body: body.content }, length: start + body.length };
}

function bodyOf(
  rest: Buffer,
  answer: { method: string; status: number; headers: ReadonlyMap<string, string>; ended: boolean },
): { content: Buffer; length: number } | undefined {
  const { method, status, headers, ended } = answer;
  const none = { content: Buffer.alloc(0), length: 0 };
  if (method === 'HEAD' || status < 200 || status === 204 || status === 304) return none;
  if (headers.get('transfer-encoding') === 'chunked') return chunkedBody(rest);
  const announced = headers.get('content-length');
  if (announced === undefined) return ended ? { content: rest, length: rest.length } : undefined;
  const length = Number(announced);
  return rest.length < length ? undefined : { content: rest.subarray(0, length), length };
}

function chunkedBody(rest: Buffer): { content: Buffer; length: number } | undefined {
  const chunks: Buffer[] = [];
  for (let at = 0; ;) {
    const lineEnd = rest.indexOf('\r\n', at);
    if (lineEnd < 0) return undefined;
    const size = Number.parseInt(rest.toString('latin1', at, lineEnd), 16);
    const next = lineEnd + 2 + size + 2;
    if (rest.length < next) return undefined;
    if (size === 0) return { content: Buffer.concat(chunks), length: next };
    chunks.push(rest.subarray(lineEnd + 2, lineEnd + 2 + size));
    at = next;
  }
}
