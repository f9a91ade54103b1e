import type { Link, RepositoryContent, TagContent } from './content.ts';
import type { DigestTable } from './digest-table.ts';
import type { Gathered } from './gathered.ts';
import { createLazy } from './lazy-members.ts';
import { createFloats, createIntegers, type NumberList } from './number-lists.ts';
import { createPackedMap, remember } from './packed-map.ts';

/** Where the parts of a repository begin in the lists; what few have is kept as it is. */
interface Packed extends Pick<RepositoryContent, 'inStore' | 'written'> {
  readonly uploads: RepositoryContent['uploads'] | undefined;
  readonly problems: RepositoryContent['problems'] | undefined;
  readonly revisions: number;
  readonly layers: number;
  readonly tags: number;
  readonly names: readonly string[];
}

type Links = Pick<RepositoryContent, 'revisions' | 'layers' | 'tags'>;

const none = -1;

/** What repositories hold, in twelve bytes a link and the names of their tags; in the order in which they were set. */
export function createPackedRepositories(digests: DigestTable): Gathered<RepositoryContent> {
  const lists = { numbers: createIntegers(), times: createFloats() };
  const packed = new Map<string, Packed>();

  // Most of those who ask need one of the three.
  const linksOf = createLazy<Links, Packed>({
    revisions: ({ revisions }) => unpackLinks(digests, lists, revisions),
    layers: ({ layers }) => unpackLinks(digests, lists, layers),
    tags: (from) => unpackTags(digests, lists, from),
  });

  function unpack(from: Packed): RepositoryContent {
    const { inStore, uploads = new Map(), problems = [], written } = from;
    return Object.assign(linksOf(from), { inStore, uploads, problems, ...(written && { written }) });
  }

  return {
    map: createPackedMap({
      get size() {
        return packed.size;
      },
      keys: () => packed.keys(),
      get: remember((name) => {
        const found = packed.get(name);
        return found && unpack(found);
      }),
    }),
    set(name, { inStore, written, uploads, problems, revisions, layers, tags }) {
      packed.set(name, {
        inStore,
        written,
        uploads: uploads.size > 0 ? uploads : undefined,
        problems: problems.length > 0 ? problems : undefined,
        revisions: packLinks(digests, lists, revisions),
        layers: packLinks(digests, lists, layers),
        tags: packTags(digests, lists, tags),
        names: [...tags.keys()],
      });
    },
  };
}

interface Lists {
  readonly numbers: NumberList;
  /** Milliseconds since the epoch. */
  readonly times: NumberList;
}

function numberOf(digests: DigestTable, digest: string | undefined): number {
  return digest === undefined ? none : digests.add(digest);
}

function digestOf(digests: DigestTable, number: number): string | undefined {
  return number === none ? undefined : digests.digest(number);
}

const linkBits = 3;

/** Their number and the position of their times, then a number each, or two: whether it is a file, in the trash and has a target is in its last bits. */
function packLinks(
  digests: DigestTable,
  { numbers, times }: Lists,
  links: ReadonlyMap<string, Link>,
): number {
  const beginning = numbers.length;
  numbers.push(links.size);
  numbers.push(times.length);
  for (const [digest, { modified, trashed, target, isFile = false }] of links) {
    const bits = (Number(isFile) << 2) | (Number(trashed) << 1) | Number(target !== undefined);
    numbers.push((digests.add(digest) << linkBits) | bits);
    if (target !== undefined) numbers.push(digests.add(target));
    times.push(modified);
  }
  return beginning;
}

function unpackLinks(digests: DigestTable, { numbers, times }: Lists, beginning: number): Map<string, Link> {
  const links = new Map<string, Link>();
  const [count, time] = [numbers.at(beginning), numbers.at(beginning + 1)];
  for (let index = 0, at = beginning + 2; index < count; index++) {
    const packed = numbers.at(at++);
    const link: { -readonly [K in keyof Link]: Link[K] } = {
      modified: times.at(time + index),
      trashed: (packed & 2) !== 0,
    };
    if ((packed & 1) !== 0) link.target = digests.digest(numbers.at(at++));
    if ((packed & 4) !== 0) link.isFile = true;
    links.set(digests.digest(packed >>> linkBits), link);
  }
  return links;
}

/** The position of their times, then of each: what it names, whether it is in the trash, how long its history is, and that. */
function packTags(
  digests: DigestTable,
  { numbers, times }: Lists,
  tags: ReadonlyMap<string, TagContent>,
): number {
  const beginning = numbers.length;
  numbers.push(times.length);
  for (const { current, modified, history, trashed } of tags.values()) {
    numbers.push(numberOf(digests, current));
    numbers.push(Number(trashed === true));
    numbers.push(history.length);
    for (const digest of history) numbers.push(digests.add(digest));
    times.push(modified);
  }
  return beginning;
}

function unpackTags(
  digests: DigestTable,
  { numbers, times }: Lists,
  { tags: beginning, names }: Packed,
): Map<string, TagContent> {
  const tags = new Map<string, TagContent>();
  const time = numbers.at(beginning);
  let at = beginning + 1;
  for (const [index, name] of names.entries()) {
    const current = digestOf(digests, numbers.at(at));
    const trashed = numbers.at(at + 1) === 1;
    const length = numbers.at(at + 2);
    const history = Array.from({ length }, (_, each) => digests.digest(numbers.at(at + 3 + each)));
    at += 3 + length;
    tags.set(name, { current, modified: times.at(time + index), history, ...(trashed && { trashed }) });
  }
  return tags;
}
