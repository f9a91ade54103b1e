import { setTimeout as sleep } from 'node:timers/promises';
import { ConnectionLost, createExchange } from '../durability/exchange.ts';
import type { Random } from '../random.ts';
import { pullTag, type Push, pushImage } from './image-client.ts';
import { imageOf } from './images.ts';
import type { PushedTags } from './pushed-tags.ts';
import type { StoreTemplate } from './store-template.ts';

/** One client that pushes and one that pulls, beside a collection. */
export interface Clients {
  /** Pushes acknowledged so far. */
  readonly pushes: number;
  readonly pulls: number;
  /** 405s. */
  readonly refused: number;
  /** Milliseconds of the longest push, all its attempts together. */
  readonly longestPush: number;
  /** What was answered as it must not be. */
  readonly problems: readonly string[];
  /** Ends both after what they are at. */
  stop(): Promise<void>;
}

/** Milliseconds between two pushes. */
const rest = 20;

export function startClients(options: {
  port: () => number;
  template: StoreTemplate;
  tags: PushedTags;
  random: Random;
}): Clients {
  const { template, tags, random } = options;
  const exchange = createExchange(options.port);
  const problems: string[] = [];
  const counts = { pushes: 0, pulls: 0, refused: 0, longestPush: 0 };
  const end = new AbortController();

  async function push(given: Push): Promise<void> {
    const { took, refused } = await pushImage({ exchange, tags, stopped: () => end.signal.aborted }, given);
    counts.pushes += 1;
    counts.refused += refused;
    counts.longestPush = Math.max(counts.longestPush, took);
  }

  /** New ones, those that the collection takes for dead, ones that have everything but the config elsewhere, and a tag that moves. */
  function pushNumber(number: number): Push {
    const name = `new ${number}`;
    const dead = template.dead[(number >> 2) % template.dead.length];
    if (number % 4 === 0) {
      return { repository: 'live/app', tag: `n${number}`, image: imageOf(name, [template.shared, name]) };
    }
    if (number % 4 === 1 && dead) return { repository: 'live/app', tag: `again${number}`, image: dead };
    if (number % 4 === 2) {
      const image = imageOf(name, [template.shared]);
      return { repository: `live/mounts`, tag: `m${number}`, image, from: 'live/app' };
    }
    return { repository: 'live/app', tag: 'moves', image: imageOf(name, ['moving layer', name]) };
  }

  async function pushOnAndOn(): Promise<void> {
    for (let number = 0; !end.signal.aborted; number++) {
      await push(pushNumber(number));
      await sleep(rest);
    }
  }

  /** Tags that no push moves at the same time. */
  async function pullOnAndOn(): Promise<void> {
    while (!end.signal.aborted) {
      const settled = tags.all.filter(({ acknowledged, tag }) => acknowledged && tag !== 'moves');
      const tag = settled[random.below(settled.length)];
      if (tag) await pull(tag);
      await sleep(rest);
    }
  }

  async function pull(tag: PushedTags['all'][number]): Promise<void> {
    try {
      const found = await pullTag(exchange, tag);
      if (found === undefined) problems.push(`pull of ${tag.repository}:${tag.tag}: there is no such tag`);
      if (typeof found === 'string') problems.push(`pull of ${found}`);
      counts.pulls += 1;
    } catch (error) {
      if (!(error instanceof ConnectionLost)) throw error;
    }
  }

  const running = [pushOnAndOn(), pullOnAndOn()].map((client) =>
    client.catch((error: unknown) => {
      if (!(error instanceof ConnectionLost) || !end.signal.aborted) problems.push(String(error));
    }),
  );

  return {
    get pushes() {
      return counts.pushes;
    },
    get pulls() {
      return counts.pulls;
    },
    get refused() {
      return counts.refused;
    },
    get longestPush() {
      return counts.longestPush;
    },
    problems,
    async stop() {
      end.abort();
      await Promise.all(running);
      exchange.close();
    },
  };
}
