import type { CollectionOptions, RetentionRule } from '../config/maintenance.ts';
import type { RepositoryContent, TagContent } from './content.ts';
import { anyPattern } from './name-pattern.ts';
import type { LastPull } from './pulls.ts';

/** What a rule says of the tags of one repository. */
export interface Retention {
  /** Position of the rule among the options. */
  readonly rule: number;
  /** The tags that stay, and why; of the others those that are attached to something alive stay as well. */
  readonly stays: ReadonlyMap<string, Reason>;
}

/** Why a tag stays. */
type Reason = 'matching' | 'newest' | 'young' | 'pulled';

/** Decides for a repository, by its name; undefined when no rule is about it, so that every tag stays. */
export type Retain = (name: string, repository: RepositoryContent) => Retention | undefined;

/**
 * Retention rules, ready to use. A tag stays when any criterion of the first rule for its repository says so. Of tags set at
 * the same time the one whose name sorts last counts as the newest.
 * @param now milliseconds since the epoch
 * @param lastPull without it every manifest counts as pulled
 */
export function createRetain(
  rules: CollectionOptions['retention'],
  now: number,
  lastPull: LastPull = () => Infinity,
): Retain {
  const prepared = rules.map((rule) => ({
    rule,
    isAbout: anyPattern(rule.repositories),
    isMatching: anyPattern(rule.keepMatching),
  }));
  return (name, { tags }) => {
    const index = prepared.findIndex(({ isAbout }) => isAbout(name));
    const found = prepared[index];
    if (!found || saysNothing(found.rule)) return undefined;
    return {
      rule: index,
      stays: decide(found, heldTags(tags), { now, lastPull: (digest) => lastPull(name, digest) }),
    };
  };
}

/** The tags of the store that name something, and those that come back to it. */
export function heldTags(tags: RepositoryContent['tags']): [string, HeldTag][] {
  return [...tags].filter((entry): entry is [string, HeldTag] => isHeld(entry[1]));
}

export type HeldTag = TagContent & { readonly current: string };

function isHeld(tag: TagContent): tag is HeldTag {
  return tag.current !== undefined && (!tag.trashed || tag.returns === true);
}

/**
 * The beginning of the digests that a tag is attached to, when its name says so: the referrers tag schema of the OCI distribution
 * specification, and what cosign makes of it (`sha256-HEX.sig`). Such a tag is no version of anything, so it is not counted among the
 * newest, and it stays as long as its subject is alive.
 */
export function attachmentOf(tag: string): string | undefined {
  const [, algorithm, hex] = /^(sha256|sha512)-([0-9a-f]{64})(?:\.[\w.-]*)?$/.exec(tag) ?? [];
  return algorithm && `${algorithm}:${hex}`;
}

/** What `attachmentOf` gives for a tag that is attached to this digest: "truncated to 64 characters". */
export function attachmentTo(digest: string): string {
  return digest.slice(0, digest.indexOf(':') + 65);
}

/** A rule without any criterion is a mistake, not an order to remove every tag. */
function saysNothing({ keepMatching, keepLast, keepYoungerThan, keepPulledWithin }: RetentionRule): boolean {
  const others = [keepLast, keepYoungerThan, keepPulledWithin];
  return keepMatching.length === 0 && others.every((criterion) => criterion === undefined);
}

function decide(
  { rule, isMatching }: { rule: RetentionRule; isMatching: (tag: string) => boolean },
  tags: readonly [string, HeldTag][],
  { now, lastPull }: { now: number; lastPull: (digest: string) => number },
): Retention['stays'] {
  const stays = new Map<string, Reason>();
  const { keepLast = 0, keepYoungerThan, keepPulledWithin } = rule;
  for (const [tag, { current, modified }] of tags) {
    if (keepPulledWithin !== undefined && now - Math.max(modified, lastPull(current)) < keepPulledWithin)
      stays.set(tag, 'pulled');
    if (keepYoungerThan !== undefined && now - modified < keepYoungerThan) stays.set(tag, 'young');
  }
  const versions = tags.filter(([tag]) => attachmentOf(tag) === undefined).sort(newestFirst);
  for (const [tag] of versions.slice(0, keepLast)) stays.set(tag, 'newest');
  for (const [tag] of tags) if (isMatching(tag)) stays.set(tag, 'matching');
  return stays;
}

function newestFirst([nameA, a]: [string, TagContent], [nameB, b]: [string, TagContent]): number {
  if (a.modified !== b.modified) return b.modified - a.modified;
  return nameA < nameB ? 1 : -1;
}
