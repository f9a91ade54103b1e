/**
 * The on-disk layout of CNCF distribution (2.8 and 3.x): where everything is, and what a path is. Digests are
 * `algorithm:hex`; names, tags and digests must have been checked by their grammar before.
 */
const layoutRoot = '/docker/registry/v2';
export const blobsRoot = `${layoutRoot}/blobs`;
export const repositoriesRoot = `${layoutRoot}/repositories`;
/** What is ours alone lies outside of distribution's layout. */
export const ownRoot = '/.wharfinger';
export const trashRoot = `${ownRoot}/trash`;
export const setAsideRoot = `${ownRoot}/set-aside`;
export const deletedRoot = `${ownRoot}/deleted`;
export const departuresRoot = `${ownRoot}/departures`;
export const deletionsRoot = `${ownRoot}/deletions`;
export const journalRoot = `${ownRoot}/journal`;
export const sweepsRoot = `${ownRoot}/sweeps`;
/** Files that only take room, for a sweep that finds the storage full; no directory of the trash is named so. */
export const sweepReservePath = `${sweepsRoot}/reserve`;
export const undoRoot = `${ownRoot}/undo`;
/** What was pulled, a directory for each day. */
export const pullsRoot = `${ownRoot}/pulls`;
export const membersRoot = `${ownRoot}/members`;
/** While a collection by hand has writes held (gc/storage-window.ts). */
export const windowPath = `${ownRoot}/window.json`;

export function blobPath(digest: string): string {
  const { algorithm, hex } = split(digest);
  return `${blobsRoot}/${algorithm}/${hex.slice(0, 2)}/${hex}`;
}

export function blobDataPath(digest: string): string {
  return `${blobPath(digest)}/data`;
}

export function repositoryPath(name: string): string {
  return `${repositoriesRoot}/${name}`;
}

export function layersPath(name: string): string {
  return `${repositoryPath(name)}/_layers`;
}

export function layerPath(name: string, digest: string): string {
  return `${layersPath(name)}/${slashed(digest)}`;
}

export function layerLinkPath(name: string, digest: string): string {
  return `${layerPath(name, digest)}/link`;
}

export function manifestsPath(name: string): string {
  return `${repositoryPath(name)}/_manifests`;
}

export function revisionsPath(name: string): string {
  return `${manifestsPath(name)}/revisions`;
}

export function revisionPath(name: string, digest: string): string {
  return `${revisionsPath(name)}/${slashed(digest)}`;
}

export function revisionLinkPath(name: string, digest: string): string {
  return `${revisionPath(name, digest)}/link`;
}

export function tagsPath(name: string): string {
  return `${manifestsPath(name)}/tags`;
}

export function tagPath(name: string, tag: string): string {
  return `${tagsPath(name)}/${tag}`;
}

export function tagCurrentLinkPath(name: string, tag: string): string {
  return `${tagPath(name, tag)}/current/link`;
}

export function tagIndexPath(name: string, tag: string): string {
  return `${tagPath(name, tag)}/index`;
}

export function tagIndexLinkPath(name: string, tag: string, digest: string): string {
  return `${tagIndexPath(name, tag)}/${slashed(digest)}/link`;
}

export function uploadsPath(name: string): string {
  return `${repositoryPath(name)}/_uploads`;
}

export function uploadPath(name: string, id: string): string {
  return `${uploadsPath(name)}/${id}`;
}

export function uploadDataPath(name: string, id: string): string {
  return `${uploadPath(name, id)}/data`;
}

export function uploadStartedAtPath(name: string, id: string): string {
  return `${uploadPath(name, id)}/startedat`;
}

/** Where a run of a collection keeps what it swept; `run` is RUN-ATTEMPT. */
export function trashRunPath(run: string): string {
  return `${trashRoot}/${run}`;
}

