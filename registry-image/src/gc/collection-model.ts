import type {
  ModelLink,
  ModelManifest,
  ModelOptions,
  ModelRepository,
  ModelStore,
  ModelTag,
  RepositoryVerdict,
  Verdict,
} from './model-store.ts';

/**
 * What a collection must decide, said one rule after the other and applied until nothing changes. Slow, and it imports nothing of the code
 * that it judges: what is alive is told in docs/architecture.md, "Garbage collection".
 */
const sevenDays = 7 * 24 * 60 * 60 * 1000;

export function judgeStore(store: ModelStore, options: ModelOptions): Verdict {
  // First as if nothing were damaged: what that reaches tells which repositories have lost something.
  const spared = store.repositories.filter(({ name }) => !isChosen(name, options)).map(({ name }) => name);
  const presumed = alive(store, options, new Set(spared));
  const damaged = store.repositories
    .filter((each) => isDamaged(each, store, presumed))
    .map(({ name }) => name);
  const whole = new Set([...spared, ...damaged]);
  const facts = alive(store, options, whole);
  const liveBlobs = new Set([...facts].map((fact) => fact.split(' ')[1] ?? ''));
  return {
    repositories: store.repositories.map((each) =>
      judgeRepository(each, { store, options, facts, keepsAll: whole.has(each.name) }),
    ),
    liveBlobs: [...liveBlobs].sort(),
    deadBlobs: store.blobs
      .filter(({ digest, place }) => place === 'store' && !store.unknown && !liveBlobs.has(digest))
      .map(({ digest }) => digest)
      .sort(),
  };
}

/** What of the trash a second mark brings back, each as `KIND REPOSITORY NAME`; it untags nothing and keeps what is visible whole. */
export function judgeTrashed(store: ModelStore, given: ModelOptions): string[] {
  const options = { ...given, retention: [], deleteUntagged: false };
  const { repositories, liveBlobs } = judgeStore(store, options);
  const blobs = store.blobs
    .filter(({ digest, place }) => place === 'trash' && (store.unknown || liveBlobs.includes(digest)))
    .map(({ digest }) => `blob - ${digest}`);
  const others = store.repositories.flatMap((repository, index) => {
    const verdict = repositories[index];
    return verdict ? broughtBack(repository, verdict, { store, options, keepsAll: verdict.keepsAll }) : [];
  });
  return [...blobs, ...others].sort();
}

function broughtBack(
  repository: ModelRepository,
  { keepsAll, live }: RepositoryVerdict,
  given: Surroundings,
): string[] {
  const { name, revisions, layers, tags } = repository;
  const isLive = (digest: string): boolean => live.some((line) => line.startsWith(`${digest} `));
  const isNeeded = (link: ModelLink): boolean => isLive(link.digest) || isLive(link.target);
  const isThere = (tag: ModelTag): boolean => tag.digest !== null && (keepsAll || !tag.trashed);
  return [
    ...revisions
      .filter(({ digest, trashed }) => trashed && isLive(digest))
      .map(({ digest }) => `revision ${name} ${digest}`),
    ...layers
      .filter((link) => link.trashed && isNeeded(link) && isUsable(link, repository, given))
      .map(({ digest }) => `layer ${name} ${digest}`),
    ...tags.filter((tag) => tag.trashed && isThere(tag)).map((tag) => `tag ${name} ${tag.name}`),
    ...tags
      .filter(isThere)
      .flatMap((tag) => tag.history.filter(isLive).map((digest) => `entry ${name} ${tag.name} ${digest}`)),
  ];
}

/** The facts "this repository keeps this digest", as `REPOSITORY DIGEST`; `whole` repositories keep all that they have. */
function alive(store: ModelStore, options: ModelOptions, whole: ReadonlySet<string>): Set<string> {
  const facts = new Set<string>();
  for (let before = -1; before !== facts.size;) {
    before = facts.size;
    for (const repository of store.repositories) {
      const { name } = repository;
      const given = { store, options, keepsAll: whole.has(name), facts };
      for (const digest of [...roots(repository, given), ...reached(repository, given)])
        facts.add(`${name} ${digest}`);
    }
  }
  return facts;
}

interface Surroundings {
  readonly store: ModelStore;
  readonly options: ModelOptions;
  readonly keepsAll: boolean;
}

interface Known extends Surroundings {
  readonly facts: ReadonlySet<string>;
}

