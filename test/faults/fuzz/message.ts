/** A request as an action wants it, before anything is spoiled. */
export interface Message {
  readonly method: string;
  /** Path and query, encoded. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: Buffer;
}

/** What is done to a message on its way; `whole` is what a correct client sends. */
export type Spoil =
  | { readonly kind: 'whole' }
  | { readonly kind: 'chunked'; readonly size: number }
  | { readonly kind: 'slow'; readonly pieces: number; readonly pause: number }
  | { readonly kind: 'length'; readonly difference: number }
  | { readonly kind: 'chunkedGarbage'; readonly garbage: string }
  | { readonly kind: 'cut'; readonly at: number; readonly how: 'finish' | 'close' | 'reset' }
  | { readonly kind: 'header'; readonly line: string }
  | { readonly kind: 'hugeHeader'; readonly size: number }
  | { readonly kind: 'manyHeaders'; readonly count: number }
  | { readonly kind: 'expect' }
  | { readonly kind: 'version'; readonly version: string }
  | { readonly kind: 'encoding'; readonly at: number; readonly text: string }
  | { readonly kind: 'authorization'; readonly value: string };

/** Whether a correct client could have sent it, so that what was asked for must happen. */
export function isCorrect({ kind }: Spoil): boolean {
  return kind === 'whole' || kind === 'chunked' || kind === 'slow' || kind === 'expect';
}

/** Whether it asks for what the message does: with a `?` in its tag, `latest` becomes `lat`, and a body may end sooner. */
export function isAboutTheSame({ kind }: Spoil): boolean {
  return kind !== 'encoding' && kind !== 'cut' && kind !== 'length';
}

/**
 * Whether the request may still be served when the next ones are: its connection has ended without an answer, or its head was whole and an
 * error was told as soon as its body turned out to be wrong.
 */
export function mayBeServedLater({ kind }: Spoil, answer: unknown): boolean {
  return !answer || kind === 'cut' || kind === 'length' || kind === 'chunkedGarbage';
}

const crlf = '\r\n';

/** The bytes of a spoiled message in HTTP/1.1. */
export function encode(message: Message, spoil: Spoil): Buffer {
  const { body = Buffer.alloc(0) } = message;
  const path = spoil.kind === 'encoding' ? spliced(message.path, spoil.at, spoil.text) : message.path;
  const version = spoil.kind === 'version' ? spoil.version : 'HTTP/1.1';
  const lines = [`${message.method} ${path} ${version}`];
  for (const [name, value] of Object.entries(headersOf(message, spoil))) lines.push(`${name}: ${value}`);
  lines.push(...extraLines(spoil));
  const framed = framing(body, spoil, message.method);
  lines.push(...framed.lines);
  return Buffer.concat([Buffer.from(lines.join(crlf) + crlf + crlf, 'latin1'), framed.body]);
}

export function headersOf(message: Message, spoil: Spoil): Readonly<Record<string, string>> {
  if (spoil.kind !== 'authorization') return message.headers;
  return { ...message.headers, Authorization: spoil.value };
}

function extraLines(spoil: Spoil): string[] {
  if (spoil.kind === 'header') return [spoil.line];
  if (spoil.kind === 'hugeHeader') return [`X-Huge: ${'h'.repeat(spoil.size)}`];
  if (spoil.kind === 'manyHeaders') {
    return Array.from({ length: spoil.count }, (_, index) => `X-Many-${index}: ${index}`);
  }
  return spoil.kind === 'expect' ? ['Expect: 100-continue'] : [];
}

function framing(body: Buffer, spoil: Spoil, method: string): { lines: string[]; body: Buffer } {
  if (spoil.kind === 'chunked' && body.length > 0) {
    return { lines: ['Transfer-Encoding: chunked'], body: chunked(body, spoil.size) };
  }
  if (spoil.kind === 'chunkedGarbage') {
    const garbage = Buffer.from(spoil.garbage, 'latin1');
    return {
      lines: ['Transfer-Encoding: chunked'],
      body: Buffer.concat([chunked(body, 1000).subarray(0, -5), garbage]),
    };
  }
  const difference = spoil.kind === 'length' ? spoil.difference : 0;
  const bodyless = body.length === 0 && (method === 'GET' || method === 'HEAD');
  if (bodyless && difference === 0) return { lines: [], body };
  return { lines: [`Content-Length: ${Math.max(0, body.length + difference)}`], body };
}

/** At most 2000 chunks. */
function chunked(body: Buffer, least: number): Buffer {
  const size = Math.max(least, Math.ceil(body.length / 2000));
  const parts: Buffer[] = [];
  for (let offset = 0; offset < body.length; offset += size) {
    const chunk = body.subarray(offset, offset + size);
    parts.push(Buffer.from(chunk.length.toString(16) + crlf), chunk, Buffer.from(crlf));
  }
  parts.push(Buffer.from(`0${crlf}${crlf}`));
  return Buffer.concat(parts);
}

function spliced(path: string, at: number, text: string): string {
  const place = 1 + (at % path.length);
  return path.slice(0, place) + text + path.slice(place);
}
