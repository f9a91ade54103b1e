import { Agent, type IncomingHttpHeaders, type IncomingMessage, request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

export interface Call {
  readonly method: string;
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Buffer;
  /** Without a Content-Length. */
  readonly chunked?: boolean;
  /** Milliseconds to rest between pieces of 64 KiB. */
  readonly pause?: number;
}

/** The connection ended before the answer was whole: nobody knows what became of the request. */
export class ConnectionLost extends Error {
  constructor(cause: unknown) {
    super(`the connection was lost: ${String(cause)}`, { cause });
    this.name = 'ConnectionLost';
  }
}

/** No answer came although the connection stood. */
export class NoAnswer extends Error {
  constructor(call: Call, limit: number) {
    super(`${call.method} ${call.path} was not answered within ${limit} ms`);
    this.name = 'NoAnswer';
  }
}

export interface Exchange {
  /** @throws ConnectionLost, NoAnswer */
  send(call: Call): Promise<Answer>;
  close(): void;
}

const piece = 64 * 1024;
/** Milliseconds without a byte in either direction. */
const silenceLimit = 60_000;

/** Plain HTTP to a registry that may get another port with each start. */
export function createExchange(port: () => number): Exchange {
  const agent = new Agent({ keepAlive: true });

  function send(call: Call): Promise<Answer> {
    const { body = Buffer.alloc(0), chunked = false } = call;
    return new Promise<Answer>((resolve, reject) => {
      const length = chunked ? { 'Transfer-Encoding': 'chunked' } : { 'Content-Length': String(body.length) };
      const sent = request({
        host: '127.0.0.1',
        port: port(),
        method: call.method,
        path: call.path,
        headers: { ...length, ...call.headers },
        agent,
        timeout: silenceLimit,
      });
      sent.on('error', (error) => reject(error instanceof NoAnswer ? error : new ConnectionLost(error)));
      sent.on('timeout', () => sent.destroy(new NoAnswer(call, silenceLimit)));
      sent.on('response', (response) => {
        collect(response).then(
          (content) =>
            resolve({ status: response.statusCode ?? 0, headers: response.headers, body: content }),
          (error: unknown) => reject(new ConnectionLost(error)),
        );
      });
      writeSlowly().catch(reject);

      async function writeSlowly(): Promise<void> {
        for (let offset = 0; offset < body.length && !sent.destroyed; offset += piece) {
          if (call.pause !== undefined) await sleep(call.pause);
          sent.write(body.subarray(offset, offset + piece));
        }
        sent.end();
      }
    });
  }

  return { send, close: () => agent.destroy() };
}

async function collect(response: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of response as AsyncIterable<Buffer>) chunks.push(chunk);
  return Buffer.concat(chunks);
}
