import type { Image } from './images.ts';

export interface PushedTag {
  readonly repository: string;
  readonly tag: string;
  /** What it may lead to: what was acknowledged last, and whatever was tried after that. */
  readonly candidates: readonly Image[];
  /** False while nothing was acknowledged, so that it may also be absent. */
  readonly acknowledged: boolean;
}

/** What the pushing client knows of the store: each tag has one writer, which waits for each answer. */
export interface PushedTags {
  attempt(repository: string, tag: string, image: Image): void;
  acknowledge(repository: string, tag: string, image: Image): void;
  readonly all: readonly PushedTag[];
}

export function createPushedTags(known: readonly PushedTag[] = []): PushedTags {
  const tags = new Map(known.map((tag) => [keyOf(tag), tag]));
  return {
    attempt(repository, tag, image) {
      const key = keyOf({ repository, tag });
      const { candidates = [], acknowledged = false } = tags.get(key) ?? {};
      tags.set(key, { repository, tag, candidates: [...candidates, image], acknowledged });
    },
    acknowledge(repository, tag, image) {
      tags.set(keyOf({ repository, tag }), { repository, tag, candidates: [image], acknowledged: true });
    },
    get all() {
      return [...tags.values()];
    },
  };
}

function keyOf({ repository, tag }: Pick<PushedTag, 'repository' | 'tag'>): string {
  return `${repository}:${tag}`;
}
