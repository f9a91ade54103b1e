import { image, randomLayer, type Image, type Layer } from '../../support/image.ts';
import { expectStatus, type RegistryClient } from '../../support/registry-client.ts';
import type { Random } from '../random.ts';

/** An image that a registry has acknowledged under a tag, and that nobody else touches. */
interface Held {
  readonly repository: string;
  readonly tag: string;
  readonly image: Image;
}

export interface PusherOptions {
  readonly client: RegistryClient;
  /** No other pusher has it; its tags begin with it. */
  readonly name: string;
  readonly repositories: readonly string[];
  /** Layers that the images of all pushers share. */
  readonly layers: readonly Layer[];
  readonly random: Random;
}

/** A user who pushes, pushes again, tags, deletes and pulls for as long as asked to. */
export interface Pusher {
  /** Does one thing. Rejects when the registry did not do what it must. */
  act(): Promise<void>;
  /** Pulls all that is tagged, and tells what is missing or wrong. */
  check(): Promise<string[]>;
  /** Manifests that were answered 201. */
  readonly pushed: number;
  readonly held: readonly Held[];
}

/** Images that a pusher keeps tagged at a time. */
const keeps = 6;
/** Images deleted or untagged that it may push again. */
const remembers = 8;

export function createPusher({ client, name, repositories, layers, random }: PusherOptions): Pusher {
  const held: Held[] = [];
  const gone: Held[] = [];
  let pushed = 0;
  let tags = 0;

  async function push(repository: string, one: Image): Promise<void> {
    const tag = `${name}-${++tags}`;
    await client.push(repository, tag, one);
    pushed += 1;
    held.push({ repository, tag, image: one });
  }

  async function pushNew(): Promise<void> {
    const shared = layers[random.below(layers.length)];
    await push(repositoryAt(), image([...(shared ? [shared] : []), randomLayer(4096)]));
  }

  async function pushAgain(): Promise<void> {
    const old = take(gone, random.below(gone.length));
    if (!old) return pushNew();
    await push(random.below(2) === 0 ? old.repository : repositoryAt(), old.image);
  }

  /** Another image takes the tag; the one that had it is untagged. */
  async function retag(): Promise<void> {
    const index = random.below(held.length);
    const old = held[index];
    if (!old) return pushNew();
    const next = image([randomLayer(2048)]);
    await client.push(old.repository, old.tag, next);
    pushed += 1;
    held[index] = { ...old, image: next };
    forget(old);
  }

  async function remove(): Promise<void> {
    const old = take(held, random.below(held.length));
    if (!old) return pushNew();
    const { repository, tag, image: one } = old;
    // By tag it is only untagged. By digest every tag on it goes, so that is for an image with one tag.
    const shared = held.some((other) => other.repository === repository && other.image === one);
    const reference = shared || random.below(2) === 0 ? tag : one.manifest.digest;
    expectStatus(await client.call('DELETE', `/v2/${repository}/manifests/${reference}`), 202);
    forget(old);
  }

  async function pull(): Promise<void> {
    const one = held[random.below(held.length)];
    if (one) await client.pull(one.repository, one.tag, one.image);
  }

  function forget(old: Held): void {
    gone.push(old);
    if (gone.length > remembers) gone.shift();
  }

  function repositoryAt(): string {
    return repositories[random.below(repositories.length)] ?? 'live';
  }

  return {
    act() {
      if (held.length > keeps) return remove();
      const actions = [pushNew, pushAgain, pushAgain, retag, remove, pull, pull];
      return (actions[random.below(actions.length)] ?? pushNew)();
    },
    async check() {
      const problems: string[] = [];
      for (const one of held) {
        await client
          .pull(one.repository, one.tag, one.image)
          .catch((error: unknown) => problems.push(`${one.repository}:${one.tag}: ${String(error)}`));
      }
      return problems;
    },
    get pushed() {
      return pushed;
    },
    held,
  };
}

function take<T>(list: T[], index: number): T | undefined {
  return list.splice(index, 1)[0];
}