/** Where `path` goes when that run sweeps it: the same path below the run's directory. */
export function trashPath(run: string, path: string): string {
  return `${trashRunPath(run)}${path}`;
}

/** Where a run of `registry verify --repair` keeps what it could not mend: the same path below the run's directory. */
export function setAsidePath(run: string, path: string): string {
  return `${setAsideRoot}/${run}${path}`;
}

/** Where what a run swept is kept after the second mark, the same path below it; its record lies beside. */
export function undoPath(name: string): string {
  return `${undoRoot}/${name}`;
}

export function undoRecordPath(name: string): string {
  return `${undoPath(name)}.json`;
}

/** Of a run's sweep: that it has not ended, or the commits that had not when it had; `run` as for its trash. */
export function sweepPath(run: string): string {
  return `${sweepsRoot}/${run}`;
}

/** Where something is put, atomically, that is then removed piece by piece. */
export function deletedPath(id: string): string {
  return `${deletedRoot}/${id}`;
}

/** Where tags of a repository are that a deletion of `digest` took away (registry/departures.ts), each by its name; `id` is new for each. */
export function departuresPath(digest: string, id: string, repository: string): string {
  return `${departuresRoot}/${doomedName(digest, id, repository)}`;
}

/** Where a revision is whose deletion has not looked for its tags a last time (registry/deletions.ts); `id` is new for each. */
export function deletionPath(digest: string, id: string, repository: string): string {
  return `${deletionsRoot}/${doomedName(digest, id, repository)}`;
}

function doomedName(digest: string, id: string, repository: string): string {
  // No name has a plus sign, and with them it is as long as it may be.
  return `${digest}.${id}/${repository.replaceAll('/', '+')}`;
}

/** The parse direction, of the names of both directories. */
export function parseDoomed(
  name: string,
  below: string,
): { readonly digest: string; readonly repository: string } {
  return { digest: name.slice(0, name.lastIndexOf('.')), repository: below.replaceAll('+', '/') };
}

/** A file of the journal of commits; `file` is PROCESS.NUMBER. */
export function journalPath(file: string): string {
  return `${journalRoot}/${file}`;
}

/** The day of a time (milliseconds since the epoch), in UTC: `2026-11-21`. */
export function dayOf(time: number): string {
  return new Date(time).toISOString().slice(0, 10);
}

/** When a day of `dayOf` is over, in milliseconds since the epoch. */
export function endOfDay(day: string): number {
  return Date.parse(day) + 86_400_000;
}

/** What a process wrote down on a day; the lines name the day of the pull themselves. */
export function pullsPath(day: string, process: string): string {
  return `${pullsRoot}/${day}/${process}`;
}

/** Of a registry that serves from this storage; `name` is POD-BOOT. */
export function memberPath(name: string): string {
  return `${membersRoot}/${name}`;
}

/** Written to learn the time of the storage (gc/storage-clock.ts). */
export const clockPath = `${ownRoot}/clock`;

/** Of the last purge of uploads: its options, and by its modification time when it began. */
export const purgeRecordPath = `${ownRoot}/uploads-purged`;

/** What a path of the layout is; `trash` carries the path that the entry had before it was swept. */
export type LayoutPath =
  | { kind: 'blobData'; digest: string }
  | { kind: 'layerLink' | 'revisionLink'; repository: string; digest: string }
  | { kind: 'tag' | 'tagCurrentLink'; repository: string; tag: string }
  | { kind: 'tagIndexLink'; repository: string; tag: string; digest: string }
  | { kind: 'upload' | 'uploadData' | 'uploadStartedAt'; repository: string; id: string }
  | { kind: 'uploadHashState'; repository: string; id: string; algorithm: string; offset: number }
  | { kind: 'layers' | 'manifests' | 'revisions' | 'tags' | 'uploads'; repository: string }
  | { kind: 'trash'; run: string; path: string };

