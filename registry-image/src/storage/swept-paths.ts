import { blobsRoot, repositoriesRoot, trashPath } from './paths.ts';

const [algorithm, hex] = ['([a-z0-9]+)', '([0-9a-f]+)'];
const blobData = new RegExp(`^${blobsRoot}/${algorithm}/([0-9a-f]{2})/(\\2[0-9a-f]*)/data$`);
// No name of a repository or a tag has a plus sign; of one that had, no link would get another path.
const link = new RegExp(
  `^${repositoriesRoot}/([^+]+?)/_(layers|manifests/revisions)/${algorithm}/${hex}(/link)?$`,
);
const entry = new RegExp(
  `^${repositoriesRoot}/([^+]+?)/_manifests/tags/([^/+]+)/index/${algorithm}/${hex}/link$`,
);

const sweptBlob = new RegExp(`^/blobs/([0-9a-f]{2})/${algorithm}\\+(\\1[0-9a-f]*)$`);
const sweptLink = new RegExp(`^/links/([^/]+)/(layer|revision)\\+${algorithm}\\+${hex}(/link)?$`);
const sweptEntry = new RegExp(`^/links/([^/]+)/entry\\+([^/+]+)\\+${algorithm}\\+${hex}$`);

/** Bytes of a name that every file system takes. */
const longestName = 255;

/**
 * Where a sweep puts something, below the directory of its run. The links of a repository lie side by side in one directory there, and
 * so do the blobs of a prefix: with their own paths half of the time of a collection went to directories with one file in them. A revision
 * goes with its directory. What fits none of these names keeps its path, as everything did in earlier releases.
 */
export function sweptPath(path: string): string {
  const flat = flatPath(path);
  if (flat === undefined) return path;
  const isTooLong = flat.length > longestName && flat.split('/').some((name) => name.length > longestName);
  return isTooLong ? path : flat;
}

function flatPath(path: string): string | undefined {
  const blob = blobData.exec(path);
  if (blob) return `/blobs/${blob[2]}/${blob[1]}+${blob[3]}`;
  const linked = link.exec(path);
  if (linked) {
    const [, repository = '', kind, ofAlgorithm, digest, file = ''] = linked;
    const directory = `/links/${repository.replaceAll('/', '+')}`;
    if (kind !== 'layers') return `${directory}/revision+${ofAlgorithm}+${digest}${file}`;
    return file === '' ? undefined : `${directory}/layer+${ofAlgorithm}+${digest}`;
  }
  const found = entry.exec(path);
  return found
    ? `/links/${found[1]?.replaceAll('/', '+')}/entry+${found[2]}+${found[3]}+${found[4]}`
    : undefined;
}

/** The inverse; what is no such name is taken for a path that was kept. */
export function sweptFrom(below: string): string {
  const blob = sweptBlob.exec(below);
  if (blob) return `${blobsRoot}/${blob[2]}/${blob[1]}/${blob[3]}/data`;
  const linked = sweptLink.exec(below);
  if (linked) {
    const [, directory = '', kind, ofAlgorithm, digest, file = ''] = linked;
    const repository = `${repositoriesRoot}/${directory.replaceAll('+', '/')}`;
    if (kind === 'revision') return `${repository}/_manifests/revisions/${ofAlgorithm}/${digest}${file}`;
    return file === '' ? `${repository}/_layers/${ofAlgorithm}/${digest}/link` : below;
  }
  const found = sweptEntry.exec(below);
  if (!found) return below;
  const [, directory = '', tag, ofAlgorithm, digest] = found;
  const tagPath = `${repositoriesRoot}/${directory.replaceAll('+', '/')}/_manifests/tags/${tag}`;
  return `${tagPath}/index/${ofAlgorithm}/${digest}/link`;
}

/** Where a run puts what it sweeps. */
export function placeInTrash(run: string, path: string): string {
  return trashPath(run, sweptPath(path));
}

/** Where something may lie that a run swept, of this release or an earlier one. */
export function placesInTrash(run: string, path: string): string[] {
  return [...new Set([placeInTrash(run, path), trashPath(run, path)])];
}

/** The directory below which a swept file lies, and whether by a name or by its own path. */
export interface SweptPlace {
  readonly top: string;
  readonly isFlat: boolean;
}

/** Undefined when it lies there by neither. */
export function sweptPlaceOf(path: string, origin: string): SweptPlace | undefined {
  if (path.endsWith(origin)) return { top: path.slice(0, path.length - origin.length), isFlat: false };
  const below = sweptPath(origin);
  return path.endsWith(below) ? { top: path.slice(0, path.length - below.length), isFlat: true } : undefined;
}

export function sweptPathIn({ top, isFlat }: SweptPlace, origin: string): string {
  return top + (isFlat ? sweptPath(origin) : origin);
}
