import { setTimeout as sleep } from 'node:timers/promises';
import type { Client } from './client.ts';
import { encode, isCorrect, type Message, type Spoil } from './message.ts';
import { openWire, type Target, type Wire, type WireAnswer } from './wire.ts';

/** A client that writes HTTP/1.1 byte by byte as it likes. */
export function createHttp1Client(target: Target): Client {
  let wire: Wire | undefined;

  function drop(reset = false): void {
    wire?.destroy({ reset });
    wire = undefined;
  }

  async function connection(): Promise<Wire> {
    if (wire && !wire.open) drop();
    wire ??= await openWire(target);
    return wire;
  }

  async function perform(message: Message, spoil: Spoil): Promise<WireAnswer | undefined> {
    const current = await connection();
    const bytes = encode(message, spoil);
    if (spoil.kind === 'cut') return performCut(current, bytes, { message, spoil });
    if (spoil.kind === 'slow') await writeSlowly(current, bytes, spoil);
    else void current.write(bytes);
    const keeps = isCorrect(spoil) || spoil.kind === 'authorization';
    if (!keeps) return lastOn(current, message);
    const outcome = await current.answer(message.method);
    if (outcome === 'closed') {
      drop();
      if (isPlain(message)) throw new Error(`${message.method} ${message.path}: closed without an answer`);
      return undefined;
    }
    if (outcome.headers.get('connection') === 'close') {
      await current.ended();
      drop();
    }
    return outcome;
  }

  /** Nothing more is sent, so the connection must end, with an answer or without. */
  async function lastOn(current: Wire, message: Message): Promise<WireAnswer | undefined> {
    current.finish();
    const outcome = await current.answer(message.method);
    await current.ended();
    drop();
    return outcome === 'closed' ? undefined : outcome;
  }

  async function performCut(
    current: Wire,
    bytes: Buffer,
    { message, spoil }: { message: Message; spoil: Extract<Spoil, { kind: 'cut' }> },
  ): Promise<WireAnswer | undefined> {
    const begun = current.write(bytes.subarray(0, spoil.at % bytes.length));
    if (spoil.how === 'finish') return lastOn(current, message);
    await begun;
    drop(spoil.how === 'reset');
    return undefined;
  }

  async function pipeline(messages: readonly Message[]): Promise<WireAnswer[]> {
    const own = await openWire(target);
    try {
      void own.write(Buffer.concat(messages.map((message) => encode(message, { kind: 'whole' }))));
      const answers: WireAnswer[] = [];
      for (const { method } of messages) {
        const outcome = await own.answer(method);
        if (outcome === 'closed') break;
        answers.push(outcome);
      }
      own.finish();
      await own.ended();
      return answers;
    } finally {
      own.destroy();
    }
  }

  return { perform, pipeline, close: drop };
}

/** Methods and header fields as every client sends them; others may end the connection. */
function isPlain({ method, headers }: Message): boolean {
  const names = ['Connection', 'Upgrade', 'Te', 'Trailer'];
  return /^(GET|HEAD|POST|PUT|PATCH|DELETE)$/.test(method) && names.every((name) => !(name in headers));
}

async function writeSlowly(
  wire: Wire,
  bytes: Buffer,
  { pieces, pause }: Extract<Spoil, { kind: 'slow' }>,
): Promise<void> {
  const size = Math.ceil(bytes.length / pieces);
  for (let offset = 0; offset < bytes.length; offset += size) {
    await wire.write(bytes.subarray(offset, offset + size));
    await sleep(pause);
  }
}
