import type { CollectionOptions } from '../config/maintenance.ts';
import type { Addition } from '../registry/journal.ts';
import type { BoundedReader } from './bounded-reader.ts';
import type { References, StoreContent } from './content.ts';
import type { Doomed, DoomedList } from './doomed-list.ts';
import { repositoryCandidates, stillDangling } from './doomed.ts';
import { readLink } from './link-entry.ts';
import { readManifests } from './manifest-reader.ts';
import type { Mark } from './mark.ts';
import { type CollectionPlan, planCollection, uploadAge } from './plan.ts';
import { writtenRepositories } from './written.ts';

export interface RecheckOptions {
  readonly reader: BoundedReader;
  readonly options: CollectionOptions;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

/** Tells of something that a mark gave up whether it is still dead. */
export type Recheck = (doomed: Doomed) => Promise<boolean>;

/**
 * Looks again at what a mark gave up, now that no commit section runs. Costs what was committed since the mark began, and reads no directory but
 * those of uploads that it is asked for.
 * @param additions all that was committed since the mark began (journal-reader.ts)
 */
export async function createRecheck(
  { reader, options, now }: RecheckOptions,
  content: StoreContent,
  additions: readonly Addition[],
): Promise<Recheck> {
  const touched = await touchedContent(reader, content, additions);
  const plan = planCollection(touched, options, now);
  const dead = await deadDirectories(reader, plan);
  return async function isStillDead(each) {
    const written = touched.repositories.get(each.repository ?? '')?.written;
    if (each.kind === 'blob') return !plan.liveBlobs.has(each.digest);
    if (each.kind === 'upload' && (await isGoneOnWith(reader, each, now))) return false;
    if (written && !dead.has(directoryOf(each))) return false;
    return !(written && each.kind === 'tag' && (await isSetAgain(reader, each, written)));
  };
}

/** What of a mark is still dead. */
export async function recheck(
  options: RecheckOptions,
  { content, doomed }: Pick<Mark, 'content' | 'doomed'>,
  additions: readonly Addition[],
): Promise<DoomedList> {
  const isStillDead = await createRecheck(options, content, additions);
  const alive = new Set<number>();
  let index = 0;
  for (const each of doomed) {
    if (!(await isStillDead(each))) alive.add(index);
    index++;
  }
  return alive.size === 0 ? doomed : doomed.filter((_, position) => !alive.has(position));
}

/** The repositories to which something was committed, with what it was. */
async function touchedContent(
  reader: BoundedReader,
  content: StoreContent,
  additions: readonly Addition[],
): Promise<StoreContent> {
  const expected = new Set<string>();
  for (const { kind, digest } of additions) if (kind === 'manifest') expected.add(digest);
  const read = new Map<string, References | 'damaged'>();
  await readManifests(reader, { expected, trashed: new Map() }, read);
  const manifests = {
    get: (digest: string) => read.get(digest) ?? content.manifests.get(digest),
    has: (digest: string) => read.has(digest) || content.manifests.has(digest),
  };
  return { ...content, repositories: writtenRepositories(content, additions), manifests };
}

async function deadDirectories(reader: BoundedReader, plan: CollectionPlan): Promise<Set<string>> {
  const candidates = [...repositoryCandidates(plan), ...(await stillDangling(reader, plan))];
  return new Set(candidates.map(({ path }) => path));
}

/** Appending to an upload is no commit, so the journal does not tell of it. */
async function isGoneOnWith(reader: BoundedReader, { path }: Doomed, now: number): Promise<boolean> {
  const data = await reader.stat(`${path}/data`);
  return data !== undefined && now - data.modified <= uploadAge;
}

async function isSetAgain(
  reader: BoundedReader,
  { path, digest }: Doomed,
  written: ReadonlySet<string>,
): Promise<boolean> {
  const link = await readLink(reader, `${withoutCurrentLink(path)}/current/link`);
  return link.kind !== 'digest' || link.digest !== digest || written.has(digest);
}

function directoryOf({ kind, path }: Doomed): string {
  // A digest's directory goes whole, or the link in it does; a tag or an upload may have any name.
  if (kind === 'tag') return withoutCurrentLink(path);
  if (kind === 'upload') return path;
  return path.endsWith('/link') ? path.slice(0, -'/link'.length) : path;
}

/** Of a tag beside whose links something foreign lies, only this link goes. */
function withoutCurrentLink(path: string): string {
  return path.replace(/\/current\/link$/, '');
}
