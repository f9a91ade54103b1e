import type { Random } from '../random.ts';
import { codeOf, pull, pushContent, type PushWay, type Send } from './client.ts';
import { type Image, images, withChildren } from './images.ts';
import type { Entry, Ledger } from './ledger.ts';
import { LostError, type Replica } from './replica.ts';
import { type Action, leasesLast, type Scenario } from './scenario.ts';
import type { Scheduler } from './scheduler.ts';

export interface ActContext {
  readonly scheduler: Scheduler;
  readonly random: Random;
  readonly replicas: readonly [Replica, Replica];
  readonly ledger: Ledger;
  readonly problems: string[];
  readonly scenario: Scenario;
  /** Pushes that were acknowledged. */
  pushes: number;
}

/** Does what a client does, one thing after the other, and tells when it was not answered as it was owed. */
export async function act(context: ActContext, client: string, actions: readonly Action[]): Promise<void> {
  for (const action of actions) {
    await context.scheduler.turn();
    try {
      await perform(context, sendFrom(context, client), action);
    } catch (error) {
      if (!isExcused(context, error)) {
        context.problems.push(`${client}, ${describe(action)}: ${String(error)}`);
      }
    }
  }
}

/** Each request may go to another replica. */
export function sendFrom({ scheduler, random, replicas }: ActContext, client: string): Send {
  return async (work) => {
    await scheduler.turn();
    return random.pick(replicas).request(client, work);
  };
}

/** What may happen to anybody: a connection that breaks, and a write that waits for too long. */
export function isExcused({ scheduler }: ActContext, error: unknown): boolean {
  if (error instanceof LostError) return true;
  return error instanceof Error && error.name === 'WritesRefusedError' && scheduler.timersFired > 0;
}

async function perform(context: ActContext, send: Send, action: Action): Promise<void> {
  switch (action.kind) {
    case 'push':
      await pushAndPull(context, send, action);
      break;
    case 'retag':
      await retag(context, send, action);
      break;
    case 'untag':
      await untag(context, send, action);
      break;
    case 'delete':
      await deleteImage(context, send, action);
      break;
    case 'pull':
      await pullTag(context, send, action);
      break;
  }
}

/** What a push is answered when a collection has taken what it brought, or its upload, and nothing keeps that. */
const refusals: ReadonlySet<string | undefined> = new Set(['MANIFEST_BLOB_UNKNOWN', 'BLOB_UPLOAD_INVALID']);

/** Pulls every tag that must be there. */
export async function pullEverything(context: ActContext): Promise<void> {
  const watcher = { name: 'watcher', process: { name: 'watcher', alive: true, clock: 0 } };
  await context.scheduler.as(watcher, async () => {
    for (const [repository, tag] of context.ledger.tagNames) {
      await act(context, 'watcher', [{ kind: 'pull', repository, tag }]);
    }
  });
}

async function pushAndPull(
  context: ActContext,
  send: Send,
  action: Extract<Action, { kind: 'push' }>,
): Promise<void> {
  await push(context, send, action);
  const { repository, tag } = action;
  if (tag === undefined) return;
  for (let left = action.pulls; left > 0; left--) await pullTag(context, send, { repository, tag });
}

export async function push(
  context: ActContext,
  send: Send,
  { repository, image, tag, way }: { repository: string; image: Image; tag?: string; way: PushWay },
): Promise<void> {
  const from = context.scheduler.steps;
  const { timersFired } = context.scheduler;
  try {
    await pushContent(send, { repository, image, way }, (child) =>
      put(context, send, { repository, image: child }),
    );
    await put(context, send, { repository, image, tag });
    context.pushes++;
  } catch (error) {
    const wasHeld = context.scheduler.timersFired > timersFired;
    const time = { from, to: context.scheduler.steps };
    const digests = images.map(({ digest }) => digest);
    const isOwed =
      holdsLeases(context) && !wasHeld && !context.ledger.mayBeDeleted(repository, digests, time);
    if (!refusals.has(codeOf(error)) || isOwed) throw error;
  }
}