function roots(repository: ModelRepository, given: Known): string[] {
  const { options, keepsAll } = given;
  const { tags, revisions, layers, written } = repository;
  const isKept = (link: ModelLink): boolean => keepsAll || isLeased(link, options);
  return [
    ...written,
    ...tags.flatMap((tag) => (tag.digest !== null && stays(tag, repository, given) ? [tag.digest] : [])),
    ...revisions
      .filter((link) => isKept(link) || (!options.deleteUntagged && !link.trashed))
      .map(({ digest }) => digest),
    ...layers.filter(isKept).map(({ digest }) => digest),
  ];
}

function reached({ name, revisions, layers }: ModelRepository, { store, facts }: Known): string[] {
  const isLive = (digest: string | null): boolean => facts.has(`${name} ${digest}`);
  const isHere = ({ digest }: ModelManifest): boolean => revisions.some((link) => link.digest === digest);
  const manifests = store.manifests.filter(({ damaged }) => !damaged);
  return [
    ...layers.filter(({ digest }) => isLive(digest)).map(({ target }) => target),
    ...manifests
      .filter(({ digest }) => isLive(digest))
      .flatMap(({ blobs, children }) => [...blobs, ...children]),
    ...manifests.filter((each) => isHere(each) && isLive(each.subject)).map(({ digest }) => digest),
  ];
}

function isLeased({ time }: ModelLink, { minAge, now }: ModelOptions): boolean {
  return minAge > 0 && time > now - minAge;
}

function isChosen(name: string, { repositories }: ModelOptions): boolean {
  return repositories.length === 0 || repositories.some((pattern) => fits(pattern, name));
}

function isDamaged(repository: ModelRepository, store: ModelStore, facts: ReadonlySet<string>): boolean {
  const find = (digest: string): ModelManifest | undefined =>
    store.manifests.find((manifest) => manifest.digest === digest);
  const isLive = (digest: string): boolean => facts.has(`${repository.name} ${digest}`);
  const named = repository.tags.flatMap(({ digest, trashed }) =>
    digest === null || trashed ? [] : [digest],
  );
  const revisions = repository.revisions.map(({ digest }) => digest);
  return (
    repository.unreadable ||
    store.manifests.some(
      ({ digest, damaged }) =>
        damaged && (named.includes(digest) || revisions.includes(digest) || isLive(digest)),
    ) ||
    named.some((digest) => find(digest) === undefined) ||
    revisions.some((digest) => isLive(digest) && find(digest) === undefined)
  );
}

/** Whether a tag stays; one of the trash is only there when its repository keeps all. */
function stays(
  tag: ModelTag,
  { name, tags, pulls }: ModelRepository,
  { options, keepsAll, facts }: Pick<Known, 'options' | 'keepsAll' | 'facts'>,
): boolean {
  if (keepsAll || tag.trashed) return keepsAll;
  const rule = options.retention.find(({ repositories }) =>
    repositories.some((pattern) => fits(pattern, name)),
  );
  if (!rule) return true;
  const { keepMatching, keepLast, keepYoungerThan, keepPulledWithin } = rule;
  const criteria = [keepLast, keepYoungerThan, keepPulledWithin].filter((criterion) => criterion !== null);
  if (keepMatching.length === 0 && criteria.length === 0) return true;
  if (keepMatching.some((pattern) => fits(pattern, tag.name))) return true;
  if (keepYoungerThan !== null && tag.time > options.now - keepYoungerThan) return true;
  const isPulled = (within: number): boolean =>
    tag.time > options.now - within ||
    pulls.some(({ digest, time }) => digest === tag.digest && time > options.now - within);
  if (keepPulledWithin !== null && isPulled(keepPulledWithin)) return true;
  const subject = subjectOf(tag.name);
  if (subject !== null) return [...facts].some((fact) => fact.startsWith(`${name} ${subject}`));
  const newer = tags.filter(
    (other) =>
      other.digest !== null &&
      !other.trashed &&
      subjectOf(other.name) === null &&
      (other.time > tag.time || (other.time === tag.time && other.name > tag.name)),
  );
  return keepLast !== null && newer.length < keepLast;
}

/** How the digests begin that a tag is about, when its name says so: `sha256-HEX`, perhaps with a suffix after a dot. */
function subjectOf(tag: string): string | null {
  const [beginning = '', ...suffix] = tag.split('.');
  const [algorithm = '', hex = '', ...more] = beginning.split('-');
  const isHex =
    hex.length === 64 && hex.split('').every((character) => '0123456789abcdef'.includes(character));
  if (!['sha256', 'sha512'].includes(algorithm) || !isHex || more.length > 0) return null;
  return suffix.join('.').match(/[^A-Za-z0-9_.-]/) ? null : `${algorithm}:${hex}`;
}

