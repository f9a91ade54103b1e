import type { Digest } from '../registry/digest.ts';
import { isTag } from '../registry/reference.ts';
import {
  revisionLinkPath,
  tagCurrentLinkPath,
  tagIndexLinkPath,
  tagIndexPath,
  tagPath,
  tagsPath,
} from '../storage/paths.ts';
import type { Context } from './context.ts';
import type { Outcome } from './damages.ts';
import { nameOf, openDirectory, parentOf } from './directory.ts';
import type { Check, Finding } from './inspector.ts';
import { setLinkAside, writeLink } from './links.ts';
import { recoverBlob } from './recovery.ts';
import { linkedDigests } from './revisions.ts';
import { describeLink } from './store.ts';

/** Milliseconds that a server on a slow disk may need from the first link of a new tag to its last. */
const slowest = 60_000;

/** Checks what each tag of a repository names, and its index. */
export async function verifyTags(context: Context, repository: string): Promise<void> {
  const { inspector } = context;
  const { directories } = await openDirectory(context, tagsPath(repository), {
    directory: isTag,
  });
  const tags = directories.map(nameOf);
  context.counts.tags += tags.length;
  for (const tag of tags) await inspectTag(context, repository, tag);
  await inspector.settle();
  // After their own: what they name may have been mended.
  for (const tag of tags) await inspector.inspect(historyCheck(context, repository, tag));
  await inspector.settle();
}

async function inspectTag(context: Context, repository: string, tag: string): Promise<void> {
  const { inspector } = context;
  await openDirectory(context, tagPath(repository, tag), {
    directory: (child) => child === 'current' || child === 'index',
  });
  await openDirectory(context, `${tagPath(repository, tag)}/current`, { file: (file) => file === 'link' });
  const history = await linkedDigests(context, tagIndexPath(repository, tag));
  for (const digest of history) await inspector.inspect(indexCheck(context, { repository, tag, digest }));
  await inspector.inspect(currentCheck(context, repository, tag));
}

interface IndexEntry {
  readonly repository: string;
  readonly tag: string;
  readonly digest: Digest;
}

/** The link of one entry of a tag's index; entries of revisions that were deleted stay there, and that is no damage. */
function indexCheck(context: Context, { repository, tag, digest }: IndexEntry): Check {
  const { store } = context;
  const path = tagIndexLinkPath(repository, tag, digest);
  const isThere = async (): Promise<boolean> =>
    (await store.stat(revisionLinkPath(repository, digest))) !== undefined;
  return {
    path,
    async look() {
      const link = await store.link(path);
      if (link.kind === 'absent' || (link.kind === 'digest' && link.digest === digest)) return undefined;
      return {
        damage: { kind: 'tag-index-content', path, repository, digest, detail: describeLink(link) },
        async repair() {
          if (await isThere()) return writeLink(context, path, digest, isThere);
          return setLinkAside(context, parentOf(path), isThere);
        },
      };
    },
  };
}

function currentCheck(context: Context, repository: string, tag: string): Check {
  const { store } = context;
  const path = tagCurrentLinkPath(repository, tag);
  const isNamed = async (digest: Digest): Promise<boolean> => {
    const link = await store.link(path);
    return link.kind === 'digest' && link.digest === digest;
  };
  return {
    path,
    async look(): Promise<Finding | undefined> {
      const link = await store.link(path);
      const place = { path, repository };
      if (link.kind === 'absent') {
        const directory = await store.stat(tagPath(repository, tag));
        if (!directory || Date.now() - directory.modified < slowest) return undefined;
        return {
          damage: { ...place, kind: 'tag-link-missing', detail: 'there is no link' },
          repair: () => setTagAside(context, repository, tag),
        };
      }
      if (link.kind === 'text') {
        return {
          damage: { ...place, kind: 'tag-link-content', detail: describeLink(link) },
          repair: () => chooseFromIndex(context, repository, tag),
        };
      }
      const { digest } = link;
      const revision = revisionLinkPath(repository, digest);
      if ((await store.stat(revision)) || store.damagedBlobs.has(digest)) return undefined;
      const isThere = async (): Promise<boolean> => (await store.manifest(digest)).kind === 'manifest';
      if (await isThere()) {
        return {
          damage: {
            kind: 'revision-link-missing',
            path: revision,
            repository,
            digest,
            detail: `the tag ${tag} names it`,
          },
          repair: () =>
            writeLink(context, revision, digest, async () => (await isNamed(digest)) && isThere()),
        };
      }
      return {
        damage: {
          ...place,
          kind: 'tag-dangling',
          digest,
          detail: `it names ${digest}, which is not there`,
        },
        repair: () => recoverTagged(context, { repository, tag, digest }),
      };
    },
  };
}

function historyCheck(context: Context, repository: string, tag: string): Check {
  const { store } = context;
  const path = tagCurrentLinkPath(repository, tag);
  return {
    path,
    async look() {
      const link = await store.link(path);
      if (link.kind !== 'digest') return undefined;
      const { digest } = link;
      const entry = tagIndexLinkPath(repository, tag, digest);
      if ((await store.stat(entry)) || !(await store.stat(revisionLinkPath(repository, digest))))
        return undefined;
      return {
        damage: {
          kind: 'tag-index-missing',
          path: entry,
          repository,
          digest,
          detail: 'there is no link',
        },
        repair: () =>
          writeLink(context, entry, digest, async () => (await store.link(path)).kind !== 'absent'),
      };
    },
  };
}

async function chooseFromIndex(
  context: Context,
  repository: string,
  tag: string,
): Promise<Outcome | undefined> {
  const { store, setAside } = context;
  const [only, ...others] = await linkedDigests(context, tagIndexPath(repository, tag));
  // Of two nobody can tell which one was current, and an old image under a tag is worse than none.
  if (!only || others.length > 0 || !(await store.stat(revisionLinkPath(repository, only)))) {
    return setTagAside(context, repository, tag);
  }
  const current = parentOf(tagCurrentLinkPath(repository, tag));
  const written = await setAside.unusedPath(current);
  await store.driver.putContent(`${written}/link`, only);
  const isUnset = async (at: string): Promise<boolean> => (await store.link(`${at}/link`)).kind !== 'digest';
  const aside = await setAside.move(current, isUnset);
  try {
    // A directory never replaces one with something in it: who sets the tag meanwhile wins.
    if (aside) await store.driver.move(written, current);
  } catch (error) {
    if (await isUnset(current)) throw error;
    return undefined;
  }
  return aside && { action: 'repaired' };
}

async function recoverTagged(
  context: Context,
  { repository, tag, digest }: IndexEntry,
): Promise<Outcome | undefined> {
  const { store } = context;
  const from = await recoverBlob(store, digest);
  if (from === undefined) return setTagAside(context, repository, tag);
  await store.driver.putContent(revisionLinkPath(repository, digest), digest);
  return { action: 'recovered', where: from };
}

/** Sets a tag aside, unless it names a revision that is there by then. */
function setTagAside(context: Context, repository: string, tag: string): Promise<Outcome | undefined> {
  const { store, setAside } = context;
  return setAside.move(tagPath(repository, tag), async (moved) => {
    const link = await store.link(`${moved}/current/link`);
    if (link.kind !== 'digest') return true;
    return (await store.stat(revisionLinkPath(repository, link.digest))) === undefined;
  });
}
