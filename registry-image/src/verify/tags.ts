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
import { nameOf, openDirectory } from './directory.ts';
import type { Check, Finding } from './inspector.ts';
import { writeLink } from './links.ts';
import { recoverBlob } from './recovery.ts';
import { linkedDigests, missingRevision } from './revisions.ts';
import { describeLink } from './store.ts';

/** Milliseconds that a server on a slow disk may need from the first link of a new tag to its last. */
const slowest = 60_000;

/** Checks what each tag of a repository names, and its index. */
export async function verifyTags(context: Context, repository: string): Promise<void> {
  const { directories } = await openDirectory(context, tagsPath(repository), {
    directory: isTag,
    mayBeEmpty: true,
  });
  for (const directory of directories) {
    context.counts.tags++;
    await verifyTag(context, repository, nameOf(directory));
  }
}

async function verifyTag(context: Context, repository: string, tag: string): Promise<void> {
  const { inspector } = context;
  const inTag = await openDirectory(context, tagPath(repository, tag), {
    directory: (child) => child === 'current' || child === 'index',
  });
  if (inTag.directories.some((entry) => nameOf(entry) === 'current')) {
    await openDirectory(context, `${tagPath(repository, tag)}/current`, { file: (file) => file === 'link' });
  }
  const history = await linkedDigests(context, tagIndexPath(repository, tag));
  for (const digest of history) await inspector.inspect(indexCheck(context, { repository, tag, digest }));
  if (inTag.directories.length > 0) await inspector.inspect(currentCheck(context, repository, tag));
  await inspector.settle();
  // After the tag's own: what it names may have been mended.
  await inspector.inspect(historyCheck(context, repository, tag));
  await inspector.settle();
}

interface IndexEntry {
  readonly repository: string;
  readonly tag: string;
  readonly digest: Digest;
}

/** The link of one entry of a tag's index; entries of revisions that were deleted stay there, and that is no damage. */
function indexCheck(context: Context, { repository, tag, digest }: IndexEntry): Check {
  const { store, setAside } = context;
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
          return setAside(path.slice(0, -'/link'.length), async () => !(await isThere()));
        },
      };
    },
  };
}

function currentCheck(context: Context, repository: string, tag: string): Check {
  const { store } = context;
  const path = tagCurrentLinkPath(repository, tag);
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
      const revision = await missingRevision(context, repository, link.digest);
      if (revision === 'linked') return undefined;
      if (revision !== 'absent') return revision;
      if (store.damagedBlobs.has(link.digest)) return undefined;
      return {
        damage: {
          ...place,
          kind: 'tag-dangling',
          digest: link.digest,
          detail: `it names ${link.digest}, which is not there`,
        },
        repair: () => recoverTagged(context, { repository, tag, digest: link.digest }),
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
  const { store } = context;
  const found: Digest[] = [];
  for (const digest of await linkedDigests(context, tagIndexPath(repository, tag))) {
    if (await store.stat(revisionLinkPath(repository, digest))) found.push(digest);
  }
  const [only] = found;
  // Two may have been current: which one nobody can tell, and an old image under a tag is worse than none.
  if (only === undefined || found.length > 1) return setTagAside(context, repository, tag);
  const path = tagCurrentLinkPath(repository, tag);
  // Somebody may have set it meanwhile.
  if ((await store.link(path)).kind === 'digest') return undefined;
  return writeLink(context, path, only, async () => true);
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
  return setAside(tagPath(repository, tag), async (moved) => {
    const link = await store.link(`${moved}/current/link`);
    if (link.kind !== 'digest') return true;
    return (await store.stat(revisionLinkPath(repository, link.digest))) === undefined;
  });
}