/** Whether no lease has ended, by whoever's clock, in all of the schedule until now. */
export function holdsLeases({ scenario, scheduler }: ActContext): boolean {
  return leasesLast(scenario, scheduler.monotonic());
}

async function put(
  { scheduler, ledger }: ActContext,
  send: Send,
  { repository, image, tag }: { repository: string; image: Image; tag?: string },
): Promise<void> {
  const { digest, content } = image;
  const entries = [ledger.revision(repository, digest, 'put', scheduler.steps)];
  if (tag !== undefined) entries.push(ledger.tag(repository, tag, digest, scheduler.steps));
  const reference = tag === undefined ? { digest } : { tag };
  await recorded(scheduler, entries, () =>
    send(({ manifests }) => manifests.put({ repository, reference, content })),
  );
}

/** What was refused or broke off may have been done in part, until then. */
async function recorded(
  scheduler: Scheduler,
  entries: readonly Entry[],
  work: () => Promise<unknown>,
): Promise<void> {
  let isAcknowledged = false;
  try {
    await work();
    isAcknowledged = true;
  } finally {
    for (const entry of entries) {
      entry.isAcknowledged = isAcknowledged;
      entry.end = scheduler.steps;
    }
  }
}

async function retag(
  context: ActContext,
  send: Send,
  { repository, image, tag }: { repository: string; image: Image; tag: string },
): Promise<void> {
  try {
    await send(({ manifests }) => manifests.get(repository, { digest: image.digest }, { renewLease: true }));
    await put(context, send, { repository, image, tag });
  } catch (error) {
    // Nobody had promised that it would still be there.
    if (codeOf(error) !== 'MANIFEST_UNKNOWN' && codeOf(error) !== 'MANIFEST_BLOB_UNKNOWN') throw error;
  }
}

async function untag(
  { scheduler, ledger }: ActContext,
  send: Send,
  { repository, tag }: { repository: string; tag: string },
): Promise<void> {
  const entry = ledger.tag(repository, tag, undefined, scheduler.steps);
  await ignoringUnknown(
    recorded(scheduler, [entry], () => send(({ manifests }) => manifests.delete(repository, { tag }))),
  );
}

async function deleteImage(
  { scheduler, ledger }: ActContext,
  send: Send,
  { repository, image }: { repository: string; image: Image },
): Promise<void> {
  const entry = ledger.revision(repository, image.digest, 'deleted', scheduler.steps);
  await ignoringUnknown(
    recorded(scheduler, [entry], () =>
      send(({ manifests }) => manifests.delete(repository, { digest: image.digest })),
    ),
  );
}

async function ignoringUnknown(request: Promise<void>): Promise<void> {
  try {
    await request;
  } catch (error) {
    if (codeOf(error) !== 'MANIFEST_UNKNOWN') throw error;
  }
}

/** A tag that nobody changes meanwhile must be pulled whole. */
async function pullTag(
  { scheduler, ledger }: ActContext,
  send: Send,
  { repository, tag }: { repository: string; tag: string },
): Promise<void> {
  const from = scheduler.steps;
  const owed = (): string | undefined => ledger.tagged(repository, tag, { from, to: scheduler.steps });
  let pulled: string;
  try {
    pulled = await pull(send, repository, { tag });
  } catch (error) {
    const { message = '' } = error as Partial<Error>;
    if (owed() === undefined && !message.includes('not what was pushed')) {
      if (codeOf(error) !== undefined) return;
    }
    throw error;
  }
  const expected = owed();
  if (expected !== undefined && pulled !== expected)
    throw new Error(`it is ${pulled}, but must be ${expected}`);
}

function describe(action: Action): string {
  const { kind, repository } = action;
  const image = 'image' in action ? ` ${withChildren(action.image).at(-1)?.name}` : '';
  const tag = 'tag' in action && action.tag !== undefined ? `:${action.tag}` : '';
  return `${kind} ${repository}${tag}${image}`;
}
