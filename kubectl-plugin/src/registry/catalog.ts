import { CommandError } from '../command-error.ts';
import { errorCodesOf, refusal } from './refusal.ts';
import type { RegistryAnswer, RegistryClient } from './registry-client.ts';

/** A manifest as a registry names it. */
export interface ManifestName {
  readonly digest: string;
  readonly mediaType: string;
}

const pageSize = 1000;

const indexTypes = [
  'application/vnd.oci.image.index.v1+json',
  'application/vnd.docker.distribution.manifest.list.v2+json',
];

/** So that a manifest is answered as it is stored, and no Docker image is converted to schema 1. */
const everyType = [
  ...indexTypes,
  'application/vnd.oci.image.manifest.v1+json',
  'application/vnd.docker.distribution.manifest.v2+json',
  'application/vnd.oci.artifact.manifest.v1+json',
].join(', ');

/** The repositories of a registry, in lexical order. */
export async function listRepositories(client: RegistryClient): Promise<string[]> {
  const pages = await readPages(client, '/v2/_catalog');
  if ('refused' in pages) throw refusal('list its repositories', pages.refused);
  return pages.read.flatMap((page) => (page as { repositories?: string[] }).repositories ?? []);
}

/** The tags of a repository, in lexical order; undefined when there is no such repository. */
export async function listTags(client: RegistryClient, repository: string): Promise<string[] | undefined> {
  const pages = await readPages(client, `/v2/${repositoryPath(repository)}/tags/list`);
  if (!('refused' in pages))
    return pages.read.flatMap((page) => (page as { tags?: string[] | null }).tags ?? []);
  if (errorCodesOf(pages.refused).includes('NAME_UNKNOWN')) return undefined;
  throw refusal(`list the tags of ${repository}`, pages.refused);
}

/** What a tag or digest names; undefined when it names nothing. */
export async function findManifest(
  client: RegistryClient,
  repository: string,
  reference: string,
): Promise<ManifestName | undefined> {
  const path = manifestPath(repository, reference);
  const answer = await client.call('HEAD', path, everyType);
  if (answer.status === 404) return undefined;
  // The answer to a HEAD has no body, so no reason either.
  if (answer.status !== 200) {
    throw refusal(`look for ${repository} ${reference}`, await client.call('GET', path, everyType));
  }
  const digest = answer.headers['docker-content-digest'];
  if (typeof digest !== 'string') {
    throw new CommandError(`the registry names no digest for ${repository} ${reference}`);
  }
  return { digest, mediaType: answer.headers['content-type'] ?? '' };
}

/** Digests of the manifests that an index lists; none for another manifest, or one that is gone. */
export async function listChildren(
  client: RegistryClient,
  repository: string,
  { digest, mediaType }: ManifestName,
): Promise<string[]> {
  if (!indexTypes.includes(mediaType.split(';')[0]?.trim().toLowerCase() ?? '')) return [];
  const answer = await client.call('GET', manifestPath(repository, digest), everyType);
  if (answer.status === 404) return [];
  if (answer.status !== 200) throw refusal(`give the manifest ${digest} of ${repository}`, answer);
  // Go's encoders write an index of nothing as `null`.
  const { manifests } = JSON.parse(answer.body.toString()) as { manifests?: { digest: string }[] | null };
  return (manifests ?? []).map((child) => child.digest);
}

/** Deletes a manifest, by its digest, with all tags that lead to it, or a tag alone; nothing when it is gone already. */
export async function deleteManifest(
  client: RegistryClient,
  repository: string,
  reference: string,
): Promise<void> {
  const answer = await client.call('DELETE', manifestPath(repository, reference));
  if (answer.status === 202 || answer.status === 404) return;
  throw refusal(`delete ${repository}${reference.includes(':') ? '@' : ':'}${reference}`, answer);
}

/** All pages of a listing, or the answer of a registry that refuses one. */
async function readPages(
  client: RegistryClient,
  path: string,
): Promise<{ read: unknown[] } | { refused: RegistryAnswer }> {
  const read: unknown[] = [];
  let next: string | undefined = `${path}?n=${pageSize}`;
  while (next !== undefined) {
    const answer = await client.call('GET', next);
    if (answer.status !== 200) return { refused: answer };
    read.push(JSON.parse(answer.body.toString()));
    next = nextPage(answer.headers.link);
  }
  return { read };
}

/** Path and query of `<URL>; rel="next"` (RFC 8288), whatever host it names: we come by another way. */
function nextPage(link: string | string[] | undefined): string | undefined {
  const [, target] = /<([^>]*)>\s*;\s*rel="?next"?/.exec(String(link ?? '')) ?? [];
  if (target === undefined) return undefined;
  const { pathname, search } = new URL(target, 'http://registry');
  return `${pathname}${search}`;
}

function manifestPath(repository: string, reference: string): string {
  return `/v2/${repositoryPath(repository)}/manifests/${encodeURIComponent(reference)}`;
}

function repositoryPath(repository: string): string {
  return repository.split('/').map(encodeURIComponent).join('/');
}