/** The parse direction; undefined for what is no path of the layout by itself (such as a directory between two of them). */
export function parsePath(path: string): LayoutPath | undefined {
  if (path.startsWith(`${trashRoot}/`)) return parseTrashPath(path.slice(trashRoot.length + 1));
  if (path.startsWith(`${blobsRoot}/`)) return parseBlobPath(path.slice(blobsRoot.length + 1).split('/'));
  if (!path.startsWith(`${repositoriesRoot}/`)) return undefined;
  const parts = path.slice(repositoriesRoot.length + 1).split('/');
  // No component of a repository's name starts with an underscore.
  const marker = parts.findIndex((part) => part.startsWith('_'));
  if (marker < 1) return undefined;
  const repository = parts.slice(0, marker).join('/');
  const rest = parts.slice(marker + 1);
  if (parts[marker] === '_layers') return parseLinkPath('layers', 'layerLink', repository, rest);
  if (parts[marker] === '_manifests') return parseManifestsPath(repository, rest);
  if (parts[marker] === '_uploads') return parseUploadPath(repository, rest);
  return undefined;
}

function parseTrashPath(rest: string): LayoutPath | undefined {
  const slash = rest.indexOf('/');
  if (slash < 1 || slash === rest.length - 1) return undefined;
  return { kind: 'trash', run: rest.slice(0, slash), path: rest.slice(slash) };
}

function parseBlobPath(parts: string[]): LayoutPath | undefined {
  const [algorithm, prefix, hex, data] = parts;
  if (parts.length !== 4 || data !== 'data' || !hex || prefix !== hex.slice(0, 2)) return undefined;
  return { kind: 'blobData', digest: `${algorithm}:${hex}` };
}

function parseLinkPath(
  directory: 'layers' | 'revisions',
  link: 'layerLink' | 'revisionLink',
  repository: string,
  rest: string[],
): LayoutPath | undefined {
  if (rest.length === 0) return { kind: directory, repository };
  if (rest.length !== 3 || rest[2] !== 'link') return undefined;
  return { kind: link, repository, digest: `${rest[0]}:${rest[1]}` };
}

function parseManifestsPath(repository: string, rest: string[]): LayoutPath | undefined {
  if (rest.length === 0) return { kind: 'manifests', repository };
  if (rest[0] === 'revisions') return parseLinkPath('revisions', 'revisionLink', repository, rest.slice(1));
  if (rest[0] !== 'tags') return undefined;
  const tag = rest[1];
  if (tag === undefined) return { kind: 'tags', repository };
  const inside = rest.slice(2);
  if (inside.length === 0) return { kind: 'tag', repository, tag };
  if (inside.join('/') === 'current/link') return { kind: 'tagCurrentLink', repository, tag };
  if (inside.length !== 4 || inside[0] !== 'index' || inside[3] !== 'link') return undefined;
  return { kind: 'tagIndexLink', repository, tag, digest: `${inside[1]}:${inside[2]}` };
}

function parseUploadPath(repository: string, rest: string[]): LayoutPath | undefined {
  const [id, file, algorithm, offset] = rest;
  if (id === undefined) return { kind: 'uploads', repository };
  if (file === undefined) return { kind: 'upload', repository, id };
  if (rest.length === 2 && file === 'data') return { kind: 'uploadData', repository, id };
  if (rest.length === 2 && file === 'startedat') return { kind: 'uploadStartedAt', repository, id };
  if (rest.length !== 4 || file !== 'hashstates' || !/^\d+$/.test(offset ?? '')) return undefined;
  return { kind: 'uploadHashState', repository, id, algorithm: algorithm ?? '', offset: Number(offset) };
}

function split(digest: string): { algorithm: string; hex: string } {
  const colon = digest.indexOf(':');
  return { algorithm: digest.slice(0, colon), hex: digest.slice(colon + 1) };
}

function slashed(digest: string): string {
  const { algorithm, hex } = split(digest);
  return `${algorithm}/${hex}`;
}
