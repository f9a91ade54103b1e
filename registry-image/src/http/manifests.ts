import type { Readable } from 'node:stream';
import { registryError } from '../registry/errors.ts';
import { isTag, parseReference, type Reference } from '../registry/reference.ts';
import { sendBuffer, sendEmpty } from './answers.ts';
import { matchesEtag } from './conditions.ts';
import type { Context } from './context.ts';
import { requireDeletion } from './deletion.ts';
import { absoluteUrl } from './location.ts';

/** Largest manifest in bytes. "Clients SHOULD NOT expect" more than 4 MiB (OCI distribution specification, "Pushing Manifests"). */
const maximumSize = 4 * 1024 * 1024;
/** Most tag parameters of one PUT. */
const maximumTags = 10;

/** `GET` and `HEAD /v2/<name>/manifests/<reference>`: what is stored, whatever the Accept header says. */
export async function getManifest(context: Context): Promise<void> {
  const { services, request, response, repository, target, subject, signal } = context;
  const reference = parseReference(target);
  if (!reference) throw registryError('MANIFEST_UNKNOWN', { reference: target });
  const renewLease = request.method === 'HEAD' && subject.mayPush;
  const manifest = await services.registry.manifests.get(repository, reference, { renewLease, signal });
  response.setHeader('Docker-Content-Digest', manifest.digest);
  response.setHeader('ETag', `"${manifest.digest}"`);
  if (matchesEtag(request.headers['if-none-match'], manifest.digest)) return sendEmpty(response, 304);
  sendBuffer(response, 200, manifest.content, manifest.mediaType);
}

/** `PUT /v2/<name>/manifests/<reference>`. */
export async function putManifest(context: Context): Promise<void> {
  const { services, request, response, repository, target, signal } = context;
  services.registry.refuseIfReadOnly();
  const reference = requireReference(target);
  const tags = reference.digest ? requestedTags(request.query['tag']) : [];
  const content = await readLimited(request, Number(request.headers['content-length'] ?? 0));
  const mediaType = request.headers['content-type'];
  const { digest, subject } = await services.registry.manifests.put({
    repository,
    reference,
    tags,
    mediaType,
    content,
    signal,
  });
  response.setHeader('Location', absoluteUrl(context, `/v2/${repository}/manifests/${digest}`));
  response.setHeader('Docker-Content-Digest', digest);
  // "the registry MUST include OCI-Subject" once it processes the subject field.
  if (subject) response.setHeader('OCI-Subject', subject);
  if (tags.length > 0) response.setHeader('OCI-Tag', tags.join(', '));
  sendEmpty(response, 201);
}

/** `DELETE /v2/<name>/manifests/<reference>`: a tag alone, or a revision with the tags on it. */
export async function deleteManifest(context: Context): Promise<void> {
  const { services, response, repository, target, signal } = context;
  requireDeletion(services);
  await services.registry.manifests.delete(repository, requireReference(target), signal);
  sendEmpty(response, 202);
}

function requireReference(text: string): Reference {
  const reference = parseReference(text);
  if (reference) return reference;
  if (text.includes(':')) throw registryError('DIGEST_INVALID', { digest: text }, 'the digest is not valid');
  throw registryError('TAG_INVALID', { tag: text }, 'the tag is not valid');
}

function requestedTags(value: unknown): string[] {
  const tags = (Array.isArray(value) ? value : [value]).filter((tag) => tag !== undefined).map(String);
  const wrong = tags.find((tag) => !isTag(tag));
  if (wrong !== undefined) throw registryError('TAG_INVALID', { tag: wrong }, 'the tag is not valid');
  if (tags.length > maximumTags) {
    throw registryError('TAG_INVALID', undefined, `at most ${maximumTags} tags can be set at once`);
  }
  return tags;
}

async function readLimited(body: Readable, announced: number): Promise<Buffer> {
  const tooLarge = registryError('MANIFEST_INVALID', `a manifest is at most ${maximumSize} bytes long`);
  if (announced > maximumSize) throw tooLarge;
  const chunks: Buffer[] = [];
  let size = 0;
  // The stream is not destroyed when this ends early: the connection is still needed for the answer.
  for await (const chunk of body.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > maximumSize) throw tooLarge;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
