import { type ClientHttp2Session, type ClientHttp2Stream, connect, constants } from 'node:http2';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Client } from './client.ts';
import { headersOf, isCorrect, type Message, type Spoil } from './message.ts';
import { answerLimit, HungConnection, type Target, type WireAnswer } from './wire.ts';

/** Fields that HTTP/2 does not have (RFC 9113, 8.2.2); Node's client refuses to send them. */
const http1Only = new Set([
  'host',
  'connection',
  'upgrade',
  'te',
  'keep-alive',
  'transfer-encoding',
  'http2-settings',
]);

/** Node's own client ends with a failed assertion (nodejs/node#35233) when it is to send a longer one. */
const headerLimit = 60_000;

/** A client of HTTP/2: by ALPN under TLS, with prior knowledge without. */
export function createHttp2Client(target: Target): Client {
  let session: ClientHttp2Session | undefined;

  function connection(): ClientHttp2Session {
    if (session && !session.closed && !session.destroyed) return session;
    const origin = `${target.secure ? 'https' : 'http'}://localhost:${target.port}`;
    session = connect(origin, { host: '127.0.0.1', ca: target.ca, maxSendHeaderBlockLength: 1_000_000 });
    // The streams tell.
    session.on('error', () => {});
    return session;
  }

  async function perform(message: Message, spoil: Spoil): Promise<WireAnswer | undefined> {
    const stream = begin(connection(), message, spoil);
    const answer = answerOf(stream, message, spoil);
    await send(stream, message, spoil);
    const outcome = await answer;
    // What is malformed may end the whole session.
    if (!isCorrect(spoil) && spoil.kind !== 'authorization') session?.destroy();
    if (!outcome && isCorrect(spoil) && isPlain(message)) {
      throw new Error(`${message.method} ${message.path}: the stream ended without an answer`);
    }
    return outcome;
  }

  async function pipeline(messages: readonly Message[]): Promise<WireAnswer[]> {
    const answers = await Promise.all(messages.map((message) => perform(message, { kind: 'whole' })));
    return answers.filter((answer) => answer !== undefined);
  }

  return { perform, pipeline, close: () => session?.destroy() };
}

/** What nghttp2 does not refuse as malformed before the registry sees it. */
function isPlain({ method, path }: Message): boolean {
  return /^(GET|HEAD|POST|PUT|PATCH|DELETE)$/.test(method) && path.startsWith('/');
}

function begin(session: ClientHttp2Session, message: Message, spoil: Spoil): ClientHttp2Stream {
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(headersOf(message, spoil))) {
    if (!http1Only.has(name.toLowerCase())) headers[name.toLowerCase()] = value;
  }
  const { body = Buffer.alloc(0) } = message;
  if (spoil.kind === 'length')
    headers['content-length'] = String(Math.max(0, body.length + spoil.difference));
  if (spoil.kind === 'hugeHeader') headers['x-huge'] = 'h'.repeat(Math.min(spoil.size, headerLimit));
  if (spoil.kind === 'manyHeaders') {
    for (let index = 0; index < spoil.count; index += 1) headers[`x-many-${index}`] = String(index);
  }
  const path = spoil.kind === 'encoding' ? message.path + spoil.text : message.path;
  return session.request({ ...headers, ':method': message.method, ':path': path }, { endStream: false });
}

async function send(
  stream: ClientHttp2Stream,
  { body = Buffer.alloc(0) }: Message,
  spoil: Spoil,
): Promise<void> {
  if (spoil.kind === 'cut') {
    stream.write(body.subarray(0, spoil.at % Math.max(1, body.length)));
    // Node's own client can end with a failed assertion (nodejs/node#38964) when it cancels what it has just begun.
    await new Promise((resolve) => setImmediate(resolve));
    if (spoil.how === 'finish') stream.end();
    else stream.close(constants.NGHTTP2_CANCEL);
    return;
  }
  if (spoil.kind === 'slow') {
    const size = Math.max(1, Math.ceil(body.length / spoil.pieces));
    for (let offset = 0; offset < body.length && !stream.destroyed; offset += size) {
      stream.write(body.subarray(offset, offset + size));
      await sleep(spoil.pause);
    }
    stream.end();
    return;
  }
  stream.end(body);
}

function answerOf(
  stream: ClientHttp2Stream,
  message: Message,
  spoil: Spoil,
): Promise<WireAnswer | undefined> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let head: { status: number; headers: Map<string, string> } | undefined;
    const timer = setTimeout(() => {
      reject(new HungConnection(`${message.method} ${message.path} (HTTP/2, ${spoil.kind})`, answerLimit));
      stream.close(constants.NGHTTP2_CANCEL);
    }, answerLimit);
    let whole = false;
    stream.on('response', (fields) => {
      const headers = new Map(Object.entries(fields).map(([name, value]) => [name, String(value)]));
      head = { status: Number(fields[':status']), headers };
    });
    stream.on('data', (chunk: Buffer) => chunks.push(chunk));
    stream.on('end', () => (whole = true));
    // An error always comes with 'close'.
    stream.on('error', () => {});
    stream.on('close', () => {
      clearTimeout(timer);
      resolve(head && whole ? { ...head, body: Buffer.concat(chunks) } : undefined);
    });
  });
}