/** Whether a whole name fits a pattern, letter by letter. */
function fits(pattern: string, name: string): boolean {
  if (pattern === '') return name === '';
  if (pattern.startsWith('**'))
    return fits(pattern.slice(2), name) || (name !== '' && fits(pattern, name.slice(1)));
  const isStar = pattern.startsWith('*');
  if (isStar && fits(pattern.slice(1), name)) return true;
  if (isStar) return name !== '' && !name.startsWith('/') && fits(pattern, name.slice(1));
  return pattern[0] === name[0] && fits(pattern.slice(1), name.slice(1));
}

/** Whether a live link in `_layers` has its blob, or somebody may be about to bring it. */
function isUsable(
  link: ModelLink,
  repository: ModelRepository,
  { store, options, keepsAll }: Surroundings,
): boolean {
  const names = [link.digest, link.target];
  const links = [...repository.layers, ...repository.revisions];
  return (
    keepsAll ||
    store.unknown ||
    store.blobs.some(({ digest }) => digest === link.target) ||
    repository.written.some((digest) => names.includes(digest)) ||
    links.some((other) => names.includes(other.digest) && isLeased(other, options))
  );
}

function judgeRepository(repository: ModelRepository, given: Known): RepositoryVerdict {
  const { options, facts, keepsAll } = given;
  const { name, tags, revisions, layers, uploads } = repository;
  const isLive = (digest: string): boolean => facts.has(`${name} ${digest}`);
  const stored = layers.filter(({ trashed }) => !trashed);
  const held = tags.filter(({ digest, trashed }) => digest !== null && !trashed);
  const removed = held.filter((tag) => !stays(tag, repository, given)).map((tag) => tag.name);
  const isDead = ({ digest, target }: ModelLink): boolean => !isLive(digest) && !isLive(target);
  const verdict = {
    removedTags: removed.sort(),
    deadTagEntries: tags
      .filter((tag) => !keepsAll && !removed.includes(tag.name))
      .flatMap((tag) =>
        tag.history.filter((digest) => !isLive(digest)).map((digest) => `${tag.name} ${digest}`),
      )
      .sort(),
    deadRevisions: digestsOf(revisions.filter(({ digest, trashed }) => !trashed && !isLive(digest))),
    deadLayers: digestsOf(stored.filter(isDead)),
    danglingLayers: digestsOf(stored.filter((link) => !isDead(link) && !isUsable(link, repository, given))),
    staleUploads: uploads
      .filter(({ time }) => !keepsAll && time < options.now - sevenDays)
      .map(({ id }) => id)
      .sort(),
    lostTags: tags
      .filter(({ digest }) => !keepsAll && digest === null)
      .map((tag) => tag.name)
      .sort(),
  };
  const isEmpty =
    held.length === removed.length &&
    revisions.every(({ digest, trashed }) => trashed || !isLive(digest)) &&
    stored.every((link) => isDead(link) || !isUsable(link, repository, given)) &&
    uploads.length === verdict.staleUploads.length &&
    repository.written.length === 0;
  return {
    name,
    keepsAll,
    live: [...facts]
      .filter((fact) => fact.startsWith(`${name} `))
      .map((fact) => fact.slice(name.length + 1))
      .map((digest) => `${digest} ${reasonOf(digest, repository, given)}`)
      .sort(),
    ...verdict,
    vanishes: options.removeEmptyRepositories && repository.inStore && !keepsAll && isEmpty,
  };
}

function digestsOf(links: readonly ModelLink[]): string[] {
  return links.map(({ digest }) => digest).sort();
}

/** The reason that people read: the first of these. */
function reasonOf(digest: string, repository: ModelRepository, given: Known): string {
  const { options, keepsAll } = given;
  const { tags, revisions, layers, written } = repository;
  const isNamed = tags.some(
    (tag) => tag.digest === digest && !tag.trashed && isUnconditional(tag, repository, given),
  );
  const revision = revisions.find((link) => link.digest === digest);
  const layer = layers.find((link) => link.digest === digest);
  if (isNamed) return 'tag';
  if (revision && isLeased(revision, options)) return 'lease';
  if (revision && !revision.trashed && !options.deleteUntagged) return 'revision';
  if (layer && isLeased(layer, options)) return 'lease';
  if (written.includes(digest)) return 'written';
  const isHere = revision !== undefined || layer !== undefined || tags.some((tag) => tag.digest === digest);
  return keepsAll && isHere ? 'kept' : 'reached';
}

/** Whether a tag stays whatever it may be attached to. */
function isUnconditional(
  tag: ModelTag,
  repository: ModelRepository,
  { options, keepsAll }: Pick<Surroundings, 'options' | 'keepsAll'>,
): boolean {
  return stays(tag, repository, { options, keepsAll, facts: new Set() });
}
