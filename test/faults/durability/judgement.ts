import { createHash } from 'node:crypto';
import { type StoreContent, walkStore, wrongBlobs } from '../store-walk.ts';
import { createExchange, type Exchange } from './exchange.ts';
import type { Item, LedgerSnapshot, TagRecord } from './ledger.ts';

/** Requests at a time. */
const width = 16;

/**
 * Holds a registry and its store against what the clients know (the rule stands at Ledger). Nobody may write meanwhile.
 * @returns what is wrong, a sentence each
 */
export async function judgeStore(options: {
  port: number;
  root: string;
  known: LedgerSnapshot;
}): Promise<string[]> {
  const { known } = options;
  const problems: string[] = [];
  const exchange = createExchange(() => options.port);
  try {
    await inParallel(known.confirmed, async (item) => {
      const seen = await look(exchange, item);
      if (seen !== 'whole') problems.push(`${nameOf(item)} was answered 201 and is ${seen}`);
    });
    await inParallel(known.open, async (item) => {
      const seen = await look(exchange, item);
      if (seen !== 'whole' && seen !== 'absent')
        problems.push(`${nameOf(item)} was never answered and is ${seen}`);
    });
    await inParallel(known.tags, async (tag) => {
      const problem = await judgeTag(exchange, tag);
      if (problem !== undefined) problems.push(problem);
    });
  } finally {
    exchange.close();
  }
  const content = await walkStore(options.root);
  problems.push(...foreign(content, [...known.confirmed, ...known.open]));
  problems.push(
    ...(await wrongBlobs(content)).map((file) => `${file} has another content than its name says`),
  );
  return problems;
}

type Sight = 'whole' | 'absent' | `wrong: ${string}`;

async function look(exchange: Exchange, item: Item): Promise<Sight> {
  const path = `/v2/${item.repository}/${item.kind}s/${item.digest}`;
  const { status, body } = await exchange.send({ method: 'GET', path });
  if (status === 404) return 'absent';
  if (status !== 200) return `wrong: status ${status}`;
  const digest = `sha256:${createHash('sha256').update(body).digest('hex')}`;
  return digest === item.digest && body.length === item.size
    ? 'whole'
    : `wrong: ${digest}, ${body.length} bytes`;
}

async function judgeTag(exchange: Exchange, record: TagRecord): Promise<string | undefined> {
  const name = `${record.repository}:${record.tag}`;
  const path = `/v2/${record.repository}/manifests/${record.tag}`;
  const { status, headers } = await exchange.send({ method: 'HEAD', path });
  if (status === 404) return record.confirmed ? `${name} was answered 201 and is absent` : undefined;
  if (status !== 200) return `${name}: status ${status}`;
  const digest = String(headers['docker-content-digest']);
  return record.candidates.includes(digest)
    ? undefined
    : `${name} points at ${digest}, which was not pushed last`;
}

/** What the store holds though no client ever asked for its completion. */
function foreign(content: StoreContent, items: readonly Item[]): string[] {
  const digests = new Set(items.map(({ digest }) => digest));
  const links = new Set(items.map((item) => `${item.kind} ${item.repository}@${item.digest}`));
  return [
    ...[...content.blobs.keys()].filter((digest) => !digests.has(digest)).map((digest) => `blob ${digest}`),
    ...[...content.layerLinks].map((link) => `blob ${link}`).filter((link) => !links.has(link)),
    ...[...content.revisionLinks].map((link) => `manifest ${link}`).filter((link) => !links.has(link)),
    ...content.strange,
  ].map((what) => `${what} is there, and nobody has asked for it`);
}

function nameOf(item: Item): string {
  return `${item.kind} ${item.repository}@${item.digest} (${item.size} bytes)`;
}

async function inParallel<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  const queue = items.values();
  await Promise.all(
    Array.from({ length: width }, async () => {
      for (const item of queue) await work(item);
    }),
  );
}
