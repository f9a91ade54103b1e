import { type Action, actionOf } from './action.ts';
import type { Client } from './client.ts';
import { codesOf, type Coverage } from './coverage.ts';
import { createHttp1Client } from './http1-client.ts';
import { createHttp2Client } from './http2-client.ts';
import { isAboutTheSame, isCorrect, mayBeServedLater, type Message, type Spoil } from './message.ts';
import { createModel, type Model } from './model.ts';
import type { Intent, Move } from './step.ts';
import { openWire, type Target, type WireAnswer } from './wire.ts';

/** A way to reach a registry. */
export interface Lane {
  readonly name: string;
  readonly target: Target;
  readonly protocol: 'http1' | 'http2';
  /** Of a user who may do everything; none: nobody is asked. */
  readonly authorization?: string;
}

export interface PlayOptions {
  readonly lane: Lane;
  readonly coverage: Coverage;
  /** A part of the names of the repositories that no other sequence has. */
  readonly name: string;
}

/** Plays a sequence and returns what must be in the store afterwards. Throws an Error at the first answer that is not right. */
export async function play(moves: readonly Move[], options: PlayOptions): Promise<Model> {
  const { lane, coverage } = options;
  const client = lane.protocol === 'http2' ? createHttp2Client(lane.target) : createHttp1Client(lane.target);
  const model = createModel(`fz/${options.name}`);
  /** Of requests that overtake each other nobody knows what holds afterwards. */
  const scratch = createModel(`fz/${options.name}/p`);
  try {
    for (const move of moves) {
      switch (move.move) {
        case 'request':
          await request(move.step.intent, move.step.spoil);
          break;
        case 'pipeline':
          await pipeline(move.intents);
          break;
        case 'garbage':
          coverage.sent();
          await sendGarbage(lane, move);
          break;
      }
    }
    await verify(model, (message) => exchange(client, message));
    return model;
  } finally {
    client.close();
  }

  async function request(intent: Intent, spoil: Spoil): Promise<void> {
    const action = actionOf(intent, model);
    const message = withAuthorization(action.message);
    coverage.sent();
    const answer = await client.perform(message, spoil);
    if (answer) note(message, answer);
    if (answer && isCorrect(spoil)) judge(action, answer);
    // Of a spoiled request an error tells nothing: it may have been served before its end turned out to be wrong.
    const known = isCorrect(spoil) || (answer && answer.status < 400 && isAboutTheSame(spoil));
    action.settle?.(known ? answer : undefined);
    if (action.settle && !known && mayBeServedLater(spoil, answer)) model.moveOn();
  }

  async function pipeline(intents: readonly Intent[]): Promise<void> {
    const actions = intents.map((intent) => actionOf(intent, scratch));
    const messages = actions.map((action) => withAuthorization(action.message));
    for (const _ of messages) coverage.sent();
    const answers = await client.pipeline(messages);
    scratch.uploads.length = 0;
    for (const [index, answer] of answers.entries()) {
      const message = messages[index];
      if (message) note(message, answer);
      if (answer.status < 400) actions[index]?.settle?.(answer);
    }
  }

  async function exchange(client: Client, message: Message): Promise<WireAnswer> {
    const sent = withAuthorization(message);
    coverage.sent();
    const answer = await client.perform(sent, { kind: 'whole' });
    if (!answer) throw new Error(`${message.method} ${message.path} was not answered`);
    note(sent, answer);
    return answer;
  }

  function withAuthorization(message: Message): Message {
    if (lane.authorization === undefined) return message;
    return { ...message, headers: { Authorization: lane.authorization, ...message.headers } };
  }

  function note(message: Message, answer: WireAnswer): void {
    coverage.note(message, answer);
    const what = `${message.method} ${message.path}: ${answer.status} ${answer.body.toString().slice(0, 300)}`;
    if (answer.status >= 500) throw new Error(`a status of the registry's own failure: ${what}`);
    if (answer.status < 400 || answer.body.length === 0) return;
    // "the body of the response MUST be in the following JSON format" (OCI distribution specification, "Error Codes").
    if (codesOf(answer.body).length === 0)
      throw new Error(`an error that is not one of the specification: ${what}`);
  }
}

function judge({ message, expected, judge: check }: Action, answer: WireAnswer): void {
  const what = `${message.method} ${message.path}: ${answer.status} ${answer.body.toString().slice(0, 300)}`;
  if (!expected) return;
  if (!expected.includes(answer.status)) throw new Error(`expected ${expected.join(' or ')}: ${what}`);
  const problem = check?.(answer);
  if (problem !== undefined) throw new Error(`${problem}: ${what}`);
}

/** Everything that was answered 201 and not deleted is there. */
async function verify(model: Model, send: (message: Message) => Promise<WireAnswer>): Promise<void> {
  const get = async (path: string): Promise<WireAnswer> =>
    send({ method: 'GET', path, headers: { Host: 'localhost' } });
  for (const { name, blobs, manifests, tags } of model.repositories) {
    for (const [digest, content] of blobs) {
      const { status, body } = await get(`/v2/${name}/blobs/${digest}`);
      if (status !== 200 || !body.equals(content))
        throw new Error(`blob ${name}@${digest} is lost: ${status}`);
    }
    for (const [digest, { content }] of manifests) {
      const { status, body } = await get(`/v2/${name}/manifests/${digest}`);
      if (status !== 200 || !body.equals(content))
        throw new Error(`manifest ${name}@${digest} is lost: ${status}`);
    }
    for (const [tag, digest] of tags) {
      const { status } = await get(`/v2/${name}/manifests/${tag}`);
      if (status !== 200) throw new Error(`tag ${name}:${tag} of ${digest} is lost: ${status}`);
    }
  }
}

const http2Preface = 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n';

/** Whatever it was, the registry ends the connection after the client has. */
async function sendGarbage(
  lane: Lane,
  { bytes, preface }: Extract<Move, { move: 'garbage' }>,
): Promise<void> {
  const wire = await openWire(lane.target, lane.protocol === 'http2' ? 'h2' : 'http/1.1');
  const before = { none: '', request: 'GET /v2/ HTTP/1.1\r\nHost: a\r\n', http2: http2Preface }[preface];
  try {
    void wire.write(Buffer.concat([Buffer.from(before), bytes]));
    wire.finish();
    await wire.ended();
  } finally {
    wire.destroy();
  }
}
